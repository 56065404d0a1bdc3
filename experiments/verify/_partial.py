"""Partial alignment: starts that point along the stronger half of a task's features."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import richlazy_jax as rj
import theory

from ..kinds.linear import (
    N_HIDDEN,
    N_INPUTS,
    SIGMA,
    Learned,
    Problem,
    learn_many,
    white_problem,
)
from ..kinds.students import task_of_features
from ._row import Control, Row, mean_row
from ._task_control import CONTROL_TASKS

KAPPAS = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
QUICK_KAPPAS = (1.0, 3.0)


def check_partial_alignment(key: Any, runs: int, quick: bool) -> Iterator[Row]:
    """Random teachers over features of two strengths, at each ratio of the strengths."""
    for i, kappa in enumerate(QUICK_KAPPAS if quick else KAPPAS):
        rho = theory.expected_feature_overlap(kappa, d=N_INPUTS)
        learned = learn_many(
            partially_aligned_problem, jax.random.fold_in(key, i), runs, jnp.asarray(kappa)
        )
        yield mean_row(
            theory.partial_alignment(rho, c=SIGMA**2, readout_norm=0.0, d=N_INPUTS),
            learned.alignment,
            _overlap_control(jax.random.fold_in(key, 100 + i), learned, kappa),
            name=f"partial-kappa-{kappa:g}",
            statement="Partial alignment",
            setting=f"rank 1, kappa {kappa:g}, no readout",
            quantity="mean KA",
            worst_loss=float(learned.loss.max()),
            place=kappa,
        )


def _overlap_control(key: Any, learned: Learned, kappa: float) -> Control:
    """The closed form at the overlap of each network's start and task, and at those of others."""
    of = jax.vmap(lambda m, b: theory.task_kernel_alignment(m, b))
    own = of(jnp.asarray(learned.facts["factor"]), jnp.asarray(learned.facts["beta"]))
    squares = jax.random.normal(key, (len(own), CONTROL_TASKS, N_INPUTS)) ** 2
    half = N_INPUTS // 2
    strong, weak = kappa**2 * squares[..., :half].sum(-1), squares[..., half:].sum(-1)
    others = jax.vmap(
        lambda rho: theory.partial_alignment(rho, c=SIGMA**2, readout_norm=0.0, d=N_INPUTS)
    )((strong / (strong + weak)).ravel())
    return Control(np.asarray(own, float), np.asarray(others, float).reshape(strong.shape))


def partially_aligned_problem(key: Any, kappa: Any) -> Problem:
    """Features with two levels of strength; the start follows the stronger half of the task."""
    keys = jax.random.split(key, 5)
    beta, near = task_of_features(keys[:3], kappa)
    w1 = rj.aligned_weights(keys[3], near, N_HIDDEN, SIGMA**2)
    return white_problem(keys[4], w1, jnp.zeros((1, N_HIDDEN)), beta)
