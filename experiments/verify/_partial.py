"""Partial alignment: starts that point along the stronger half of a task's features."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

import richlazy_jax as rj
import theory

from ._learning import N_HIDDEN, N_INPUTS, SIGMA, Problem, learn_many, white_problem
from ._row import Row, mean_row

KAPPAS = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
QUICK_KAPPAS = (1.0, 3.0)


def check_partial_alignment(key: Any, runs: int, quick: bool) -> Iterator[Row]:
    """Random teachers over features of two strengths, at each ratio of the strengths."""
    for i, kappa in enumerate(QUICK_KAPPAS if quick else KAPPAS):
        rho = theory.expected_feature_overlap(kappa, N_INPUTS)
        learned = learn_many(
            partially_aligned_problem, jax.random.fold_in(key, i), runs, jnp.asarray(kappa)
        )
        yield mean_row(
            theory.partial_alignment(rho, SIGMA**2, 0.0, N_INPUTS),
            learned.alignment,
            name=f"partial-kappa-{kappa:g}",
            statement="Partial alignment",
            setting=f"rank 1, kappa {kappa:g}, no readout",
            quantity="mean KA",
            worst_loss=float(learned.loss.max()),
            place=kappa,
        )


def partially_aligned_problem(key: Any, kappa: Any) -> Problem:
    """Features with two levels of strength; the start follows the stronger half of the task."""
    keys = jax.random.split(key, 5)
    beta, near = task_of_features(keys[:3], kappa)
    w1 = rj.aligned_weights(keys[3], near, N_HIDDEN, SIGMA**2)
    return white_problem(keys[4], w1, jnp.zeros((1, N_HIDDEN)), beta)


def task_of_features(keys: Any, kappa: Any) -> tuple[Array, Array]:
    r"""A task $F^\top w$ of length 1, and the direction $F_{[d/2]}^\top w$ of its stronger half.

    Args:
        keys: three random keys, for both sides of F and for w.
        kappa: the upper half of F's singular values, the others being 1.
    """
    left = rj.haar_orthonormal(keys[0], N_INPUTS, N_INPUTS)
    right = rj.haar_orthonormal(keys[1], N_INPUTS, N_INPUTS)
    strong = jnp.arange(N_INPUTS) < N_INPUTS // 2
    along_features = jnp.where(strong, kappa, 1.0) * (
        jax.random.normal(keys[2], (N_INPUTS,)) @ left
    )
    beta = right @ along_features
    return beta / jnp.linalg.norm(beta), right @ jnp.where(strong, along_features, 0.0)
