"""Panel B: linear students of a linear teacher whose task is made of strong and weak features."""

import dataclasses
import zlib
from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from jaxtyping import Array

import richlazy_jax as rj
import theory
from richlazy_jax.studies import Wanted

from ...engine import (
    USUAL,
    Cost,
    Experiment,
    How,
    Training,
    attributes,
    checked,
    choice,
    field,
    number,
    record_of,
    whole,
)
from ..linear import (
    N_HIDDEN,
    N_INPUTS,
    SIGMA,
    STEPS,
    Problem,
    learn_many,
    readout_of_norm,
    white_problem,
)

KAPPAS = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
STARTS = ("random", "partially aligned", "aligned")


@dataclasses.dataclass(frozen=True)
class LinearStudents(Experiment):
    r"""Linear students of one kind of start on tasks of one ratio of feature strengths.

    The task is $\beta = F^\top w$ with w isotropic and F of random singular vectors, the upper half
    of its singular values $\kappa$ and the others 1. A start has rank one and
    $W_1^\top W_1 = c\, b' b'^\top$ with $c = \lVert w_2 \rVert^2$: $b'$ is random, along $\beta$
    for the aligned start, or along $F_{[d/2]}^\top w$ for the partially aligned one.

    Args:
        aligned: the kind of start, one of `STARTS`.
        kappa: the ratio, at least 1.
        seeds: networks, each with a task of its own.
        random_seed: all randomness follows from it.

    Raises:
        FieldError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, figure 3 B.
    """

    KIND: ClassVar[str] = "linear students"

    aligned: str = field("random", choice(STARTS), "The kind of start.")
    kappa: float = field(1.0, number("numbers from 1", lambda x: x >= 1), "Ratio of strengths.")
    seeds: int = field(1000, whole(least=2), "Networks.", axis=False, identity=False)
    random_seed: int = field(0, whole(least=0, most=2**32 - 1), "All randomness follows from it.")

    def __post_init__(self):
        checked(self)

    def record(self) -> dict[str, Any]:
        """All that decides the numbers of a seed, as plain data."""
        parts = {"task": "features", "start": {"kind": self.aligned}}
        sizes = {"n_inputs": N_INPUTS, "n_hidden": N_HIDDEN, "sigma": SIGMA}
        return record_of(self, parts) | sizes

    def wanted(self) -> Wanted:
        """The record, and what a finished cell must hold."""
        return Wanted(self.record(), ("kernel_alignment", "loss"), {"seed": range(self.seeds)})

    def run(self, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
        """Train and measure its networks.

        Returns:
            `kernel_alignment` and `loss` (left, as a share of that of a network that says 0), each
            (seed,).
        """
        i, j = STARTS.index(self.aligned), _place(self.kappa)
        key = jax.random.fold_in(jax.random.fold_in(jax.random.key(self.random_seed), i), j)
        learned = learn_many(
            feature_problem,
            key,
            self.seeds,
            jnp.asarray(self.kappa, float),
            jnp.eye(len(STARTS))[i],
            batch_runs=how.batch_runs,
            first_run=first_seed,
        )
        return xr.Dataset(
            {
                "kernel_alignment": ("seed", np.asarray(learned.alignment)),
                "loss": ("seed", np.asarray(learned.loss)),
            },
            coords={
                "start": self.aligned,
                "kappa": self.kappa,
                "seed": range(first_seed, first_seed + self.seeds),
            },
            attrs=attributes(self.record()) | {"seeds": self.seeds},
        )

    def cost(self) -> Cost:
        """How much work and memory it takes: weights at start and end, and both kernels."""
        held = 4 * (2 * N_HIDDEN * (N_INPUTS + 1) + 3 * N_INPUTS**2)
        return Cost(self.seeds * STEPS, self.seeds * held, 4 * N_INPUTS**2)

    def training(self) -> Training:
        """What one of its networks is trained with."""
        network, inputs = rj.mlp((N_INPUTS, N_HIDDEN, 1)), jnp.eye(N_INPUTS)
        loss = rj.half_squared_error(network.apply)
        return Training(network, loss, optax.sgd(0.1), rj.full_batch(inputs, inputs[:, :1]))


def linear_side_by_side(found: Sequence[tuple[LinearStudents, xr.Dataset]]) -> xr.Dataset:
    """Cells as one dataset of start, kappa and seed."""
    rows = {start: [d for of, d in found if of.aligned == start] for start in STARTS}
    datasets = [xr.concat(row, "kappa", join="exact") for row in rows.values() if row]
    return xr.concat(datasets, "start", join="exact")


def _place(kappa: float) -> int:
    """What tells the keys of one ratio from those of another."""
    return KAPPAS.index(kappa) if kappa in KAPPAS else zlib.crc32(repr(kappa).encode()) >> 1


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
        jnp.matmul(jax.random.normal(keys[2], (N_INPUTS,)), left, precision="highest")
    )
    beta, near = (
        jnp.matmul(right, along, precision="highest")
        for along in (along_features, jnp.where(strong, along_features, 0.0))
    )
    return beta / jnp.linalg.norm(beta), near
