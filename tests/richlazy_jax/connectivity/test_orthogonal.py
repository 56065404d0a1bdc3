"""Orthogonal weights: every singular value, and the uniform law."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax.connectivity as rc


@pytest.mark.parametrize(
    ("size", "gain", "seed"), [(1, 0.5, 0), (2, 1, 1), (7, 2.0, 2), (60, 3, 3)]
)
def test_rows_and_columns_are_orthogonal(x64, size, gain, seed):
    w = np.asarray(
        rc.orthogonal_weights(jax.random.key(seed), size, gain=gain, resized=False), np.float64
    )
    np.testing.assert_allclose(w @ w.T, gain**2 * np.eye(size), atol=1e-13 * gain**2)
    np.testing.assert_allclose(w.T @ w, gain**2 * np.eye(size), atol=1e-13 * gain**2)
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(w)), gain, rtol=1e-12)


def test_the_law_is_uniform_and_independent_of_the_null(draws, assert_means):
    gain, d = 2, 3

    def both(key):
        w = rc.orthogonal_weights(key, d, gain=gain, resized=False)
        return jnp.stack([w, rc.gaussian_weights(key, d, gain)])

    w, null = np.moveaxis(draws(both, 20_000), 1, 0)
    q = w / gain
    assert_means(q, np.zeros((d, d)))
    assert_means(q**2, np.full((d, d), 1 / d))
    assert_means(q**4, np.full((d, d), 3 / (d * (d + 2))))
    # Signs that are not the Haar measure's fail these, and rotations alone the last.
    trace = np.trace(q, axis1=1, axis2=2)
    assert_means(trace, 0)
    assert_means(trace**2, 1)
    assert_means(np.linalg.det(q), 0)
    assert_means(w * null, np.zeros((d, d)))


def test_resized_to_the_null_of_the_same_key(x64):
    def pair(key):
        return rc.orthogonal_weights(key, 9, gain=1.5), rc.gaussian_weights(key, 9, 1.5)

    keys = jax.random.split(jax.random.key(1), 4)
    w, null = jax.jit(jax.vmap(pair))(keys)
    assert w.dtype == jnp.float64
    norms = np.linalg.norm(null, axis=(1, 2))
    assert len(set(norms)) == 4
    singular = np.linalg.svd(w, compute_uv=False)
    np.testing.assert_allclose(singular, norms[:, None] / 3 * np.ones(9), rtol=1e-13)
    one = rc.orthogonal_weights(keys[2], 9, resized=False)
    np.testing.assert_allclose(w[2], one * norms[2] / np.linalg.norm(one), atol=1e-13)


def test_in_float32_to_its_rounding():
    n = 100
    w = rc.orthogonal_weights(jax.random.key(0), n, gain=1, resized=False)
    assert w.dtype == jnp.float32
    w = np.asarray(w, np.float64)
    # A sum of n rounded products of unit vectors, n ** 0.5 roundings at the most likely.
    np.testing.assert_allclose(w @ w.T, np.eye(n), atol=n**0.5 * np.finfo(np.float32).eps)


KEY = jax.random.key(0)
BAD = [
    (lambda: rc.orthogonal_weights(KEY, 0), r"size is 0; .*>= 1"),
    (lambda: rc.orthogonal_weights(KEY, 3, gain=0.0), r"gain is 0\.0; .*above 0"),
    (
        lambda: rc.orthogonal_weights(KEY, 3, gain=float("nan"), resized=False),
        r"gain is nan; .*above 0",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
