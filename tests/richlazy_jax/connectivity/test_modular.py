"""Modular weights: who belongs together, densities and moments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax.connectivity as rc

# The module of each unit is written out.
CASES = [
    ([0, 0, 0, 1, 1, 1], 0.8, 0.2, 1.5),
    ([0, 0, 0, 1, 1, 2, 2], 1, 0.3, 1),
    ([0, 0, 1, 1, 2, 2, 3, 4], 0.6, 0, 2),
    ([0, 0, 0], 0.5, 0.1, 1),
    ([0, 1, 2], 0.9, 0.4, 0.5),
]


@pytest.mark.parametrize(("module", "within", "between", "gain"), CASES)
def test_densities_and_moments(draws, assert_means, module, within, between, gain):
    size, modules = len(module), len(set(module))

    def both(key):
        w = rc.modular_weights(
            key,
            size,
            modules=modules,
            within=within,
            between=between,
            gain=gain,
            resized=False,
        )
        return jnp.stack([w, rc.gaussian_weights(key, size, gain)])

    w, null = np.moveaxis(draws(both, 8000), 1, 0)
    density = np.array([[within if a == b else between for b in module] for a in module])
    # Of an entry that is there, so that the mean of all squares is the null's.
    variance = gain**2 / size / density.mean()
    assert_means(w != 0, density)
    assert_means(w, np.zeros((size, size)))
    assert_means(w**2, density * variance)
    # Together, because one entry's fourth powers are too skewed for errors from their spread.
    assert_means((w**4).sum((1, 2)), 3 * density.sum() * variance**2)
    assert_means((w**2).sum((1, 2)), gain**2 * size)
    # Entries that were not independent would give these other values.
    assert_means(w.sum((1, 2)) ** 2, gain**2 * size)
    count = (w != 0).sum((1, 2)) - density.sum()
    assert_means(count**2, (density * (1 - density)).sum())
    assert_means(w * null, np.zeros((size, size)))
    assert_means((w != 0) * null, np.zeros((size, size)))


def test_equal_densities_are_a_sparse_draw(x64):
    key = jax.random.key(2)
    w = rc.modular_weights(key, 11, modules=3, within=0.4, between=0.4)
    np.testing.assert_allclose(w, rc.sparse_weights(key, 11, density=0.4), rtol=1e-13)


def test_resized_to_the_null_of_the_same_key(x64):
    numbers = {"modules": 3, "within": 0.7, "between": 0.1}

    def pair(key):
        return rc.modular_weights(key, 10, gain=1.5, **numbers), rc.gaussian_weights(key, 10, 1.5)

    keys = jax.random.split(jax.random.key(1), 4)
    w, null = jax.jit(jax.vmap(pair))(keys)
    assert w.dtype == jnp.float64
    norms = np.linalg.norm(null, axis=(1, 2))
    assert len(set(norms)) == 4
    np.testing.assert_allclose(np.linalg.norm(w, axis=(1, 2)), norms, rtol=1e-13)
    one = rc.modular_weights(keys[2], 10, resized=False, **numbers)
    np.testing.assert_allclose(w[2], one * norms[2] / np.linalg.norm(one), rtol=1e-12)


KEY = jax.random.key(0)


def made(size=6, modules=2, within=0.5, between=0.1, **others):
    return rc.modular_weights(KEY, size, modules=modules, within=within, between=between, **others)


BAD = [
    (lambda: made(size=0), r"size is 0; .*>= 1"),
    (lambda: made(modules=0), r"modules is 0; .*from 1 to 6"),
    (lambda: made(modules=7), r"modules is 7; .*from 1 to 6"),
    (lambda: made(modules=2.0), r"modules is 2\.0; .*whole number"),  # pyright: ignore[reportArgumentType]
    (lambda: made(within=0.0), r"within is 0\.0; .*above 0 and at most 1"),
    (lambda: made(within=1.1), r"within is 1\.1; .*at most 1"),
    (lambda: made(within=float("nan")), r"within is nan"),
    (lambda: made(between=-0.1), r"between is -0\.1; .*from 0 to within, which is 0\.5"),
    (lambda: made(between=0.6), r"between is 0\.6; .*from 0 to within, which is 0\.5"),
    (lambda: made(between=float("nan")), r"between is nan"),
    (lambda: made(gain=0), r"gain is 0; .*above 0"),
    (lambda: made(within=1e-9, between=0), r"w is zero everywhere"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
