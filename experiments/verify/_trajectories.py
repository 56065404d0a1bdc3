"""Learning over time: exact, lazy and numerical trajectories beside gradient descent."""

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

import richlazy_jax as rj
from theory import dynamics

from ._curves import Curves, learned_curves
from ._learning import white_inputs
from ._row import Row, curve_row

N_INPUTS, N_HIDDEN, N_OUTPUTS, N_DATA = 10, 3, 3, 15
# Small, so that learning is rich.
SCALE = 0.15
# Of the lazy start, so that what it leaves out, of order 1 / LAZY^2, is below 0.1 %.
LAZY = 40.0
END = 8.0
# Predictions for each measurement, for a smooth line.
FINER = 4
# One network each; a curve says more than a mean.
NETWORKS, QUICK_NETWORKS = 20, 4
# The first of them, which two compilations serve.
QUICK_CASES = 5


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
    - `end`: the last time.
    """

    name: str
    statement: str
    setting: str
    draw: Callable[[Any], Start]
    predict: Callable[[Start, Array], dynamics.Trajectory]
    end: float = END


def check_trajectories(key: Any, runs: int, quick: bool) -> Iterator[Row]:
    """Kernel alignment and loss at 31 times of learning, within 1 % of their first value."""
    for i, case in enumerate(CASES[:QUICK_CASES] if quick else CASES):
        networks = min(runs, QUICK_NETWORKS if quick else NETWORKS)
        keys = jax.random.split(jax.random.fold_in(key, i), networks)
        starts = [case.draw(k) for k in keys]
        stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts)
        y = jnp.einsum("rmd,rkd->rmk", stacked.x, stacked.teacher)
        seen = learned_curves(stacked.w1, stacked.w2, stacked.x, y, case.end)
        # One by one: two batched decompositions in one program can hang on a CPU of two cores.
        times = np.linspace(0, case.end, FINER * (len(seen.times) - 1) + 1)
        said = [case.predict(start, jnp.asarray(times, y.dtype)) for start in starts]
        yield from _rows(case, seen, said, times)


def _rows(case: Case, seen: Curves, said: list[dynamics.Trajectory], times: Any) -> Iterator[Row]:
    alignment = np.array([one.kernel_alignment for one in said])
    loss = np.array([one.loss / one.loss[0] for one in said])
    for quantity, name, predicted, measured in (
        ("KA(t)", "alignment", alignment, seen.alignment),
        ("loss(t), share of the first", "loss", loss, seen.loss),
    ):
        yield curve_row(
            predicted,
            measured,
            times=times,
            finer=FINER,
            name=f"trajectory-{case.name}-{name}",
            statement=case.statement,
            setting=case.setting,
            quantity=quantity,
        )


def _task(key: Any, outputs: int) -> tuple[Array, Array]:
    """A teacher with singular values of 1.4 to 0.7 and white inputs."""
    keys = jax.random.split(key, 3)
    left = rj.haar_orthonormal(keys[0], outputs, outputs)
    right = rj.haar_orthonormal(keys[1], N_INPUTS, outputs)
    teacher = (left * jnp.linspace(1.4, 0.7, outputs)) @ right.T
    return teacher, white_inputs(keys[2], N_INPUTS)


def balanced_start(key: Any, lam: float) -> Start:
    """A lambda-balanced start."""
    keys = jax.random.split(key)
    w1, w2 = dynamics.lambda_balanced_weights(keys[0], N_INPUTS, N_HIDDEN, N_OUTPUTS, lam, SCALE)
    return Start(w1, w2, *_task(keys[1], N_OUTPUTS))


def single_start(key: Any, norm: float, readout: float) -> Start:
    """One hidden unit whose weights are not along its task."""
    keys = jax.random.split(key)
    w1 = norm * rj.haar_orthonormal(keys[0], N_INPUTS, 1).T
    return Start(w1, jnp.full((1, 1), readout), *_task(keys[1], 1))


def lazy_start(key: Any) -> Start:
    """Large weights in pairs of units that cancel, so that the function starts at zero."""
    keys = jax.random.split(key)
    w1 = LAZY * jax.random.normal(keys[0], (10, N_INPUTS)) / np.sqrt(2 * 10)
    w2 = jnp.full((1, 10), LAZY / np.sqrt(2 * 10))
    return Start(jnp.concatenate([w1, w1]), jnp.concatenate([w2, -w2], 1), *_task(keys[1], 1))


def any_start(key: Any) -> Start:
    """Gaussian weights without balance, and data that are not white."""
    keys = jax.random.split(key, 4)
    w1 = 2 * SCALE * jax.random.normal(keys[0], (N_HIDDEN, N_INPUTS)) / np.sqrt(N_HIDDEN)
    w2 = SCALE * jax.random.normal(keys[1], (N_OUTPUTS, N_HIDDEN)) / np.sqrt(N_HIDDEN)
    x = jax.random.normal(keys[2], (N_DATA, N_INPUTS)) / np.sqrt(N_DATA)
    return Start(w1, w2, _task(keys[3], N_OUTPUTS)[0], x)


def _balanced(start: Start, times: Array) -> dynamics.Trajectory:
    return dynamics.balanced_trajectory(start.w1, start.w2, start.teacher, times)


@jax.jit
def _single(start: Start, times: Array) -> dynamics.Trajectory:
    return dynamics.single_unit_trajectory(start.w2[0, 0], start.w1[0], start.teacher[0], times)


@jax.jit
def _lazy(start: Start, times: Array) -> dynamics.Trajectory:
    return dynamics.lazy_trajectory(start.w1, start.w2, start.teacher, times)


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
        "lazy",
        "Lazy limit",
        f"weights of scale {LAZY:g}",
        lazy_start,
        _lazy,
        END / LAZY**2,
    ),
    Case(
        "numerical",
        "Gradient flow by a solver",
        "no balance, data not white",
        any_start,
        _numerical,
    ),
)
