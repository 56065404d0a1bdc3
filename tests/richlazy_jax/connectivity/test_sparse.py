"""Sparse Gaussian weights: their density and moments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax.connectivity as rc


@pytest.mark.parametrize(("size", "density", "gain"), [(1, 0.4, 1), (4, 0.2, 1.5), (7, 0.9, 0.5)])
def test_density_and_moments(draws, assert_means, size, density, gain):
    def both(key):
        w = rc.sparse_weights(key, size, density=density, gain=gain, resized=False)
        return jnp.stack([w, rc.gaussian_weights(key, size, gain)])

    w, null = np.moveaxis(draws(both, 10_000), 1, 0)
    every, variance = np.ones((size, size)), gain**2 / size
    assert_means(w != 0, density * every)
    assert_means(w, 0 * every)
    assert_means(w**2, variance * every)
    # Together, because one entry's fourth powers are too skewed for errors from their spread.
    assert_means((w**4).sum((1, 2)), size**2 * 3 * variance**2 / density)
    # Entries that were not independent would give these other values.
    assert_means(w.sum((1, 2)) ** 2, size**2 * variance)
    count = (w != 0).sum((1, 2)) - density * size**2
    assert_means(count**2, size**2 * density * (1 - density))
    assert_means(w * null, 0 * every)
    assert_means((w != 0) * null, 0 * every)
    assert_means((w != 0) * (null**2 - variance), 0 * every)


def test_all_there_at_full_density(draws, assert_means):
    w = draws(lambda key: rc.sparse_weights(key, 3, density=1, gain=1, resized=False), 4000)
    assert w.all()
    assert_means(w**2, np.full((3, 3), 1 / 3))
    assert_means((w**4).sum((1, 2)), 9 * 3 / 3**2)


def test_resized_to_the_null_of_the_same_key(x64):
    def pair(key):
        return rc.sparse_weights(key, 9, density=0.3, gain=1.5), rc.gaussian_weights(key, 9, 1.5)

    keys = jax.random.split(jax.random.key(1), 4)
    w, null = jax.jit(jax.vmap(pair))(keys)
    assert w.dtype == jnp.float64
    norms = np.linalg.norm(null, axis=(1, 2))
    assert len(set(norms)) == 4
    np.testing.assert_allclose(np.linalg.norm(w, axis=(1, 2)), norms, rtol=1e-13)
    one = rc.sparse_weights(keys[2], 9, density=0.3, resized=False)
    np.testing.assert_allclose(w[2], one * norms[2] / np.linalg.norm(one), rtol=1e-12)


def test_a_draw_without_an_entry():
    def draw(key, resized):
        return rc.sparse_weights(key, 2, density=1e-9, resized=resized)

    assert not draw(KEY, False).any()
    with pytest.raises(ValueError, match=r"w is zero everywhere"):
        draw(KEY, True)
    assert np.isnan(jax.jit(lambda key: draw(key, True))(KEY)).all()


KEY = jax.random.key(0)
BAD = [
    (lambda: rc.sparse_weights(KEY, 0, density=0.5), r"size is 0; .*>= 1"),
    (lambda: rc.sparse_weights(KEY, 3, density=0), r"density is 0; .*above 0 and at most 1"),
    (lambda: rc.sparse_weights(KEY, 3, density=1.5), r"density is 1\.5; .*at most 1"),
    (lambda: rc.sparse_weights(KEY, 3, density=float("nan")), r"density is nan"),
    (lambda: rc.sparse_weights(KEY, 3, density=0.5, gain=-1), r"gain is -1; .*above 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
