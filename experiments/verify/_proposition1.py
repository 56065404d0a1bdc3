"""Proposition 1: starts of low rank that are aligned with their task."""

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
from ._row import Row, exact_row

RATIOS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
QUICK_RATIOS = (0.0, 1.0, 2.0)
RANK = 5
# Every run must agree, so a few are enough.
RUNS = 100


def check_proposition_1(key: Any, runs: int, quick: bool) -> Iterator[Row]:
    """Rank one at each ratio of c to w squared, then the best start of higher rank."""
    runs = min(runs, RUNS)
    for i, ratio in enumerate(QUICK_RATIOS if quick else RATIOS):
        c = ratio * SIGMA**2
        learned = learn_many(aligned_problem, jax.random.fold_in(key, i), runs, c, SIGMA)
        yield exact_row(
            theory.aligned_kernel_alignment(c, readout_norm=SIGMA, d=N_INPUTS),
            learned.alignment,
            name=f"proposition-1-ratio-{ratio:g}",
            statement="Proposition 1",
            setting=f"rank 1, c = {ratio:g} w^2",
            quantity="KA of every run",
            worst_loss=float(learned.loss.max()),
            place=ratio,
        )
    learned = learn_many(aligned_rank_problem, jax.random.fold_in(key, 100), runs, SIGMA**2)
    yield exact_row(
        theory.aligned_kernel_alignment(SIGMA**2, readout_norm=0.0, d=N_INPUTS, rank=RANK),
        learned.alignment,
        name="proposition-1-rank",
        statement="Proposition 1, rank r",
        setting=f"rank {RANK}, no readout",
        quantity="KA of every run",
        worst_loss=float(learned.loss.max()),
    )


def aligned_problem(key: Any, c: Any, readout_norm: Any) -> Problem:
    """A rank-one start along the task, and a readout of chosen norm."""
    return _problem(key, c, readout_norm, rank=1)


def aligned_rank_problem(key: Any, c: Any) -> Problem:
    """The best start of rank `RANK` for its task, without a readout."""
    return _problem(key, c, 0.0, rank=RANK)


def _problem(key: Any, c: Any, readout_norm: Any, rank: int) -> Problem:
    keys = jax.random.split(key, 4)
    beta = theory.uniform_tasks(keys[0], 1, d=N_INPUTS)[0]
    w1 = rj.aligned_weights(keys[1], beta, N_HIDDEN, c, rank)
    w2 = readout_of_norm(keys[2], N_HIDDEN, jnp.asarray(readout_norm))
    return white_problem(keys[3], w1, w2, beta)
