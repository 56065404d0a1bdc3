"""Partially symmetric weights: what correlates, and by how much."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax.connectivity as rc


@pytest.mark.parametrize(
    ("size", "symmetry", "gain"), [(3, 0.6, 1.5), (5, -0.4, 1), (4, 0, 2), (4, 1, 1), (3, -1, 0.5)]
)
def test_moments_of_all_pairs_of_entries(draws, assert_means, size, symmetry, gain):
    def both(key):
        w = rc.symmetric_weights(key, size, symmetry=symmetry, gain=gain, resized=False)
        return jnp.stack([w, rc.gaussian_weights(key, size, gain)])

    w, null = np.moveaxis(draws(both, 10_000), 1, 0)
    flat = w.reshape(len(w), -1)
    # The covariance of entry (i, j) with (k, l), one row for each (i, j).
    eye = np.eye(size)
    same = np.einsum("ik,jl->ijkl", eye, eye)
    other = np.einsum("il,jk->ijkl", eye, eye)
    expected = gain**2 / size * (same + symmetry * other).reshape(size**2, size**2)
    assert_means(w, np.zeros((size, size)))
    assert_means(flat[:, :, None] * flat[:, None, :], expected)
    # Together, because one entry's fourth powers are too skewed for errors from their spread.
    assert_means((w**4).sum((1, 2)), 3 * (np.diag(expected) ** 2).sum())
    assert_means(w * null, np.zeros((size, size)))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("seed", range(3))
def test_both_ends_are_exact(sign, seed):
    @jax.jit
    def draw(key):
        return rc.symmetric_weights(key, 30, symmetry=sign)

    w = np.asarray(draw(jax.random.key(seed)))
    np.testing.assert_array_equal(w, sign * w.T)
    assert w.dtype == np.float32


@pytest.mark.parametrize("symmetry", [0.5, -0.5])
def test_eigenvalues_fill_an_ellipse(draws, assert_means, symmetry):
    """Uniformly: the mean squares of both parts are a quarter of the squared half axes.

    They are the sum and the difference of the means of |λ|² and λ², of which the latter is known at
    every size, τ + 1 / n. The former is wrong by order 1 / n as well, which is allowed for.
    """
    n = 60
    w = draws(
        lambda key: rc.symmetric_weights(key, n, symmetry=symmetry, gain=1, resized=False), 60
    )
    eigenvalues = np.linalg.eigvals(w)
    squares = np.stack([eigenvalues.real**2, eigenvalues.imag**2], 1).mean(2)
    assert_means(squares[:, 0] - squares[:, 1], symmetry + 1 / n)
    ellipse = np.array([(1 + symmetry) ** 2, (1 - symmetry) ** 2]) / 4
    errors = squares.std(0, ddof=1) / len(w) ** 0.5
    assert (np.abs(squares.mean(0) - ellipse) < 3 * errors + 1 / n).all()


def test_resized_to_the_null_of_the_same_key(x64):
    def pair(key):
        w = rc.symmetric_weights(key, 9, symmetry=-0.7, gain=1.5)
        return w, rc.gaussian_weights(key, 9, 1.5)

    keys = jax.random.split(jax.random.key(1), 4)
    w, null = jax.jit(jax.vmap(pair))(keys)
    assert w.dtype == jnp.float64
    norms = np.linalg.norm(null, axis=(1, 2))
    assert len(set(norms)) == 4
    np.testing.assert_allclose(np.linalg.norm(w, axis=(1, 2)), norms, rtol=1e-13)
    one = rc.symmetric_weights(keys[2], 9, symmetry=-0.7, resized=False)
    np.testing.assert_allclose(w[2], one * norms[2] / np.linalg.norm(one), atol=1e-13)


def test_one_antisymmetric_unit():
    assert rc.symmetric_weights(KEY, 1, symmetry=-1, resized=False) == 0
    with pytest.raises(ValueError, match=r"w is zero everywhere"):
        rc.symmetric_weights(KEY, 1, symmetry=-1)
    assert np.isnan(jax.jit(lambda key: rc.symmetric_weights(key, 1, symmetry=-1))(KEY))


KEY = jax.random.key(0)
BAD = [
    (lambda: rc.symmetric_weights(KEY, 0, symmetry=0.5), r"size is 0; .*>= 1"),
    (lambda: rc.symmetric_weights(KEY, 3, symmetry=1.1), r"symmetry is 1\.1; .*from -1 to 1"),
    (lambda: rc.symmetric_weights(KEY, 3, symmetry=-2), r"symmetry is -2; .*from -1 to 1"),
    (lambda: rc.symmetric_weights(KEY, 3, symmetry=float("nan")), r"symmetry is nan"),
    (lambda: rc.symmetric_weights(KEY, 3, symmetry=0, gain=0), r"gain is 0; .*above 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
