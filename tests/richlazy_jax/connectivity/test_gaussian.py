"""The Gaussian null and its norm."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax.connectivity as rc


@pytest.mark.parametrize(("size", "gain"), [(1, 0.5), (9, 2)])
def test_gaussian_moments(draws, assert_means, size, gain):
    w = draws(lambda key: rc.gaussian_weights(key, size, gain), 4000)
    variance = gain**2 / size
    assert_means(w, 0)
    assert_means(w**2, variance)
    assert_means(w**4, 3 * variance**2)
    assert_means(w.sum((1, 2)) ** 2, size**2 * variance)


def test_the_null_of_the_network(x64):
    """The recurrent weights of `RNN` and these are one law; here, one number for one key."""
    w = rc.gaussian_weights(jax.random.key(3), 5, 1.5)
    np.testing.assert_array_equal(w, 1.5 * 5**-0.5 * jax.random.normal(jax.random.key(3), (5, 5)))
    assert w.dtype == jnp.float64


def test_with_norm_of(x64):
    w = np.random.default_rng(0).standard_normal((3, 4))
    null = np.random.default_rng(1).standard_normal((5, 5))
    got = rc.with_norm_of(jnp.asarray(w), jnp.asarray(null))
    np.testing.assert_allclose(np.sum(got**2), np.sum(null**2), rtol=1e-14)
    np.testing.assert_allclose(got / w, (got / w)[0, 0], rtol=1e-14)
    assert got[0, 0] * w[0, 0] > 0


KEY = jax.random.key(0)
BAD = [
    (lambda: rc.gaussian_weights(KEY, 0), r"size is 0; .*>= 1"),
    (lambda: rc.gaussian_weights(KEY, 3, 0.0), r"gain is 0\.0; .*above 0"),
    (lambda: rc.gaussian_weights(KEY, 3, float("nan")), r"gain is nan; .*above 0"),
    (lambda: rc.gaussian_weights(KEY, 3, float("inf")), r"gain is inf; .*finite"),
    (lambda: rc.with_norm_of(jnp.zeros((2, 2)), jnp.ones((2, 2))), r"w is zero everywhere"),
    (lambda: rc.with_norm_of(jnp.ones(2), jnp.ones((2, 2))), r"w has shape \(2,\)"),
    (lambda: rc.with_norm_of(jnp.ones((2, 2)), jnp.ones(2)), r"null has shape \(2,\)"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
