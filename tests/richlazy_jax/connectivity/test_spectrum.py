"""Random weights of chosen spectrum."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj


@given(st.integers(1, 9), st.data(), st.integers(0, 99))
def test_weights_have_the_spectrum_asked_for(x64, rows, data, seed):
    columns = data.draw(st.integers(1, 9))
    p = data.draw(st.integers(1, min(rows, columns)))
    s = np.sort(np.random.default_rng(seed).uniform(0, 2, p))[::-1]
    w = rj.weights_with_spectrum(jax.random.key(seed), jnp.asarray(s), rows, columns)
    assert w.shape == (rows, columns)
    np.testing.assert_allclose(np.linalg.svd(w, compute_uv=False)[:p], s, atol=1e-12)
    np.testing.assert_allclose(np.linalg.svd(w, compute_uv=False)[p:], 0, atol=1e-12)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (5, 2), (30, 30), (300, 300)])
def test_columns_are_orthonormal(rows, columns):
    q = rj.haar_orthonormal(jax.random.key(0), rows, columns)
    np.testing.assert_allclose(q.T @ q, np.eye(columns), atol=3e-6)


def test_the_law_is_uniform():
    """Second and fourth moments of entries, and the trace, against those of the Haar measure."""
    n, d = 20_000, 3
    q = np.asarray(
        jax.vmap(lambda k: rj.haar_orthonormal(k, d, d))(jax.random.split(jax.random.key(1), n))
    )

    def close(values, expected):
        return abs(values.mean() - expected) < 3.5 * values.std() / np.sqrt(n)

    for i in range(d):
        for j in range(d):
            assert close(q[:, i, j], 0)
            assert close(q[:, i, j] ** 2, 1 / d)
            assert close(q[:, i, j] ** 4, 3 / (d * (d + 2)))
    # A QR whose signs are not fixed fails these two.
    assert close(np.trace(q, axis1=1, axis2=2), 0)
    assert close(np.trace(q, axis1=1, axis2=2) ** 2, 1)


def test_equal_singular_values_keep_the_norm():
    for rank in (1, 3, 7):
        s = rj.equal_singular_values(rank, 7, 0.5)
        assert s.shape == (7,)
        assert np.count_nonzero(s) == rank
        np.testing.assert_allclose(jnp.linalg.norm(s), 0.5, rtol=1e-6)


def test_many_draws_in_one_program_end():
    """Batched LAPACK calls side by side once waited for each other for ever on two cores."""

    @jax.jit
    @jax.vmap
    def draw(key):
        keys = jax.random.split(key, 3)
        weights = [rj.weights_with_spectrum(k, jnp.ones(20), 30, 20) for k in keys]
        return sum(jnp.sum(w**2) for w in weights)

    norms = draw(jax.random.split(jax.random.key(0), 1000))
    np.testing.assert_allclose(norms, 60, rtol=1e-5)


KEY = jax.random.key(0)
BAD = [
    (lambda: rj.haar_orthonormal(KEY, 3, 4), r"columns is 4; .*from 1 to 3"),
    (lambda: rj.haar_orthonormal(KEY, 0, 1), r"rows is 0; .*>= 1"),
    (lambda: rj.equal_singular_values(8, 7), r"rank is 8; .*from 1 to 7"),
    (lambda: rj.equal_singular_values(0, 7), r"rank is 0; .*from 1 to 7"),
    (lambda: rj.equal_singular_values(2, 7, -1.0), r"norm holds -1\.0; .*at least 0"),
    (
        lambda: rj.weights_with_spectrum(KEY, jnp.ones(4), 3, 9),
        r"singular_values has 4 entries; .*at most 3",
    ),
    (
        lambda: rj.weights_with_spectrum(KEY, jnp.array([1.0, jnp.nan]), 3, 9),
        r"singular_values holds nan",
    ),
    (
        lambda: rj.weights_with_spectrum(KEY, jnp.ones((2, 2)), 3, 9),
        r"singular_values has shape \(2, 2\); allowed is \(p\)",
    ),
    (lambda: rj.aligned_weights(KEY, jnp.ones(3), 9, 1.0, 4), r"rank is 4; .*from 1 to 3"),
    (lambda: rj.aligned_weights(KEY, jnp.ones(3), 9, -1.0), r"c holds -1\.0"),
    (lambda: rj.aligned_weights(KEY, jnp.zeros(3), 9), r"direction is zero everywhere"),
    (lambda: rj.aligned_weights(KEY, jnp.ones((3, 1)), 9), r"direction has shape \(3, 1\)"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
