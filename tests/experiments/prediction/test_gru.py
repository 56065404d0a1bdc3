"""The study of GRUs: a small cell beside a GRU written out in NumPy and plain Jacobians."""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj
from experiments.engine import USUAL
from experiments.kinds.gru import GruForecastSetting, gru_apply, gru_params
from experiments.kinds.recurrent import LowRank, held_keys, initial_params, seed_keys

SMALL: dict[str, Any] = {
    "n_hidden": 6,
    "iterations": 20,
    "seeds": 2,
    "kernel_trials": 4,
    "activity_trials": 8,
    "forecast_trials": 10,
    "forecast_kernel_trials": 5,
    "forecast_steps": 6,
    "measure_at": (10,),
}


def setting(**changed):
    return GruForecastSetting(starts=(LowRank(2),), **SMALL | changed)


def by_loops(params, x):
    """Outputs at all steps of one trial, as the equations of the setting have them."""
    sigma = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    (w_r, w_z, w_n), (u_r, u_z, u_n) = params["input"], params["recurrent"]
    h, outputs = np.zeros(len(u_r)), []
    for x_t in x:
        r, z = sigma(w_r @ x_t + u_r @ h), sigma(w_z @ x_t + u_z @ h)
        n = np.tanh(w_n @ x_t + r * (u_n @ h))
        h = (1 - z) * n + z * h
        outputs.append(params["readout"] @ h)
    return np.array(outputs)


def one(tree, at):
    return jax.tree.map(lambda leaf: leaf[at], tree)


def test_outputs_are_those_of_the_equations():
    params = one(gru_params(setting()), 1)
    x = jax.random.normal(jax.random.key(3), (3, 7, params["input"].shape[-1]))
    exact = {name: np.asarray(leaf, float) for name, leaf in params.items()}
    right = [by_loops(exact, trial) for trial in np.asarray(x, float)]
    np.testing.assert_allclose(gru_apply(params, x), right, rtol=2e-5, atol=2e-6)


def test_gates_have_weights_of_seeds_of_their_own():
    params = gru_params(setting(), 1)
    seeds = dataclasses.replace(setting(), seeds=12)
    vanilla = jax.tree.map(lambda leaf: leaf[0], initial_params(seeds))
    for network in range(2):
        of_gates = slice(3 * (network + 1), 3 * (network + 2))
        for name in ("input", "recurrent"):
            np.testing.assert_array_equal(params[name][network], vanilla[name][of_gates])
        np.testing.assert_array_equal(params["readout"][network], vanilla["readout"][of_gates][0])


@pytest.mark.slow
def test_a_cell_is_descent_training_and_kernels_by_hand():
    of = setting()
    found = of.run(0, USUAL)
    assert set(of.wanted().variables) <= set(found.data_vars)
    params, task = one(gru_params(of), 1), of.made_task()
    of_descent, of_kernel = jax.random.split(jax.random.fold_in(seed_keys(of)[1], 3))
    trials, held = task.sample(of_descent, 10), task.sample(of_kernel, 5)

    def loss(params):
        return rj.sequence_cross_entropy(gru_apply(params, trials.inputs), trials)

    def kernel(params):
        def at_decision(weights):
            return gru_apply({**params, "recurrent": weights}, held.inputs)[:, task.decision_step]

        rows = jax.jacrev(at_decision)(params["recurrent"])
        rows = np.asarray(rows, float).reshape(rows.shape[0] * rows.shape[1], -1)
        return rows @ rows.T

    descend = functools.partial(rj.descend, loss, steps=6, horizon=0.003 * 20 / 0.1)
    end = jax.jit(descend)(params)
    first, last = kernel(params), kernel(end.params)
    right = np.sum(first * last) / (np.linalg.norm(first) * np.linalg.norm(last))
    np.testing.assert_allclose(found["forecast"][1], right, rtol=1e-4)
    error = jax.grad(lambda y: rj.sequence_cross_entropy(y, held))(gru_apply(params, held.inputs))
    along = np.asarray(error[:, task.decision_step], float).ravel()
    met = along @ first @ along / (along @ along * np.trace(first))
    np.testing.assert_allclose(found["error_alignment"][1], met, rtol=1e-4)
    # The outcome: gradient descent with momentum, written out, on the batches of the seed.
    key, step = jax.random.fold_in(seed_keys(of)[1], 1), jax.jit(jax.grad(batch_loss(task)))
    at, velocity = params, jax.tree.map(jnp.zeros_like, params)
    for update in range(20):
        gradient = step(at, jax.random.fold_in(key, update))
        velocity = jax.tree.map(lambda v, g: 0.9 * v + g, velocity, gradient)
        at = jax.tree.map(lambda p, v: p - 0.003 * v, at, velocity)
    held = of.held_trials(held_keys(of)[0], 4)
    first, last = kernel(params), kernel(at)
    right = np.sum(first * last) / (np.linalg.norm(first) * np.linalg.norm(last))
    np.testing.assert_allclose(found["kernel_alignment"][1], right, rtol=1e-4)
    assert right < 0.9999


def batch_loss(task):
    def loss(params, key):
        trials = task.sample(key, 32)
        return rj.sequence_cross_entropy(gru_apply(params, trials.inputs), trials)

    return loss


def test_seeds_are_the_same_in_any_company():
    both, second = gru_params(setting()), gru_params(setting(seeds=1), 1)
    for name, leaf in second.items():
        np.testing.assert_array_equal(leaf[0], both[name][1])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("activation", "tanh"),
        ("leak", 0.5),
        ("biases", True),
        ("noise", 0.1),
        ("kernel_weights", "all"),
        ("keep", "zeros"),
        ("measures", ("weight_change",)),
    ],
)
def test_what_a_gru_has_not_is_refused_by_its_name(name, value):
    with pytest.raises(ValueError, match=name):
        setting(**{name: value})


def test_it_can_be_differentiated_through_zeros():
    """A network of zeros has outputs of 0 and finite gradients."""
    params = jax.tree.map(jnp.zeros_like, one(gru_params(setting()), 0))
    x = jnp.ones((2, 3, params["input"].shape[-1]))
    value, gradient = jax.value_and_grad(lambda p: gru_apply(p, x).sum())(params)
    assert value == 0
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))
