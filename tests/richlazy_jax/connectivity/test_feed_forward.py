"""Weights strictly below the diagonal: structure, moments, norm."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj

KEY = jax.random.key(0)


@pytest.mark.parametrize(("size", "seed"), [(2, 0), (7, 1), (40, 2)])
def test_each_unit_receives_from_those_before_it(x64, size, seed):
    key = jax.random.key(seed)
    w = np.asarray(rj.feed_forward_weights(key, size, gain=1.5))
    assert w.shape == (size, size)
    assert w.dtype == np.float64
    below = np.arange(size)[:, None] > np.arange(size)
    assert (w[below] != 0).all()
    assert not w[~below].any()
    null = rj.gaussian_weights(key, size, 1.5)
    np.testing.assert_allclose(np.linalg.norm(w), np.linalg.norm(null), rtol=1e-12)
    # What each unit sends is gone after as many steps as there are units.
    assert not np.linalg.matrix_power(w, size).any()
    raw = np.asarray(rj.feed_forward_weights(key, size, gain=1.5, resized=False))
    np.testing.assert_allclose(w * np.linalg.norm(raw), raw * np.linalg.norm(w), rtol=1e-12)
    other = np.asarray(rj.feed_forward_weights(jax.random.key(seed + 9), size))
    assert not np.isclose(w[below], other[below]).any()


def test_moments_and_independence_of_the_null(draws, assert_means):
    gain, n = 2.0, 4

    def both(key):
        w = rj.feed_forward_weights(key, n, gain=gain, resized=False)
        return jnp.stack([w, rj.gaussian_weights(key, n, gain)])

    w, null = np.moveaxis(draws(both, 20_000), 1, 0)
    below = np.tril(np.ones((n, n)), -1)
    assert_means(w, np.zeros((n, n)))
    assert_means(w**2, below * 2 * gain**2 / (n - 1))
    assert_means((w**2).sum((1, 2)), gain**2 * n)
    assert_means(w * null, np.zeros((n, n)))


BAD = [
    (lambda: rj.feed_forward_weights(KEY, 1), r"size is 1; .*>= 2"),
    (lambda: rj.feed_forward_weights(KEY, 3, gain=0), r"gain is 0; .*above 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
