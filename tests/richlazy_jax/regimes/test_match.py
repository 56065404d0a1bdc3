"""Matched networks have the number of their reference, measured by `regime`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj
from richlazy_jax.models import LEAK_FORMS

KEY = jax.random.key(3)


def networks(rng, size, gain, rank):
    w = jnp.asarray(gain * rng.standard_normal((size, size)) / size**0.5)
    full = {"input": jnp.asarray(rng.standard_normal((size, 2))), "recurrent": w}
    return {**full, "recurrent": rj.low_rank(w, rank)}, full


@pytest.mark.parametrize("of", rj.MATCHED)
@pytest.mark.parametrize("leak_form", LEAK_FORMS)
@pytest.mark.parametrize(("activation", "gain"), [("relu", 1.1), ("tanh", 1.4)])
def test_the_regime_of_the_reference_is_met(x64, activation, gain, leak_form, of):
    rng = np.random.default_rng(7)
    # Saturating units of few dimensions cannot come near to the exponent of many.
    params, full = networks(rng, 30, gain, 3 if activation == "relu" else 15)
    x = jnp.asarray(0.3 * rng.standard_normal((3, 120, 2)))
    how = {"activation": activation, "leak_form": leak_form, "leak": 0.2}
    scale = rj.matched_scale(params, full, x, key=KEY, of=of, **how)
    scaled = {**params, "recurrent": scale * params["recurrent"]}
    before, after, wanted = (
        float(getattr(rj.regime(p, x, key=KEY, **how), of)) for p in (params, scaled, full)
    )
    assert after == pytest.approx(wanted, abs=0.01 if of == "lyapunov_exponent" else 0.01 * wanted)
    # There was something to match.
    assert abs(before - wanted) > 2 * abs(after - wanted)


def test_a_scaled_reference_is_scaled_back(x64):
    rng = np.random.default_rng(2)
    _, full = networks(rng, 20, 1.0, 1)
    x = jnp.asarray(rng.standard_normal((2, 80, 2)))
    for factor in (0.01, 0.3, 40.0):
        other = {**full, "recurrent": factor * full["recurrent"]}
        for of in rj.MATCHED:
            scale = rj.matched_scale(other, full, x, key=KEY, of=of)
            assert scale == pytest.approx(1 / factor, rel=0.02)


def test_no_size_is_said_to_be_none(x64):
    """Weights that feed nothing back have an exponent of minus infinity at any size."""
    rng = np.random.default_rng(4)
    _, full = networks(rng, 10, 1.0, 1)
    x = jnp.asarray(rng.standard_normal((2, 40, 2)))
    silent = {**full, "recurrent": jnp.zeros((10, 10)).at[3, 2].set(1.0)}
    assert np.isnan(rj.matched_scale(silent, full, x, key=KEY))


def test_it_is_the_same_under_jit():
    rng = np.random.default_rng(5)
    params, full = networks(rng, 12, 1.2, 2)
    x = jnp.asarray(rng.standard_normal((2, 40, 2)))
    one = rj.matched_scale(params, full, x, key=KEY)
    other = jax.jit(lambda p, f: rj.matched_scale(p, f, x, key=KEY))(params, full)
    np.testing.assert_allclose(one, other, rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"of": "spectral_radius"}, "of is 'spectral_radius'"),
        ({"x": jnp.ones((1, 3, 2))}, "x has 3 steps"),
        ({"leak": 1.0}, "leak is 1.0"),
    ],
)
def test_bad_arguments_are_named(change, said):
    params, full = networks(np.random.default_rng(0), 5, 1.0, 1)
    arguments = {"x": jnp.ones((1, 8, 2)), "key": KEY} | change
    with pytest.raises(ValueError, match=said):
        rj.matched_scale(params, full, arguments.pop("x"), **arguments)
