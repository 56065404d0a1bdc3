"""Other sizes, against NumPy's and SciPy's decompositions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.interpolate
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from richlazy_jax.connectomes import resampled_weights


def draw(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, n)) ** 3


def interpolated(s, size):
    """The rule written out for one index at a time."""
    n = len(s)
    new = []
    for i in range(size):
        place = (i + 0.5) / size * n - 0.5
        low = min(max(int(np.floor(place)), 0), n - 1)
        high = min(low + 1, n - 1)
        new.append(s[low] + (s[high] - s[low]) * min(max(place - low, 0), 1))
    return np.array(new)


# Few sizes, as each is compiled.
@given(st.sampled_from([1, 4, 7]), st.integers(0, 99))
def test_the_same_size_keeps_singular_values_and_eigenvalues(x64, n, seed):
    w = draw(n, seed)
    got = np.asarray(resampled_weights(jax.random.key(seed), w, n))
    np.testing.assert_allclose(
        np.linalg.svd(got, compute_uv=False), np.linalg.svd(w, compute_uv=False), atol=1e-10
    )
    # All power sums of the eigenvalues, which unlike their order are smooth.
    for power in range(1, n + 1):
        expected = np.trace(np.linalg.matrix_power(w, power))
        scale = float(np.linalg.norm(w)) ** power
        got_trace = np.trace(np.linalg.matrix_power(got, power))
        np.testing.assert_allclose(got_trace, expected, atol=1e-11 * scale)
    assert n == 1 or not np.allclose(got, w)


@given(st.integers(3, 7), st.sampled_from([1, 4, 7]), st.integers(0, 99))
def test_singular_values_are_interpolated(x64, n, size, seed):
    w = draw(n, seed)
    got = resampled_weights(jax.random.key(seed), w, size)
    assert got.shape == (size, size)
    expected = interpolated(np.linalg.svd(w, compute_uv=False), size)
    np.testing.assert_allclose(np.linalg.svd(got, compute_uv=False), expected, atol=1e-10)


@pytest.mark.parametrize("size", [2, 5])
def test_a_smaller_size_takes_the_polar_factor_of_the_leading_overlap(x64, size):
    w = draw(8)
    u, s, vt = np.linalg.svd(w)
    polar, _ = scipy.linalg.polar((vt @ u)[:size, :size])
    got = np.asarray(resampled_weights(jax.random.key(0), w, size))
    expected = np.diag(interpolated(s, size)) @ polar
    for power in range(1, size + 1):
        np.testing.assert_allclose(
            np.trace(np.linalg.matrix_power(got, power)),
            np.trace(np.linalg.matrix_power(expected, power)),
            rtol=1e-9,
        )


def test_a_larger_size_keeps_the_overlap_and_adds_a_random_block(x64):
    n, size = 5, 8
    w = draw(n)
    u, _, vt = np.linalg.svd(w)
    blocks = []
    for seed in (0, 1):
        got_u, s, got_vt = np.linalg.svd(resampled_weights(jax.random.key(seed), w, size))
        # Else the vectors would not be unique up to a sign.
        assert (np.diff(s) < -1e-3).all()
        overlap = np.abs(got_vt @ got_u)
        np.testing.assert_allclose(overlap[:n, :n], np.abs(vt @ u), atol=1e-9)
        np.testing.assert_allclose(overlap[n:, :n], 0, atol=1e-9)
        np.testing.assert_allclose(overlap[:n, n:], 0, atol=1e-9)
        blocks.append(overlap[n:, n:])
    assert np.abs(blocks[0] - blocks[1]).max() > 0.1


def test_the_spectral_radius_survives_a_small_change_of_size(x64):
    """Symmetric weights keep all their eigenvalues' sizes, as overlaps are then signs."""
    w = draw(6)
    w = w + w.T
    for size in (4, 9):
        got = np.asarray(resampled_weights(jax.random.key(0), w, size))
        expected = interpolated(np.linalg.svd(w, compute_uv=False), size)
        radius = np.abs(np.linalg.eigvals(got)).max()
        np.testing.assert_allclose(radius, expected[0], rtol=1e-9)


def test_uniformly_rotated_under_vmap_and_jit():
    """The mean over rotations is a multiple of the identity, as the Haar measure says."""
    w = draw(3)
    many = jax.jit(jax.vmap(lambda key: resampled_weights(key, w, 3)))
    keys = jax.random.split(jax.random.key(0), 4000)
    got = np.asarray(many(keys))
    np.testing.assert_allclose(got[7], resampled_weights(keys[7], w, 3), atol=1e-5)
    error = got.std(axis=0) / np.sqrt(len(keys))
    assert (np.abs(got.mean(axis=0) - np.eye(3) * np.trace(w) / 3) < 4 * error).all()
    # The two are rotated alike: independent ones would scatter the trace.
    np.testing.assert_allclose(np.trace(got, axis1=1, axis2=2), np.trace(w), atol=1e-4)


KEY = jax.random.key(0)
BAD = [
    (lambda: resampled_weights(KEY, draw(3), 0), r"size is 0; .*>= 1"),
    (lambda: resampled_weights(KEY, draw(3), 2.0), r"size is 2\.0; .*whole number"),  # pyright: ignore[reportArgumentType]
    (lambda: resampled_weights(KEY, draw(3)[:2], 2), r"w: weights has shape \(2, 3\)"),
    (lambda: resampled_weights(KEY, draw(3) * np.nan, 2), r"w: weights\[0, 0\] is nan"),
    (lambda: resampled_weights(KEY, draw(3) * 0, 2), r"w is zero everywhere"),
    (
        lambda: jax.jit(lambda w: resampled_weights(KEY, w, 2))(jnp.ones((3, 3))),
        r"w is .*; allowed are known numbers",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
