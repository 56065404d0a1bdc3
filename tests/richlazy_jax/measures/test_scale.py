"""Measures at any size of what is measured, beside NumPy in float64."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj

SCALES = (1e-30, 1e-15, 1.0, 1e15, 1e30)


def cosine(a, b):
    return np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b)


def in_float32(array, scale):
    return jnp.asarray(array * scale, jnp.float32)


# The two ends and what lies between, on either side.
QUICK = ((1e-30, 1e30), (1e30, 1e-30), (1.0, 1e-30), (1e15, 1.0))
PAIRS = [
    pytest.param(*pair, marks=() if pair in QUICK else pytest.mark.slow)
    for pair in itertools.product(SCALES, SCALES)
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_alignments(one, other):
    rng = np.random.default_rng([SCALES.index(one), SCALES.index(other)])
    n, block = rng.integers(4, 10), int(rng.integers(1, 4))
    a, b = rng.normal(size=(2, n, rng.integers(1, 10)))
    found = rj.representation_alignment(in_float32(a, one), in_float32(b, other))
    np.testing.assert_allclose(found, cosine(a @ a.T, b @ b.T), rtol=1e-5)

    k, q = a @ a.T, b @ b.T
    # Blocks of zeros beside others.
    k[:block, :block] = 0
    first, second = in_float32(k, one), in_float32(q, other)

    def kernel(whole):
        return lambda x, x2: whole[x.astype(int)][:, x2.astype(int)]

    np.testing.assert_allclose(rj.kernel_alignment(first, second), cosine(k, q), rtol=1e-5)
    for measure in (
        rj.blocked_kernel_alignment,
        lambda *args, block: rj.sampled_kernel_alignment(*args, block=block).alignment,
    ):
        blocked = measure(kernel(first), kernel(second), jnp.arange(1.0 * n), block=block)
        np.testing.assert_allclose(blocked, cosine(k, q), rtol=1e-5)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("seed", range(3))
def test_weights(scale, seed):
    rng = np.random.default_rng([SCALES.index(scale), seed])
    w, v = rng.normal(size=(2, *[rng.integers(2, 12)] * 2))
    start, end = in_float32(w, scale), in_float32(v, scale)
    change = np.asarray(end, float) - np.asarray(start, float)
    found, slope = jax.value_and_grad(rj.weight_change_norm, argnums=1)(start, end)
    np.testing.assert_allclose(found, np.linalg.norm(change), rtol=1e-5)
    np.testing.assert_allclose(slope, change / np.linalg.norm(change), rtol=1e-5, atol=1e-6)

    s = np.linalg.svd(w, compute_uv=False)
    size = np.abs(np.linalg.eigvals(w))
    share = s / s.sum()
    np.testing.assert_allclose(
        rj.effective_ranks(start),
        [
            np.sum(s**2) ** 2 / np.sum(s**4),
            np.exp(-np.sum(share * np.log(share))),
            np.sum(s**2) / s[0] ** 2,
            size.sum() / size.max(),
        ],
        rtol=1e-5,
    )
