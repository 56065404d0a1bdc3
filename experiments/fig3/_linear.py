"""Panel B: linear students of a linear teacher whose task is made of strong and weak features."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import richlazy_jax as rj
import theory

from ..verify._learning import (
    N_HIDDEN,
    N_INPUTS,
    SIGMA,
    Problem,
    learn_many,
    readout_of_norm,
    white_problem,
)
from ..verify._partial import task_of_features

KAPPAS = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
STARTS = ("random", "partially aligned", "aligned")


def linear_alignment(
    kappas: Sequence[float] = KAPPAS, runs: int = 1000, random_seed: int = 0
) -> xr.Dataset:
    r"""Train students from each kind of start on tasks of each ratio of feature strengths.

    The task is $\beta = F^\top w$ with w isotropic and F of random singular vectors, the upper half
    of its singular values $\kappa$ and the others 1. A start has rank one and
    $W_1^\top W_1 = c\, b' b'^\top$ with $c = \lVert w_2 \rVert^2$: $b'$ is random, along $\beta$
    for the aligned start, or along $F_{[d/2]}^\top w$ for the partially aligned one.

    Args:
        kappas: the ratios, each at least 1.
        runs: networks for each start and ratio, each with a task of its own.
        random_seed: all randomness follows from it.

    Returns:
        `kernel_alignment` and `loss` (left, as a share of that of a network that says 0), each
        (start, kappa, run).

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, figure 3 B.
    """
    if not kappas or min(kappas) < 1:
        raise ValueError(f"kappas is {tuple(kappas)}; allowed are numbers of at least 1.")
    if runs < 2:
        raise ValueError(f"runs is {runs}; allowed are whole numbers from 2.")
    key = jax.random.key(random_seed)
    found = [
        [
            learn_many(
                feature_problem,
                jax.random.fold_in(jax.random.fold_in(key, i), j),
                runs,
                jnp.asarray(kappa, float),
                jnp.eye(len(STARTS))[i],
            )
            for j, kappa in enumerate(kappas)
        ]
        for i in range(len(STARTS))
    ]
    dims = ("start", "kappa", "run")
    return xr.Dataset(
        {
            "kernel_alignment": (dims, np.array([[f.alignment for f in row] for row in found])),
            "loss": (dims, np.array([[f.loss for f in row] for row in found])),
        },
        coords={"start": list(STARTS), "kappa": list(kappas)},
        attrs=linear_record(kappas, runs, random_seed),
    )


def linear_record(kappas: Sequence[float], runs: int, random_seed: int) -> dict[str, Any]:
    """All that decides the numbers of `linear_alignment`."""
    return {
        "kappas": list(kappas),
        "runs": runs,
        "random_seed": random_seed,
        "d": N_INPUTS,
        "h": N_HIDDEN,
        "sigma": SIGMA,
    }


def predicted_alignment(start: str, kappa: float) -> float:
    """What theory expects of `linear_alignment`, as the scale of the start goes to 0.

    Source: Theorem 1 for the random start, Proposition 1 for the aligned one, and for the partially
    aligned one `theory.partial_alignment` at the mean of the overlap.
    """
    if start == "random":
        spectrum = jnp.array([SIGMA])
        return float(theory.expected_kernel_alignment(spectrum, d=N_INPUTS, readout_norm=SIGMA))
    if start == "aligned":
        return float(theory.aligned_kernel_alignment(SIGMA**2, readout_norm=SIGMA, d=N_INPUTS))
    rho = theory.expected_feature_overlap(kappa, d=N_INPUTS)
    return float(theory.partial_alignment(rho, c=SIGMA**2, readout_norm=SIGMA, d=N_INPUTS))


def feature_problem(key: Any, kappa: Any, start: Any) -> Problem:
    """A task of strong and weak features, and a start, 1 at its place in `STARTS` and else 0."""
    keys = jax.random.split(key, 7)
    beta, near = task_of_features(keys[:3], kappa)
    choices = jnp.stack([jax.random.normal(keys[3], (N_INPUTS,)), near, beta])
    towards = jnp.matmul(start, choices, precision=jax.lax.Precision.HIGHEST)
    w1 = rj.aligned_weights(keys[4], towards, N_HIDDEN, SIGMA**2)
    w2 = readout_of_norm(keys[5], N_HIDDEN, jnp.asarray(SIGMA))
    return white_problem(keys[6], w1, w2, beta)
