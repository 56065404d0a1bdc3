"""Low rank plus noise: each part by itself, and the outliers of both together."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax.connectivity as rc

CASES = [
    (2, 1, 2.0, 1.0),
    (9, 1, -1.5, 0.0),
    (9, 2, 0.0, 2),
    (12, 3, 1.3, 0.5),
    (40, 20, 0.7, 1.0),
]


@pytest.mark.parametrize(("size", "rank", "overlap", "orthogonal"), CASES)
def test_the_low_rank_part(x64, size, rank, overlap, orthogonal):
    key = jax.random.key(size)
    made = functools.partial(rc.low_rank_plus_noise_weights, key, size, rank=rank, resized=False)
    p = made(overlap=overlap, orthogonal=orthogonal) - made(overlap=0, orthogonal=0)
    p = np.asarray(p)
    singular = np.linalg.svd(p, compute_uv=False)
    expected = np.where(np.arange(size) < rank, np.hypot(overlap, orthogonal), 0)
    np.testing.assert_allclose(singular, expected, atol=1e-13)
    # P has these eigenvalues and is, where it acts, a multiple of a projection: P² = λ P.
    np.testing.assert_allclose(np.trace(p), rank * overlap, atol=1e-12)
    np.testing.assert_allclose(p @ p, overlap * p, atol=1e-13)


@pytest.mark.parametrize(("size", "rank", "overlap", "orthogonal"), [(4, 1, 1, 2), (6, 2, -2, 1)])
def test_moments(draws, assert_means, size, rank, overlap, orthogonal):
    gain = 0.8

    def three(key):
        made = functools.partial(
            rc.low_rank_plus_noise_weights, key, size, rank=rank, gain=gain, resized=False
        )
        noise = made(overlap=0, orthogonal=0)
        return jnp.stack(
            [
                made(overlap=overlap, orthogonal=orthogonal),
                noise,
                rc.gaussian_weights(key, size, gain),
            ]
        )

    w, noise, null = np.moveaxis(draws(three, 10_000), 1, 0)
    variance = gain**2 / size
    assert_means(w, rank * overlap / size * np.eye(size))
    assert_means((w**2).sum((1, 2)), gain**2 * size + rank * (overlap**2 + orthogonal**2))
    assert_means(noise**2, np.full((size, size), variance))
    # Together, because one entry's fourth powers are too skewed for errors from their spread.
    assert_means((noise**4).sum((1, 2)), size**2 * 3 * variance**2)
    assert_means(noise.sum((1, 2)) ** 2, size * gain**2)
    part = w - noise
    # Directions that are the same in all draws, or of one sign, would not average out.
    off = ~np.eye(size, dtype=bool)
    assert_means(part[:, off], np.zeros(off.sum()))
    assert_means(w * null, np.zeros((size, size)))
    # Directions that know of the noise, or of the null, would leave another trace.
    for other in (noise, null):
        seen = np.trace(part @ other @ other, axis1=1, axis2=2)
        assert_means(seen, rank * overlap * variance)


@pytest.mark.parametrize(
    ("rank", "overlap", "orthogonal", "gain"), [(1, 2, 1, 0.5), (1, -1.5, 0, 0.5), (2, 3, 1, 1)]
)
def test_outlier_eigenvalues(draws, assert_means, rank, overlap, orthogonal, gain):
    n = 60
    w = draws(
        lambda key: rc.low_rank_plus_noise_weights(
            key,
            n,
            rank=rank,
            overlap=overlap,
            orthogonal=orthogonal,
            gain=gain,
            resized=False,
        ),
        100,
    )
    eigenvalues = np.linalg.eigvals(w)
    outside = np.abs(eigenvalues) > (gain + abs(overlap)) / 2
    assert (outside.sum(1) == rank).all()
    # Their sum is real, and to first order in the noise exact; what is left is of order 1 / n,
    # an order of magnitude below the standard error.
    assert_means(np.where(outside, eigenvalues, 0).sum(1).real, rank * overlap)


def test_resized_to_the_null_of_the_same_key(x64):
    numbers = {"rank": 2, "overlap": 2, "orthogonal": 0.5, "gain": 1.5}

    def pair(key):
        w = rc.low_rank_plus_noise_weights(key, 10, **numbers)
        return w, rc.gaussian_weights(key, 10, 1.5)

    keys = jax.random.split(jax.random.key(1), 4)
    w, null = jax.jit(jax.vmap(pair))(keys)
    assert w.dtype == jnp.float64
    norms = np.linalg.norm(null, axis=(1, 2))
    assert len(set(norms)) == 4
    np.testing.assert_allclose(np.linalg.norm(w, axis=(1, 2)), norms, rtol=1e-13)
    one = rc.low_rank_plus_noise_weights(keys[2], 10, resized=False, **numbers)
    np.testing.assert_allclose(w[2], one * norms[2] / np.linalg.norm(one), atol=1e-13)


KEY = jax.random.key(0)


def made(size=6, overlap=1.0, **others):
    return rc.low_rank_plus_noise_weights(KEY, size, overlap=overlap, **others)


BAD = [
    (lambda: made(size=1), r"size is 1; .*>= 2"),
    (lambda: made(rank=0), r"rank is 0; .*from 1 to 3"),
    (lambda: made(rank=4), r"rank is 4; .*from 1 to 3"),
    (lambda: made(size=7, rank=4), r"rank is 4; .*from 1 to 3"),
    (lambda: made(overlap=float("nan")), r"overlap is nan; .*finite"),
    (lambda: made(overlap=float("-inf")), r"overlap is -inf; .*finite"),
    (lambda: made(orthogonal=-1), r"orthogonal is -1; .*at least 0"),
    (lambda: made(orthogonal=float("inf")), r"orthogonal is inf; .*finite"),
    (lambda: made(gain=0), r"gain is 0; .*above 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
