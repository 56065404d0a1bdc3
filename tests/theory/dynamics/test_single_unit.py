"""One hidden unit against the flow, against the Riccati solution, and at the edges."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.dynamics import balanced_trajectory, single_unit_trajectory, single_unit_weights

D = 3
unit = jax.jit(single_unit_weights)
trajectory = jax.jit(single_unit_trajectory)
riccati = jax.jit(balanced_trajectory)


def drawn(kind, rng):
    a, w, beta = rng.standard_normal(), rng.standard_normal(D), rng.standard_normal(D)
    b = beta / np.linalg.norm(beta)
    return {
        "any": (a, w, beta),
        "small": (1e-3 * a, 1e-3 * w, beta),
        "upstream": (0.1 * a, 3 * w, beta),
        "downstream": (3 * a, 0.1 * w, beta),
        "balanced": (np.linalg.norm(w), w, beta),
        "no readout": (0.0, w, beta),
        "no input weights": (a, 0 * w, beta),
        "aligned": (a, 1.4 * b, beta),
        "against": (abs(a), -1.4 * b, beta),
        "no teacher": (a, w, 0 * beta),
        "no teacher, balanced": (5.0, np.array([3.0, 4.0, 0.0]), 0 * beta),
    }[kind]


KINDS = [
    "any",
    "small",
    "upstream",
    "downstream",
    "balanced",
    "no readout",
    "no input weights",
    "aligned",
    "against",
    "no teacher",
    "no teacher, balanced",
]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=3)
@given(st.integers(0, 99))
def test_it_is_the_flow_and_the_riccati_solution(x64, flow, kind, seed):
    rng = np.random.default_rng(seed)
    a, w, beta = drawn(kind, rng)
    times = np.concatenate([[0], np.sort(rng.uniform(0, 8, 5))])
    args = [jnp.asarray(v) for v in (a, w, beta, times)]
    got, state = trajectory(*args), unit(*args)
    ends = flow(w[None], np.array([[a]]), beta[None], times)
    for i, (first, readout) in enumerate(ends):
        np.testing.assert_allclose(state.weights[i], first[0], atol=1e-10)
        np.testing.assert_allclose(state.readout[i], readout[0, 0], atol=1e-10)
        norm = float(np.linalg.norm(first))
        np.testing.assert_allclose(state.norm[i], norm, atol=1e-10)
        if beta.any() and norm > 1e-6:
            cosine = first[0] @ beta / norm / np.linalg.norm(beta)
            np.testing.assert_allclose(np.cos(state.angle[i]), cosine, atol=1e-10 / norm)
        np.testing.assert_allclose(
            got.loss[i], np.sum((beta - readout[0, 0] * first[0]) ** 2) / 2, atol=1e-10
        )
    assert np.isnan(np.asarray(state.angle)).all() == (not beta.any())
    other = riccati(args[1][None], args[0][None, None], args[2][None], args[3])
    for one, two in zip(got, other, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_late_both_solutions_agree_to_the_last_digits_of_the_loss(x64, kind):
    rng = np.random.default_rng(7)
    # Along an axis and of length 1, so that "aligned" is so to the last digit.
    a, w, beta = drawn(kind, rng)
    if kind in ("aligned", "against"):
        beta = np.array([1.0, 0.0, 0.0])
        w = np.array([1.4 if kind == "aligned" else -1.4, 0.0, 0.0])
    times = np.array([0.0, 10.0, 40.0, 100.0, 1e4, 1e8])
    args = [jnp.asarray(v) for v in (a, w, beta, times)]
    got = trajectory(*args)
    other = riccati(args[1][None], args[0][None, None], args[2][None], args[3])
    for one, two in zip(got, other, strict=True):
        assert np.isfinite(np.asarray(one)).all()
        np.testing.assert_allclose(one, two, atol=1e-11)
    # Rates rounded to 4e-16 over a time of 100, four times in the loss; it is 0 or more from 1e4.
    np.testing.assert_allclose(got.loss[:4], other.loss[:4], rtol=1e-11)
    if beta.any():
        # The slowest is "upstream", at 2 mu = 0.24.
        assert got.loss[3] < 1e-9
        assert got.loss[4] < 1e-300


def test_a_unit_against_its_teacher_in_balance_dies_and_stays(x64):
    """The stable set of the saddle at 0, up to rounding: a' = -s a - a^3 brings it there."""
    beta = np.array([0.3, -0.5, 1.1])
    w = -0.7 * beta
    args = [jnp.asarray(v) for v in (np.linalg.norm(w), w, beta, np.array([0, 1, 9, 40, 1e3, 1e4]))]
    got = trajectory(*args)
    np.testing.assert_allclose(got.loss[3:], beta @ beta / 2, rtol=1e-12)
    # z = a^2 obeys z' = -2 s z - 2 z^2, a logistic equation backwards.
    s, z = np.linalg.norm(beta), w @ w
    decay = np.exp(-2 * s * np.array([0, 1, 9]))
    np.testing.assert_allclose(got.gram[:3, -1, -1], z * decay / (1 + z / s * (1 - decay)), 1e-12)


def test_balance_is_conserved_and_the_angle_is_that_of_the_weights(x64):
    a, w, beta = drawn("any", np.random.default_rng(3))
    state = unit(*(jnp.asarray(v) for v in (a, w, beta, np.linspace(0, 9, 6))))
    np.testing.assert_allclose(state.readout**2 - state.norm**2, a**2 - w @ w, atol=1e-13)
    cosine = state.weights @ beta / state.norm / np.linalg.norm(beta)
    np.testing.assert_allclose(jnp.cos(state.angle), cosine, atol=1e-13)


@jax.jit
def total(a, w, beta, times):
    got = single_unit_trajectory(a, w, beta, times)
    return jnp.sum(got.loss) + jnp.sum(got.gram * jnp.arange(6.0)[:, None, None])


gradient = jax.jit(jax.grad(total, argnums=(0, 1, 2, 3)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["any", "balanced", "no readout", "upstream"])
def test_gradient_is_the_finite_difference(x64, kind):
    a, w, beta = drawn(kind, np.random.default_rng(5))
    times = np.array([0.0, 0.1, 0.5, 1.0, 2.0, 4.0])
    args = tuple(jnp.asarray(v) for v in (a, w, beta, times))

    rng = np.random.default_rng(0)
    for i, slope in enumerate(gradient(*args)):
        by = jnp.asarray(rng.uniform(0.5, 1, args[i].shape))
        by = by.at[0].set(0.0) if i == 3 else by
        ends = [total(*args[:i], args[i] + e * by, *args[i + 1 :]) for e in (-1e-5, 1e-5)]
        # Of second order in 1e-5, and 1e-15 of rounding over 2e-5.
        np.testing.assert_allclose(jnp.sum(slope * by), (ends[1] - ends[0]) / 2e-5, rtol=1e-6)


def test_gradients_are_finite_late(x64):
    a, w, beta = (jnp.asarray(v) for v in drawn("any", np.random.default_rng(5)))
    times = jnp.array([0.0, 1.0, 10.0, 1e2, 1e3, 1e4])
    assert all(np.isfinite(np.asarray(g)).all() for g in gradient(a, w, beta, times))


def test_float32_and_vmap(x64):
    a, w, beta = (v.astype("f") for v in map(np.asarray, drawn("small", np.random.default_rng(5))))
    times = np.array([0.0, 0.5, 2.0, 8.0, 100.0, 1e4])
    many = jax.vmap(lambda s: unit(s * a, s * w, jnp.asarray(beta), jnp.asarray(times, "f")))
    low = many(jnp.array([1.0, 3.0], "f"))
    assert low.weights.dtype == jnp.float32
    for i, s in enumerate((1.0, 3.0)):
        high = unit(*(jnp.asarray(v, "d") for v in (s * a, s * w, beta, times)))
        # Rounding of 6e-8 of the start and of the exponent, up to 10, before all is learned.
        np.testing.assert_allclose(low.weights[i], high.weights, atol=1e-5)
        np.testing.assert_allclose(low.readout[i], high.readout, atol=1e-5)


def test_bad_input_is_refused(no_shape_checks):
    one, two = jnp.ones(1), jnp.ones(2)
    with pytest.raises(ValueError, match=r"beta has shape \(1,\); allowed is \(2,\)"):
        single_unit_weights(1.0, two, one, one)
    with pytest.raises(ValueError, match=r"the start \(a and w\) is zero"):
        single_unit_trajectory(0.0, 0 * two, two, one)
