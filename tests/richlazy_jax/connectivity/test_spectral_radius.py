"""Weights at the spectral radius of others."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj


def test_radius_is_that_of_the_other_and_nothing_else_changes(x64):
    rng = np.random.default_rng(0)
    ws, nulls = rng.standard_normal((2, 5, 4, 4))
    for w, null in zip(ws, nulls, strict=True):
        got = np.asarray(jax.jit(rj.with_spectral_radius_of)(jnp.asarray(w), jnp.asarray(null)))
        # The power of a matrix grows by its radius: independent of any eigenvalue routine.
        grown = [np.linalg.norm(np.linalg.matrix_power(m, 256)) for m in (got, null)]
        # What is left is the 256th root of the eigenvectors' condition, of 100 or so.
        assert np.log(grown[0]) / 256 == pytest.approx(np.log(grown[1]) / 256, abs=0.02)
        np.testing.assert_allclose(got / w, (got / w)[0, 0], rtol=1e-12)
        assert (got / w)[0, 0] > 0


def test_a_known_radius(x64):
    turn = jnp.asarray([[0.0, -3.0], [3.0, 0.0]])
    got = rj.with_spectral_radius_of(turn, jnp.asarray([[0.5, 7.0], [0.0, -2.0]]))
    np.testing.assert_allclose(got, turn * 2 / 3, rtol=1e-14)


BAD = [
    (lambda: rj.with_spectral_radius_of(jnp.ones(2), jnp.eye(2)), r"w has shape \(2,\)"),
    (lambda: rj.with_spectral_radius_of(jnp.eye(3), jnp.eye(2)), r"\(3, 3\) and null \(2, 2\)"),
    (lambda: rj.with_spectral_radius_of(jnp.ones((2, 3)), jnp.ones((2, 3))), r"\(2, 3\).*square"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
