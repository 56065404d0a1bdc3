"""Weights with a mean: their moments and their outlier."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax.connectivity as rc


@pytest.mark.parametrize(("size", "mean", "gain"), [(1, 2, 1), (4, -3.0, 1.5), (7, 0.5, 0.5)])
def test_moments(draws, assert_means, size, mean, gain):
    def both(key):
        w = rc.mean_shifted_weights(key, size, mean=mean, gain=gain, resized=False)
        return jnp.stack([w, rc.gaussian_weights(key, size, gain)])

    w, null = np.moveaxis(draws(both, 10_000), 1, 0)
    every, variance = np.ones((size, size)), gain**2 / size
    assert_means(w, mean / size * every)
    assert_means((w - mean / size) ** 2, variance * every)
    # Together, because one entry's fourth powers are too skewed for errors from their spread.
    assert_means(((w - mean / size) ** 4).sum((1, 2)), size**2 * 3 * variance**2)
    assert_means(w.sum(2), np.full(size, mean))
    assert_means((w.sum((1, 2)) - size * mean) ** 2, size * gain**2)
    assert_means((w**2).sum((1, 2)), gain**2 * size + mean**2)
    assert_means((w - mean / size) * null, 0 * every)


@pytest.mark.parametrize(("mean", "gain"), [(2, 0.5), (-3, 1)])
def test_outlier_eigenvalue(draws, assert_means, mean, gain):
    w = draws(
        lambda key: rc.mean_shifted_weights(key, 60, mean=mean, gain=gain, resized=False), 100
    )
    eigenvalues = np.linalg.eigvals(w)
    outside = np.abs(eigenvalues) > (gain + abs(mean)) / 2
    assert (outside.sum(1) == 1).all()
    # To second order in the noise it is right on average, which leaves less than 1 / n.
    assert_means(eigenvalues[outside].real, mean)


def test_resized_to_the_null_of_the_same_key(x64):
    def pair(key):
        return rc.mean_shifted_weights(key, 9, mean=2, gain=1.5), rc.gaussian_weights(key, 9, 1.5)

    keys = jax.random.split(jax.random.key(1), 4)
    w, null = jax.jit(jax.vmap(pair))(keys)
    assert w.dtype == jnp.float64
    norms = np.linalg.norm(null, axis=(1, 2))
    assert len(set(norms)) == 4
    np.testing.assert_allclose(np.linalg.norm(w, axis=(1, 2)), norms, rtol=1e-13)
    one = rc.mean_shifted_weights(keys[2], 9, mean=2, gain=1.5, resized=False)
    np.testing.assert_allclose(w[2], one * norms[2] / np.linalg.norm(one), rtol=1e-12)


KEY = jax.random.key(0)
BAD = [
    (lambda: rc.mean_shifted_weights(KEY, 0, mean=1), r"size is 0; .*>= 1"),
    (lambda: rc.mean_shifted_weights(KEY, 3, mean=float("nan")), r"mean is nan; .*finite"),
    (lambda: rc.mean_shifted_weights(KEY, 3, mean=float("inf")), r"mean is inf; .*finite"),
    (lambda: rc.mean_shifted_weights(KEY, 3, mean=1, gain=-1), r"gain is -1; .*above 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
