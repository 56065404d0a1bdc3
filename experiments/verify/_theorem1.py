"""Lemma 2 and Theorem 1: the alignment to expect over tasks, and its spread."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp

import richlazy_jax as rj
import theory

from ._learning import (
    N_HIDDEN,
    N_INPUTS,
    SIGMA,
    Problem,
    learn_many,
    readout_of_norm,
    white_problem,
)
from ._row import Row, mean_row, variance_row

RANKS = (1, 2, 3, 5, 8, 12, 16, 20)
QUICK_RANKS = (1, 5, 20)
SPREAD_RANKS = (1, 5)
KAPPA = 3.0


def check_theorem_1(key: Any, runs: int, quick: bool) -> Iterator[Row]:
    """Equal singular values of each rank, then any spectrum, then tasks that favour directions."""
    sizes = f"d = {N_INPUTS}, h = {N_HIDDEN}, sigma {SIGMA:g}"
    for rank in QUICK_RANKS if quick else RANKS:
        spectrum = rj.equal_singular_values(rank, N_INPUTS, SIGMA)
        learned = learn_many(isotropic_problem, jax.random.fold_in(key, rank), runs, spectrum, 0.0)
        about: dict[str, Any] = {
            "setting": f"rank {rank}, {sizes}",
            "worst_loss": float(learned.loss.max()),
            "place": float(rank),
        }
        yield mean_row(
            theory.expected_kernel_alignment(spectrum, N_INPUTS),
            learned.alignment,
            name=f"theorem-1-rank-{rank}",
            statement="Theorem 1",
            quantity="mean KA",
            **about,
        )
        if rank in SPREAD_RANKS:
            yield variance_row(
                theory.kernel_alignment_variance(spectrum, N_INPUTS),
                learned.alignment,
                name=f"variance-rank-{rank}",
                statement="Spread over tasks",
                quantity="variance of KA",
                **about,
            )

    keys = jax.random.split(key, 3)
    spectrum = SIGMA * jnp.geomspace(1.0, 0.02, N_INPUTS)
    readout = 0.2 * SIGMA
    learned = learn_many(isotropic_problem, keys[0], runs, spectrum, readout)
    yield mean_row(
        theory.expected_kernel_alignment(spectrum, N_INPUTS, readout_norm=readout),
        learned.alignment,
        name="theorem-1-spectrum",
        statement="Theorem 1",
        setting=f"geometric spectrum, readout, {sizes}",
        quantity="mean KA",
        worst_loss=float(learned.loss.max()),
    )

    covariance = jnp.diag(theory.feature_task_spectrum(KAPPA, N_INPUTS))
    learned = learn_many(favoured_problem, keys[1], runs, spectrum, readout)
    yield mean_row(
        theory.expected_kernel_alignment(
            spectrum, N_INPUTS, readout_norm=readout, task_covariance=covariance
        ),
        learned.alignment,
        name="lemma-2-covariance",
        statement="Lemma 2, tasks of covariance C",
        setting="half of the directions favoured",
        quantity="mean KA",
        worst_loss=float(learned.loss.max()),
    )

    rank = 5
    gram = theory.optimal_initial_gram(covariance, rank)
    # Its spectrum along the axes, in which the covariance is diagonal.
    root = SIGMA * jnp.sqrt(jnp.clip(jnp.diagonal(gram), 0))
    learned = learn_many(favoured_problem, keys[2], runs, root, 0.0)
    yield mean_row(
        theory.optimal_kernel_alignment(covariance, rank),
        learned.alignment,
        name="optimal-start",
        statement="Best start of a rank",
        setting=f"rank {rank}, half of the directions favoured",
        quantity="mean KA",
        worst_loss=float(learned.loss.max()),
    )


def isotropic_problem(key: Any, spectrum: Any, readout_norm: Any) -> Problem:
    """A chosen spectrum, random singular vectors, a task of any direction."""
    keys = jax.random.split(key, 4)
    w1 = rj.weights_with_spectrum(keys[0], spectrum, N_HIDDEN, N_INPUTS)
    w2 = readout_of_norm(keys[1], N_HIDDEN, readout_norm)
    beta = theory.uniform_tasks(keys[2], 1, N_INPUTS)[0]
    return white_problem(keys[3], w1, w2, beta)


def favoured_problem(key: Any, spectrum: Any, readout_norm: Any) -> Problem:
    """A start along the axes, and tasks that favour the first half of them."""
    keys = jax.random.split(key, 4)
    w1 = rj.haar_orthonormal(keys[0], N_HIDDEN, N_INPUTS) * spectrum
    w2 = readout_of_norm(keys[1], N_HIDDEN, readout_norm)
    strength = jnp.where(jnp.arange(N_INPUTS) < N_INPUTS // 2, KAPPA, 1.0)
    beta = strength * jax.random.normal(keys[2], (N_INPUTS,))
    beta = beta / jnp.linalg.norm(beta)
    return white_problem(keys[3], w1, w2, beta)
