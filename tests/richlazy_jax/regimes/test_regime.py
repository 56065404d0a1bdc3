"""Exponents beside ones known in closed form and beside differences of nearby trajectories."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj
from richlazy_jax.models import LEAK_FORMS

KEY = jax.random.key(3)
ACTIVATIONS = {"relu": lambda a: np.maximum(a, 0), "tanh": np.tanh}
SLOPES = {"relu": lambda a: (a > 0) * 1.0, "tanh": lambda a: 1 - np.tanh(a) ** 2}
forms = st.sampled_from([(a, form) for a in ACTIVATIONS for form in LEAK_FORMS])


def network(rng, size, gain, inputs=2):
    return {
        "input": jnp.asarray(rng.standard_normal((size, inputs))),
        "recurrent": jnp.asarray(gain * rng.standard_normal((size, size)) / size**0.5),
        "bias": jnp.asarray(0.1 * rng.standard_normal(size)),
    }


def follow(params, x, activation, leak, leak_form, start):
    """States and one-step Jacobians of one trial, by hand in NumPy."""
    w, u, b = (np.asarray(params[name]) for name in ("recurrent", "input", "bias"))
    phi, slope = ACTIVATIONS[activation], SLOPES[activation]
    keep, z, states, jacobians = leak * np.eye(len(w)), start, [], []
    for at in np.asarray(x):
        if leak_form == "paper":
            a = leak * z + (1 - leak) * (w @ z + u @ at + b)
            jacobians.append(slope(a)[:, None] * (keep + (1 - leak) * w))
            z = phi(a)
        elif leak_form == "rate":
            a = w @ z + u @ at + b
            jacobians.append(keep + (1 - leak) * slope(a)[:, None] * w)
            z = leak * z + (1 - leak) * phi(a)
        else:
            jacobians.append(keep + (1 - leak) * w * slope(z))
            z = leak * z + (1 - leak) * (w @ phi(z) + u @ at + b)
        states.append(z)
    return np.array(states), np.array(jacobians)


@pytest.mark.parametrize("leak", [0.0, 0.4])
@pytest.mark.parametrize("leak_form", LEAK_FORMS)
@pytest.mark.parametrize(("activation", "gain"), [("relu", 0.9), ("tanh", 1.6)])
def test_exponents_are_those_of_qr_with_jacobians_by_hand(x64, activation, gain, leak_form, leak):
    """Of 20 units some are always active, without which a direction survives as rounding."""
    size, steps = 20, 1500
    rng = np.random.default_rng(5)
    params, x = network(rng, size, gain), jnp.asarray(rng.standard_normal((1, steps, 2)))
    how = {"activation": activation, "leak_form": leak_form, "leak": leak}
    found = rj.lyapunov_exponents(params, x, key=KEY, discarded=300, **how)[0]
    _, jacobians = follow(params, x[0], start=np.zeros(size), **how)
    q, logs = np.linalg.qr(rng.standard_normal((size, 4)))[0], []
    # The first ones, of activity that starts at 0, may be 0.
    for j in jacobians[300:]:
        q, r = np.linalg.qr(j @ q)
        logs.append(np.log(abs(np.diag(r))))
    # A vector turns in the plane of the leading two, which moves a mean over 1,200 steps by a few
    # in 1,200.
    np.testing.assert_allclose(found, np.array(logs).mean(0).max(), atol=5e-3)


@given(st.integers(2, 12), st.floats(0.0, 0.8), st.sampled_from(LEAK_FORMS), st.integers(0, 99))
def test_exponents_are_those_of_nearby_trajectories(x64, size, leak, leak_form, seed):
    """Tanh, whose slopes are smooth, over steps so few that the difference stays small."""
    rng = np.random.default_rng(seed)
    params, x = network(rng, size, 1.5), jnp.asarray(rng.standard_normal((1, 30, 2)))
    how = {"activation": "tanh", "leak": leak, "leak_form": leak_form}
    q = jax.random.normal(KEY, (1, size), jnp.float64)
    q = np.asarray(q / jnp.linalg.norm(q))[0]
    ends = [follow(params, x[0], start=sign * 1e-7 * q, **how)[0][-1] for sign in (1, -1)]
    expected = np.log(np.linalg.norm(ends[0] - ends[1]) / 2e-7) / 30
    found = rj.lyapunov_exponents(params, x, key=KEY, **how)[0]
    # The difference of ends has lost seven digits where it has shrunk a thousandfold.
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("leak_form", LEAK_FORMS)
@pytest.mark.parametrize("leak", [0.0, 0.5])
def test_exponents_of_networks_that_are_linear(x64, leak, leak_form):
    """Relu whose weights and inputs are positive is linear, and tanh at 0 is."""
    rng = np.random.default_rng(0)
    w = rng.random((7, 7)) / 7
    params = {"input": jnp.ones((7, 1)), "recurrent": jnp.asarray(w)}
    largest = abs(np.linalg.eigvals(leak * np.eye(7) + (1 - leak) * w)).max()
    how = {"leak": leak, "leak_form": leak_form, "key": KEY, "discarded": 100}
    relu = rj.lyapunov_exponents(params, jnp.ones((2, 300, 1)), **how)
    np.testing.assert_allclose(relu, np.log(largest), rtol=1e-9)
    symmetric = 0.3 * (w + w.T)
    largest = abs(np.linalg.eigvals(leak * np.eye(7) + (1 - leak) * symmetric)).max()
    params["recurrent"] = jnp.asarray(symmetric)
    tanh = rj.lyapunov_exponents(params, jnp.zeros((2, 300, 1)), activation="tanh", **how)
    np.testing.assert_allclose(tanh, np.log(largest), rtol=1e-9)


@given(st.integers(2, 12), st.floats(0.0, 0.8), forms, st.integers(0, 99))
def test_numbers_of_a_regime_are_those_by_hand(x64, size, leak, form, seed):
    rng = np.random.default_rng(seed)
    params, x = network(rng, size, 1.0), jnp.asarray(rng.standard_normal((3, 21, 2)))
    how = dict(zip(("activation", "leak_form"), form, strict=True)) | {"leak": leak}
    found = rj.regime(params, x, key=KEY, **how)
    ends = [follow(params, each, start=np.zeros(size), **how) for each in x]
    radii = [abs(np.linalg.eigvals(jacobians[-1])).max() for _, jacobians in ends]
    # Those of a matrix with eigenvalues that are one are as inexact as the root of rounding.
    np.testing.assert_allclose(found.spectral_radius, np.median(radii), atol=1e-6)
    full = leak * np.eye(size) + (1 - leak) * np.asarray(params["recurrent"])
    np.testing.assert_allclose(found.full_slope_radius, abs(np.linalg.eigvals(full)).max())
    rates = np.array([states for states, _ in ends])
    rates = ACTIVATIONS[form[0]](rates) if form[1] == "current" else rates
    drive = np.asarray(x) @ np.asarray(params["input"]).T + np.asarray(params["bias"])
    np.testing.assert_allclose(found.mean_activity, abs(rates[:, 5:]).mean())
    active = abs(rates[:, 5:]) > 1e-3 * np.sqrt((drive**2).mean())
    np.testing.assert_allclose(found.active_share, active.mean())
    last, first = ((part**2).mean() for part in (rates[:, -5:], rates[:, :5]))
    np.testing.assert_allclose(found.growth, np.sqrt(last / first))
    exponents = rj.lyapunov_exponents(params, x, key=KEY, discarded=5, **how)
    np.testing.assert_allclose(found.lyapunov_exponent, jnp.median(exponents))


def word(params, x, **how):
    return rj.REGIMES[int(rj.regime(params, x, key=KEY, **how).word)]


def test_words():
    rng = np.random.default_rng(1)
    x = jnp.asarray(rng.standard_normal((4, 200, 2)))
    quiet = network(rng, 60, 0.5)
    assert word(quiet, x) == "stable"
    assert word(network(rng, 60, 3.0), x) == "unstable"
    assert word(network(rng, 100, 4.0), x, activation="tanh") == "chaotic"
    assert word({**quiet, "bias": jnp.full(60, -30.0)}, x) == "silent"


def test_the_zero_jacobian_of_silence_has_an_exponent_of_minus_infinity():
    params = {"input": -jnp.ones((3, 1)), "recurrent": jnp.eye(3)}
    found = rj.regime(params, jnp.ones((2, 8, 1)), key=KEY)
    assert found.lyapunov_exponent == -jnp.inf
    assert (found.active_share, found.spectral_radius, int(found.word)) == (0, 0, 0)


def test_many_networks_in_one_program():
    rng = np.random.default_rng(2)
    each = [network(rng, 5, gain) for gain in (0.5, 1.0, 2.0)]
    x = jnp.asarray(rng.standard_normal((2, 20, 2)), jnp.float32)
    stack = jax.tree.map(lambda *leaves: jnp.stack(leaves).astype(jnp.float32), *each)
    many = jax.jit(jax.vmap(lambda params: rj.regime(params, x, key=KEY, leak=0.3)))(stack)
    for i, params in enumerate(each):
        one = rj.regime(jax.tree.map(lambda a: a.astype(jnp.float32), params), x, key=KEY, leak=0.3)
        np.testing.assert_allclose([m[i] for m in many], one, rtol=1e-4)


PARAMS = {"input": jnp.ones((3, 2)), "recurrent": jnp.ones((3, 3))}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rj.regime(PARAMS, jnp.ones((2, 3, 2)), key=KEY), "x has 3 steps; .* at least 4"),
        (lambda: rj.regime(PARAMS, jnp.ones((3, 2)), key=KEY), r"x has shape \(3, 2\); allowed"),
        (
            lambda: rj.lyapunov_exponents(PARAMS, jnp.ones((2, 3, 2)), key=KEY, discarded=3),
            "discarded is 3; allowed is less than the 3 steps",
        ),
        (
            lambda: rj.lyapunov_exponents(PARAMS, jnp.ones((2, 3, 5)), key=KEY),
            r"x has shape \(2, 3, 5\); allowed is \(n, t, 2\)",
        ),
        (
            lambda: rj.regime(PARAMS, jnp.ones((2, 8, 2)), key=KEY, leak_form="none"),
            "leak_form is 'none'",
        ),
    ],
)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
