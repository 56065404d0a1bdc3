"""Lemma 2 and Theorem 1: the alignment to expect over tasks, and its spread."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp

import richlazy_jax as rj
import theory

from ..kinds.linear import (
    N_HIDDEN,
    N_INPUTS,
    SIGMA,
    Problem,
    learn_many,
    readout_of_norm,
    white_problem,
)
from ._row import Row, mean_row, variance_row
from ._task_control import task_control, uniform_draw

RANKS = (1, 2, 3, 5, 8, 12, 16, 20)
QUICK_RANKS = (1, 5, 20)
SPREAD_RANKS = (1, 5)
KAPPA = 3.0


def check_theorem_1(key: Any, runs: int, quick: bool) -> Iterator[Row]:
    """Equal singular values of each rank, then any spectrum, then tasks that favour directions."""
    sizes = f"d = {N_INPUTS}, h = {N_HIDDEN}, sigma {SIGMA:g}"
    for rank in QUICK_RANKS if quick else RANKS:
        spectrum = rj.equal_singular_values(rank, N_INPUTS, SIGMA)
        own = jax.random.fold_in(key, rank)
        learned = learn_many(isotropic_problem, own, runs, spectrum, 0.0)
        control = task_control(jax.random.fold_in(own, 1), learned, uniform_draw)
        about: dict[str, Any] = {
            "setting": f"rank {rank}, {sizes}",
            "worst_loss": float(learned.loss.max()),
            "place": float(rank),
        }
        yield mean_row(
            theory.expected_kernel_alignment(spectrum, d=N_INPUTS),
            learned.alignment,
            control,
            name=f"theorem-1-rank-{rank}",
            statement="Theorem 1",
            quantity="mean KA",
            **about,
        )
        if rank in SPREAD_RANKS:
            yield variance_row(
                theory.kernel_alignment_variance(spectrum, d=N_INPUTS),
                learned.alignment,
                control,
                name=f"variance-rank-{rank}",
                statement="Spread over tasks",
                quantity="variance of KA",
                **about,
            )

    keys = jax.random.split(key, 6)
    spectrum = SIGMA * jnp.geomspace(1.0, 0.02, N_INPUTS)
    readout = 0.2 * SIGMA
    covariance = jnp.diag(theory.feature_task_spectrum(KAPPA, d=N_INPUTS))
    rank = 5
    gram = theory.optimal_initial_gram(covariance, rank=rank)
    # Its spectrum along the axes, in which the covariance is diagonal.
    root = SIGMA * jnp.sqrt(jnp.clip(jnp.diagonal(gram), 0))
    rows = (
        (
            isotropic_problem,
            (spectrum, readout),
            uniform_draw,
            theory.expected_kernel_alignment(spectrum, d=N_INPUTS, readout_norm=readout),
            ("theorem-1-spectrum", "Theorem 1", f"geometric spectrum, readout, {sizes}"),
        ),
        (
            favoured_problem,
            (spectrum, readout),
            favoured_draw,
            theory.expected_kernel_alignment(
                spectrum, d=N_INPUTS, readout_norm=readout, task_covariance=covariance
            ),
            (
                "lemma-2-covariance",
                "Lemma 2, tasks of covariance C",
                "half of the directions favoured",
            ),
        ),
        (
            favoured_problem,
            (root, 0.0),
            favoured_draw,
            theory.optimal_kernel_alignment(covariance, rank=rank),
            (
                "optimal-start",
                "Best start of a rank",
                f"rank {rank}, half of the directions favoured",
            ),
        ),
    )
    for k, (problem, settings, draw, predicted, (name, statement, setting)) in enumerate(rows):
        learned = learn_many(problem, keys[k], runs, *settings)
        yield mean_row(
            predicted,
            learned.alignment,
            task_control(keys[3 + k], learned, draw),
            name=name,
            statement=statement,
            setting=setting,
            quantity="mean KA",
            worst_loss=float(learned.loss.max()),
        )


def isotropic_problem(key: Any, spectrum: Any, readout_norm: Any) -> Problem:
    """A chosen spectrum, random singular vectors, a task of any direction."""
    keys = jax.random.split(key, 4)
    w1 = rj.weights_with_spectrum(keys[0], spectrum, N_HIDDEN, N_INPUTS)
    w2 = readout_of_norm(keys[1], N_HIDDEN, readout_norm)
    beta = theory.uniform_tasks(keys[2], 1, d=N_INPUTS)[0]
    return white_problem(keys[3], w1, w2, beta)


def favoured_problem(key: Any, spectrum: Any, readout_norm: Any) -> Problem:
    """A start along the axes, and tasks that favour the first half of them."""
    keys = jax.random.split(key, 4)
    w1 = rj.haar_orthonormal(keys[0], N_HIDDEN, N_INPUTS) * spectrum
    w2 = readout_of_norm(keys[1], N_HIDDEN, readout_norm)
    beta = favoured_draw(keys[2], 1)[0]
    return white_problem(keys[3], w1, w2, beta / jnp.linalg.norm(beta))


def favoured_draw(key: Any, n: int) -> Any:
    """Tasks that favour the first half of the axes."""
    strength = jnp.where(jnp.arange(N_INPUTS) < N_INPUTS // 2, KAPPA, 1.0)
    return strength * jax.random.normal(key, (n, N_INPUTS))
