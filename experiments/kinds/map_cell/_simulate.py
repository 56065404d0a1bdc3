"""Networks of one cell: drawn, trained by gradient descent until they have learned, measured."""

import functools
import time
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, Key

import richlazy_jax as rj
import theory

from ...engine import attributes
from ._setting import Cell, MapCell

# Training of a cell goes on until the loss of all its networks is below this share of the loss of a
# network that says 0. Its square root is how far f is from the task, and the kernel from its end.
# Below it updates of large weights are lost in float32.
STOP = 1e-7
# How many updates are made between two looks at the loss.
PIECE = 100
# The step times the greatest eigenvalue of the kernel. Gradient descent is unstable from 2; what is
# left of the step here is measured against `any_scale_alignment` and stands in the table.
STEP = 0.05


class Drawn(NamedTuple):
    """What cells leave open, the same in all of them, so that cells differ by their axes alone.

    - `readout`: the readout's direction.
    - `task`: the task's direction.
    """

    readout: Float[np.ndarray, "runs h"]
    task: Float[np.ndarray, "runs d"]


class Problems(NamedTuple):
    """Starts and tasks of one cell's networks."""

    w1: Float[np.ndarray, "runs h d"]
    w2: Float[np.ndarray, "runs h"]
    task: Float[np.ndarray, "runs d"]


class Measured(NamedTuple):
    """What networks of a cell did.

    - `alignment`: kernel alignment of start and end.
    - `formula`: the small-scale formula for each network's own start and task.
    - `loss`: the loss at the end, as a share of that of a network that says 0.
    - `share`: that of the task's energy in the row space of the start.
    - `updates`: how many were made.
    """

    alignment: Float[np.ndarray, " runs"]
    formula: Float[np.ndarray, " runs"]
    loss: Float[np.ndarray, " runs"]
    share: Float[np.ndarray, " runs"]
    updates: int


def simulate(of: MapCell, first_seed: int = 0) -> xr.Dataset:
    """Train the networks of a cell until all have learned, and measure them.

    Args:
        of: the cell.
        first_seed: the number of the first network.

    Returns:
        `kernel_alignment`, `formula`, `loss`, `share` and `updates` as in `Measured`, each (seed,),
        and `seconds`, how long it took, on its share of the machine.
    """
    begun = time.monotonic()
    numbers = np.arange(first_seed, first_seed + of.seeds)
    drawn = drawn_networks(jax.random.key(of.random_seed), numbers, of.n_inputs, of.n_hidden)
    found = trained(problems_of(drawn, of.cell), of.cell, of.most_updates)
    values = {
        "kernel_alignment": found.alignment,
        "formula": found.formula,
        "loss": found.loss,
        "share": found.share,
        "updates": np.full(of.seeds, found.updates),
        "seconds": np.full(of.seeds, (time.monotonic() - begun) / of.seeds),
    }
    return xr.Dataset(
        {name: ("seed", value) for name, value in values.items()},
        coords={"seed": numbers, "start": f"rank {of.rank}"},
        attrs=attributes(of.record()) | {"seeds": of.seeds},
    )


def drawn_networks(key: Key[Array, ""], numbers: np.ndarray, d: int, h: int) -> Drawn:
    """Random directions for some networks; those of the i-th depend on `key` and i alone."""

    def one(i: Any) -> tuple[Array, Array]:
        readout, task = jax.random.split(jax.random.fold_in(key, i))
        return theory.uniform_tasks(readout, 1, d=h)[0], theory.uniform_tasks(task, 1, d=d)[0]

    return Drawn(*map(np.asarray, jax.vmap(one)(jnp.asarray(numbers))))


def problems_of(drawn: Drawn, cell: Cell) -> Problems:
    r"""Starts and tasks of a cell.

    Both sides' singular vectors of $W_1$ are the axes: on white inputs only their angles with the
    readout and the task count, and those have any direction, or the task any of those with the
    share that the cell asks for. Hidden units that the start leaves at 0 then stay there exactly,
    as they do under gradient flow; in another basis rounding moves them, and from a start of low
    rank and large scale that grows until it decides what is learned.
    """
    (runs, h), d = drawn.readout.shape, drawn.task.shape[1]
    dtype = drawn.task.dtype
    w1 = np.zeros((runs, h, d), dtype)
    along = np.arange(cell.rank)
    w1[:, along, along] = cell.sigma / np.sqrt(cell.rank)
    task = drawn.task
    if cell.alignment is not None:
        share = cell.share(d)
        halves = np.split(task, [cell.rank], axis=1)
        levels = (np.sqrt(share), np.sqrt(1 - share))
        # At full rank the second half is empty.
        unit = [
            level * half / np.linalg.norm(half, axis=1, keepdims=True)
            for level, half in zip(levels, halves, strict=True)
            if half.size
        ]
        task = np.concatenate(unit, axis=1).astype(dtype)
    w2 = (cell.readout * cell.sigma * drawn.readout).astype(dtype)
    return Problems(w1, w2, task)


def learning_rate(cell: Cell) -> float:
    r"""A step that is small at every kernel on the way.

    At the end of a small start the greatest eigenvalue of the kernel is 2, for a task of length 1;
    the start adds its own, $\sigma^2 / r + \lVert w_2 \rVert^2$.
    """
    return STEP / (2 + cell.sigma**2 * (1 / cell.rank + cell.readout**2))


def trained(problems: Problems, cell: Cell, most_updates: int) -> Measured:
    """Train all networks of a cell until each has learned, or `most_updates` are made."""
    start = (problems.w1, problems.w2)
    # Networks stand in the last axis while they learn, where they fill vectors of the processor.
    behind = [jnp.asarray(np.moveaxis(a, 0, -1)) for a in (*start, problems.task)]
    *end, updates = _descended(*behind, jnp.asarray(learning_rate(cell)), most_updates)
    end = [jnp.moveaxis(a, -1, 0) for a in end]
    alignment, formula, loss = jax.device_get(_measured(start, end, problems.task))
    share = np.sum(problems.task[:, : cell.rank] ** 2, axis=1)
    return Measured(alignment, formula, loss, share, int(updates))


@jax.jit
def _descended(w1: Any, w2: Any, task: Any, rate: Any, most: Any) -> tuple[Array, Array, Array]:
    # On white inputs the loss is half the squared distance of the function from the task.
    def losses(weights: tuple[Array, Array]) -> Array:
        off = task - jnp.sum(weights[0] * weights[1][:, None], axis=0)
        return jnp.sum(off**2, axis=0) / 2

    def update(_: Any, weights: Any) -> Any:
        # No network has a part in another's loss, so the gradient of the sum is that of each.
        gradient = jax.grad(lambda w: jnp.sum(losses(w)))(weights)
        return jax.tree.map(lambda w, g: w - rate * g, weights, gradient)

    def piece(state: Any) -> Any:
        weights, made = state
        many = jnp.minimum(PIECE, most - made)
        return jax.lax.fori_loop(0, many, update, weights), made + many

    def goes_on(state: Any) -> Any:
        weights, made = state
        share = losses(weights) / (jnp.sum(task**2, axis=0) / 2)
        return (made < most) & jnp.any(share > STOP)

    (w1, w2), made = jax.lax.while_loop(goes_on, piece, ((w1, w2), jnp.asarray(0)))
    return w1, w2, made


@jax.jit
@jax.vmap
def _measured(start: Any, end: Any, task: Any) -> tuple[Array, Array, Array]:
    h, d = start[0].shape
    apply = rj.mlp((d, h, 1)).apply
    x = jnp.eye(d, dtype=task.dtype)

    def named(weights: Any) -> dict[str, Array]:
        return {"w1": weights[0], "w2": weights[1][None]}

    kernel = functools.partial(rj.empirical_ntk, apply, x=x, implementation=1, vmap_axes=0)
    alignment = rj.kernel_alignment(kernel(named(start)), kernel(named(end)))
    formula = theory.task_kernel_alignment(theory.kernel_factor(start[0], start[1][None]), task)
    left = rj.half_squared_error(apply)(named(end), (x, task[:, None]))
    return alignment, formula, left / (jnp.sum(task**2) / 2)
