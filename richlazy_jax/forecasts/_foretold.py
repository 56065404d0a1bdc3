"""The rule of the fast-forward, for any loss and any way to compare two kernels."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._powers import times_power
from ..trained import Change, energy_along
from ._descent import descend

# Where the loss is above this share of the first, descent has not learned.
FALLEN = 0.9


class Foretold(NamedTuple):
    """What the descent from a start says of training.

    - `alignment`: of the first and the last kernel; `one_step`: of the first and that after one
      step; both as the comparison given has them.
    - `loss`: of the descent, at its start and its end.
    - `reach`: the sum of its step sizes.
    - `params`: where it ended.
    """

    alignment: Any
    one_step: Any
    loss: Change
    reach: Float[Array, ""]
    params: Any


def foretell(
    loss: Callable[[Any], Float[Array, ""]],
    alignment: Callable[[Any], Any],
    params: Any,
    steps: int,
    horizon: Float[Array, ""] | float,
) -> Foretold:
    """Descend from a start, and compare its kernel with that of the end and of the first step.

    It holds the rule of `fast_forward` and nothing else: whether the forecast is refused is said by
    `has_fallen` and `overshoots`.

    Args:
        loss: of parameters alone, on examples that stay the same.
        alignment: called with parameters, compares the kernel there with that of the start.
        params: the start.
        steps, horizon: as in `descend`.
    """
    found = jax.jit(lambda start: descend(loss, start, steps, horizon))(params)
    return Foretold(
        alignment(found.params),
        alignment(found.first),
        Change(found.losses[0], found.losses[-1]),
        jnp.sum(found.sizes),
        found.params,
    )


def error_alignment(
    apply: Callable[[Any, Any], Array],
    leaves: Any,
    x: Float[Array, "n ..."],
    error: Float[Array, "n ..."],
    square: Float[Array, ""],
    trace: tuple[Float[Array, ""], Int[Array, ""] | int],
    block: int,
) -> Float[Array, ""]:
    r"""How far a kernel points along an error.

    $$\frac{e^\top K e}{\lVert e \rVert^2 \operatorname{Tr} K}$$

    Args:
        apply, leaves, x, block: the network as a function of what the kernel is of, as in
            `energy_along`.
        error: the gradient of the loss by the outputs.
        square: its squared norm.
        trace: of the kernel, as a number and the exponent of the power of 2 it is in.
    """
    energy, exponent = energy_along(apply, leaves, x, error, block)
    return times_power(energy / square / trace[0], exponent - trace[1])


def horizon_of(learning_rate: float, updates: int, momentum: float) -> float:
    """How far training goes: learning rate times updates, divided by 1 - momentum."""
    return learning_rate * updates / (1 - momentum)


def has_fallen(loss: Change) -> bool:
    """Whether descent has learned: its last loss is below nine tenths of its first."""
    return bool(loss.after < FALLEN * loss.before)


def overshoots(reach: float, horizon: float, steps: int, updates: int) -> bool:
    """Whether steps as long as the loss allows are on average shorter than training's own.

    Args:
        reach: the sum of the sizes of the descent's steps.
        horizon: of training, as `horizon_of` has it.
        steps: of the descent.
        updates: of training.
    """
    return bool(reach < min(steps, updates) * horizon / updates * (1 - 1e-6))
