"""The identity and its noise: entries, moments, norm."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj

KEY = jax.random.key(0)


def test_without_noise_it_is_the_identity_at_the_norm_of_the_null():
    exact = rj.identity_weights(KEY, 5, gain=2, resized=False)
    np.testing.assert_array_equal(exact, 2 * np.eye(5))
    size = np.linalg.norm(rj.gaussian_weights(KEY, 5, 1.5))
    found = rj.identity_weights(KEY, 5, gain=1.5)
    np.testing.assert_allclose(found, size / 5**0.5 * np.eye(5), rtol=1e-6)


def test_moments_of_the_noise_and_independence_of_the_null(draws, assert_means):
    gain, noise, n = 2.0, 0.5, 3

    def both(key):
        w = rj.identity_weights(key, n, noise=noise, gain=gain, resized=False)
        return jnp.stack([w, rj.gaussian_weights(key, n, gain)])

    w, null = np.moveaxis(draws(both, 20_000), 1, 0)
    rest = w - gain * np.eye(n)
    assert_means(rest, np.zeros((n, n)))
    assert_means(rest**2, np.full((n, n), gain**2 * noise**2 / n))
    assert_means((w**2).sum((1, 2)), gain**2 * n * (1 + noise**2))
    assert_means(rest * null, np.zeros((n, n)))


def test_resized_and_another_key(x64):
    w = rj.identity_weights(KEY, 9, noise=0.7, gain=1.5)
    assert w.dtype == jnp.float64
    null = rj.gaussian_weights(KEY, 9, 1.5)
    np.testing.assert_allclose(np.linalg.norm(w), np.linalg.norm(null), rtol=1e-12)
    raw = rj.identity_weights(KEY, 9, noise=0.7, gain=1.5, resized=False)
    np.testing.assert_allclose(w / np.linalg.norm(w), raw / np.linalg.norm(raw), rtol=1e-12)
    other = rj.identity_weights(jax.random.key(1), 9, noise=0.7, gain=1.5, resized=False)
    off = ~np.eye(9, dtype=bool)
    assert not np.isclose(np.asarray(raw)[off], np.asarray(other)[off]).any()


BAD = [
    (lambda: rj.identity_weights(KEY, 0), r"size is 0; .*>= 1"),
    (lambda: rj.identity_weights(KEY, 3, noise=-1), r"noise is -1; .*at least 0"),
    (lambda: rj.identity_weights(KEY, 3, noise=float("nan")), r"noise is nan; .*finite"),
    (lambda: rj.identity_weights(KEY, 3, gain=0), r"gain is 0; .*above 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
