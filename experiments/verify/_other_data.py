"""Data that are not white: closed for one task, numerical over tasks."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp

import richlazy_jax as rj
import theory

from ..kinds.linear import N_HIDDEN, N_INPUTS, SIGMA, Problem, extrapolated, white_inputs
from ._row import Row, exact_row, mean_row

RANK = 5
TASKS = 20_000


def check_other_data(key: Any, runs: int, quick: bool) -> Iterator[Row]:
    """Each run against the closed form of its task; the mean against a mean over drawn tasks."""
    keys = jax.random.split(key, 2)
    scales = jnp.linspace(0.7, 1.5, N_INPUTS)
    learned = extrapolated(scaled_problem, keys[0], runs, scales)
    each = jax.vmap(
        lambda m, b: theory.task_kernel_alignment(m, b, data_covariance=jnp.diag(scales**2))
    )(learned.facts["factor"], learned.facts["beta"])
    about: dict[str, Any] = {
        "setting": f"rank {RANK}, input scales 0.7 to 1.5",
        "numerical": "step to 0",
        "worst_loss": float(learned.loss.max()),
    }
    yield exact_row(
        each,
        learned.alignment,
        name="other-data-task",
        statement="Lemma 2, one task, other data",
        quantity="KA of every run",
        **about,
    )
    tasks = theory.uniform_tasks(keys[1], TASKS, d=N_INPUTS)
    # Drawn starts, each with its share of the drawn tasks.
    factors = jnp.asarray(learned.facts["factor"])
    share = max(2, TASKS // len(factors))
    picks = tasks[: share * (TASKS // share)].reshape(-1, share, N_INPUTS)
    means = jax.vmap(
        lambda m, t: (
            theory.numerical_expected_kernel_alignment(
                m, t, data_covariance=jnp.diag(scales**2)
            ).mean
        )
    )(factors[: len(picks)], picks[: len(factors)])
    yield mean_row(
        means,
        learned.alignment[: len(means)],
        name="other-data-numerical",
        statement="Lemma 2, other data",
        quantity="mean KA",
        **{**about, "numerical": "mean over drawn tasks, step to 0"},
    )


def scaled_problem(key: Any, scales: Any) -> Problem:
    """Orthonormal inputs stretched along the axes."""
    keys = jax.random.split(key, 3)
    spectrum = rj.equal_singular_values(RANK, N_INPUTS, SIGMA)
    w1 = rj.weights_with_spectrum(keys[0], spectrum, N_HIDDEN, N_INPUTS)
    w2 = jnp.zeros((1, N_HIDDEN))
    beta = theory.uniform_tasks(keys[1], 1, d=N_INPUTS)[0]
    x = white_inputs(keys[2]) * scales
    facts = {"factor": theory.kernel_factor(w1, w2), "beta": beta}
    return Problem([w1, w2], x, jnp.matmul(x, beta[:, None], precision="highest"), facts)
