"""Alignment with a readout beside projections by least squares, and beside chance."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj


@given(st.integers(1, 6), st.integers(1, 9), st.integers(1, 5), st.integers(0, 99))
def test_share_is_what_least_squares_explains(x64, many, units, outputs, seed):
    rng = np.random.default_rng(seed)
    d, w = rng.standard_normal((many, units)), rng.standard_normal((outputs, units))
    if seed % 2 and outputs > 1:
        w[-1] = 2 * w[0]
    explained = (np.linalg.lstsq(w.T, d.T, rcond=None)[0].T @ w) if outputs else 0 * d
    found = rj.readout_alignment(jnp.asarray(d), jnp.asarray(w))
    np.testing.assert_allclose(found.share, (explained**2).sum() / (d**2).sum(), rtol=1e-9)
    read = np.sqrt(((d @ w.T) ** 2).sum())
    np.testing.assert_allclose(
        found.correlation, read / np.sqrt((d**2).sum() * (w**2).sum()), rtol=1e-9
    )


def test_one_output_is_the_cosine_and_chance_is_one_in_n():
    rng = np.random.default_rng(0)
    units, outputs = 40, 3
    w = rng.standard_normal((outputs, units))
    d = rng.standard_normal((2000, units))
    found = jax.vmap(lambda each: rj.readout_alignment(each[None], jnp.asarray(w)))(jnp.asarray(d))
    shares, squares = np.asarray(found.share), np.asarray(found.correlation) ** 2
    for values, mean in ((shares, outputs / units), (squares, 1 / units)):
        error = np.std(values, ddof=1) / len(values) ** 0.5
        assert abs(np.mean(values) - mean) < 4 * error
    one = rj.readout_alignment(jnp.asarray(d[:1]), jnp.asarray(w[:1]))
    cosine = abs(d[0] @ w[0]) / np.linalg.norm(d[0]) / np.linalg.norm(w[0])
    np.testing.assert_allclose(one, [cosine, cosine**2], rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_size_does_not_matter(scale):
    rng = np.random.default_rng(1)
    d, w = (jnp.asarray(rng.standard_normal(shape), jnp.float32) for shape in ((4, 7), (2, 7)))
    usual = rj.readout_alignment(d, w)
    np.testing.assert_allclose(rj.readout_alignment(scale * d, w / scale), usual, rtol=1e-5)


def test_nothing_has_no_direction():
    assert np.isnan(rj.readout_alignment(jnp.zeros((2, 3)), jnp.ones((1, 3)))).all()
    assert np.isnan(rj.readout_alignment(jnp.ones((2, 3)), jnp.zeros((1, 3)))).all()


def test_bad_input(no_shape_checks):
    with pytest.raises(ValueError, match="readout has 4 units; allowed is 3, as directions have"):
        rj.readout_alignment(jnp.ones((2, 3)), jnp.ones((1, 4)))
    with pytest.raises(ValueError, match=r"directions has shape \(3,\); allowed is \(many, units"):
        rj.readout_alignment(jnp.ones(3), jnp.ones((1, 3)))
