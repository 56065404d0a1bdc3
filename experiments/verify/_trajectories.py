"""Learning over time: exact and numerical trajectories beside gradient descent."""

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

import richlazy_jax as rj
from theory import dynamics

from ..kinds.linear import white_inputs
from ._curves import in_float64, learned_curves, predictions
from ._row import Row, curve_row

N_INPUTS, N_HIDDEN, N_OUTPUTS, N_DATA = 10, 3, 3, 15
# Small, so that learning is rich.
SCALE = 0.15
END = 8.0
# Predictions for each measurement, for a smooth line.
FINER = 4
# One network each; a curve says more than a mean.
NETWORKS, QUICK_NETWORKS = 20, 4
# The first of them, which two compilations serve.
QUICK_CASES = 5
# Ten times what was seen of the numerical error of networks in float32.
TOLERANCE = 1e-3
STEP_TO_0 = "step to 0"


class Start(NamedTuple):
    """A start and its task.

    - `w1`, `w2`: the weights.
    - `teacher`: the targets are `x @ teacher.T`.
    - `x`: the data.
    """

    w1: Array
    w2: Array
    teacher: Array
    x: Array


class Case(NamedTuple):
    """A kind of start and the theory of its learning.

    - `name`, `statement`, `setting`: as in `Row`.
    - `draw`: the start, of a key.
    - `predict`: its trajectory at given times.
    - `numerical`: how, where it is no closed form.
    """

    name: str
    statement: str
    setting: str
    draw: Callable[[Any], Start]
    predict: Callable[[Start, Array], dynamics.Trajectory]
    numerical: str = ""


@in_float64
def check_trajectories(key: Any, runs: int, quick: bool) -> Iterator[Row]:
    """Kernel alignment and loss at 31 times of learning, of gradient descent at step 0."""
    for i, case in enumerate(CASES[:QUICK_CASES] if quick else CASES):
        networks = min(runs, QUICK_NETWORKS if quick else NETWORKS)
        keys = jax.random.split(jax.random.fold_in(key, i), networks)
        starts = [case.draw(k) for k in keys]
        stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts)
        y = jnp.einsum("rmd,rkd->rmk", stacked.x, stacked.teacher, precision="highest")
        seen = learned_curves(stacked.w1, stacked.w2, stacked.x, y, END)
        times = np.linspace(0, END, FINER * (len(seen.times) - 1) + 1)
        predict = functools.partial(_predicted, case)
        predicted, *shifted = predictions(predict, starts, times)
        for k, (quantity, name, measured) in enumerate(
            (
                ("1 - KA(t)", "alignment", seen.departure),
                ("loss(t), share of the first", "loss", seen.loss),
            )
        ):
            yield curve_row(
                predicted[k],
                measured,
                [other[k] for other in shifted],
                times=times,
                tolerance=TOLERANCE,
                finer=FINER,
                name=f"trajectory-{case.name}-{name}",
                statement=case.statement,
                setting=case.setting,
                quantity=quantity,
                numerical=f"{case.numerical}{', ' if case.numerical else ''}{STEP_TO_0}",
            )


def _predicted(case: Case, start: Start, times: Any, factor: float) -> tuple[Any, Any]:
    """1 less the kernel alignment, and the loss as a share of the first, for scaled weights."""
    scaled = start._replace(w1=factor * start.w1, w2=factor * start.w2)
    said = case.predict(scaled, jnp.asarray(times, start.x.dtype))
    # In float64, where 1 less a number near 1 keeps the digits that are there.
    alignment, loss = (np.asarray(v, np.float64) for v in (said.kernel_alignment, said.loss))
    return 1 - alignment, loss / loss[0]


def task_of_length(key: Any, outputs: int) -> tuple[Array, Array]:
    """A teacher with singular values of 1.4 to 0.7 and white inputs."""
    keys = jax.random.split(key, 3)
    left = rj.haar_orthonormal(keys[0], outputs, outputs)
    right = rj.haar_orthonormal(keys[1], N_INPUTS, outputs)
    teacher = (left * jnp.linspace(1.4, 0.7, outputs)) @ right.T
    return teacher, white_inputs(keys[2], N_INPUTS)


def balanced_start(key: Any, lam: float) -> Start:
    """A lambda-balanced start."""
    keys = jax.random.split(key)
    w1, w2 = dynamics.lambda_balanced_weights(
        keys[0], d=N_INPUTS, h=N_HIDDEN, k=N_OUTPUTS, lam=lam, scale=SCALE
    )
    return Start(w1, w2, *task_of_length(keys[1], N_OUTPUTS))


def single_start(key: Any, norm: float, readout: float) -> Start:
    """One hidden unit whose weights are not along its task."""
    keys = jax.random.split(key)
    w1 = norm * rj.haar_orthonormal(keys[0], N_INPUTS, 1).T
    return Start(w1, jnp.full((1, 1), readout), *task_of_length(keys[1], 1))


def any_start(key: Any) -> Start:
    """Gaussian weights without balance, and data that are not white."""
    keys = jax.random.split(key, 4)
    w1 = 2 * SCALE * jax.random.normal(keys[0], (N_HIDDEN, N_INPUTS)) / np.sqrt(N_HIDDEN)
    w2 = SCALE * jax.random.normal(keys[1], (N_OUTPUTS, N_HIDDEN)) / np.sqrt(N_HIDDEN)
    x = jax.random.normal(keys[2], (N_DATA, N_INPUTS)) / np.sqrt(N_DATA)
    return Start(w1, w2, task_of_length(keys[3], N_OUTPUTS)[0], x)


def _balanced(start: Start, times: Array) -> dynamics.Trajectory:
    return dynamics.balanced_trajectory(start.w1, start.w2, start.teacher, times)


@jax.jit
def _single(start: Start, times: Array) -> dynamics.Trajectory:
    return dynamics.single_unit_trajectory(start.w2[0, 0], start.w1[0], start.teacher[0], times)


@jax.jit
def _numerical(start: Start, times: Array) -> dynamics.Trajectory:
    covariance = start.x.T @ start.x
    return dynamics.numerical_trajectory(
        start.w1, start.w2, start.teacher, times, data_covariance=covariance
    )


CASES = (
    *(
        Case(
            f"balanced-{lam:g}",
            "Exact trajectory, balanced",
            f"lambda {lam:g}, {N_HIDDEN} hidden units",
            functools.partial(balanced_start, lam=lam),
            _balanced,
        )
        for lam in (-0.5, 0.0, 0.5)
    ),
    *(
        Case(
            f"single-unit-{name}",
            "Exact trajectory, one unit",
            f"{name} layer larger",
            functools.partial(single_start, norm=norm, readout=readout),
            _single,
        )
        for name, norm, readout in (("first", 0.5, 0.1), ("second", 0.1, 0.5))
    ),
    Case(
        "numerical",
        "Gradient flow by a solver",
        "no balance, data not white",
        any_start,
        _numerical,
        "solved numerically",
    ),
)
