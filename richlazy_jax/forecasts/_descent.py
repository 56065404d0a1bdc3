"""Gradient descent on fixed examples, with steps as long as the loss allows."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# The first step is the best of these shares of loss / |gradient|^2, which would bring a line to 0.
_FIRST = tuple(2.0**k for k in range(-14, 3))
# Later ones are the best of these multiples of the one before.
_SIZES = (0.5, 1.0, 2.0)
# Where none of them lowers the loss, the next are so much shorter.
_SHORTER = 0.125


class Descent(NamedTuple):
    """Where line-searched gradient descent came to.

    - `params`: the parameters at its end; `first`: those after its first step.
    - `losses` (steps + 1,): the loss before each step, and at the end.
    - `sizes` (steps,): the length of each step in units of a learning rate; 0 where none lowered
      the loss, or where the horizon was reached.
    """

    params: Any
    first: Any
    losses: Float[Array, " steps+1"]
    sizes: Float[Array, " steps"]


def descend(
    loss: Callable[[Any], Float[Array, ""]],
    params: Any,
    steps: int,
    horizon: Float[Array, ""] | float = jnp.inf,
) -> Descent:
    """Full-batch gradient steps, each the best of three sizes around the last one.

    Args:
        loss: of parameters alone, on examples that stay the same.
        params: where to begin, a pytree of floating point arrays.
        steps: how many steps.
        horizon: the most that all sizes may add up to: a learning rate times a number of updates.
    """
    measured = jax.value_and_grad(loss)

    def moved(at: Any, gradient: Any, size: Array) -> Any:
        return jax.tree.map(lambda p, g: p - size.astype(p.dtype) * g, at, gradient)

    def best(at: Any, gradient: Any, sizes: Array) -> tuple[Array, Array]:
        losses = jax.vmap(lambda size: loss(moved(at, gradient, size)))(sizes)
        losses = jnp.where(jnp.isfinite(losses), losses, jnp.inf)
        chosen = jnp.argmin(losses)
        return sizes[chosen], losses[chosen]

    def step(carry: tuple[Any, Array, Array], _: None) -> tuple[Any, tuple[Array, Array]]:
        at, size, left = carry
        value, gradient = measured(at)
        # A step that would pass the horizon ends on it.
        found, lower = best(at, gradient, jnp.minimum(size * jnp.asarray(_SIZES), left))
        falls = (lower < value) & (found > 0)
        taken = jnp.where(falls, found, 0.0)
        after = jax.tree.map(lambda a, b: jnp.where(falls, a, b), moved(at, gradient, taken), at)
        size = jnp.where(falls, found, jnp.where(left > 0, size * _SHORTER, size))
        return (after, size, left - taken), (value, taken)

    value, gradient = measured(params)
    square = sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient))
    known = (square > 0) & (value != 0)
    usual = jnp.where(known, jnp.abs(value) / jnp.where(known, square, 1), 1.0)
    first, _ = best(params, gradient, usual * jnp.asarray(_FIRST))
    left = jnp.asarray(horizon, first.dtype)
    (end, _, _), (losses, sizes) = jax.lax.scan(step, (params, first, left), None, length=steps)
    return Descent(end, moved(params, gradient, sizes[0]), jnp.append(losses, loss(end)), sizes)
