"""How far a tangent kernel points towards the targets."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._powers import exponent_of, times_power


def energy_along(
    apply: Callable[[Any, Any], Array],
    leaves: Any,
    x: Float[Array, "n ..."],
    direction: Float[Array, "n ..."],
    block: int,
) -> tuple[Float[Array, ""], Int[Array, ""]]:
    r"""$y^\top K y = \lVert J^\top y \rVert^2$ of the tangent kernel K for a direction of outputs.

    It comes as a number and the exponent of the power of 2 that it is to be multiplied by, as it
    may be out of the range of floats.

    Args:
        apply: called as `apply(leaves, x)`.
        leaves: what is differentiated by.
        x: the examples.
        direction: y, in the shape of the outputs.
        block: how many examples are differentiated at once.
    """
    n = len(x)
    blocks = -(-n // block)
    places = jnp.arange(blocks * block).reshape(blocks, block)

    def add(total: Any, at: Array) -> tuple[Any, None]:
        real = (at < n).reshape(block, *[1] * (direction.ndim - 1))
        at = at % n
        outputs, back = jax.vjp(lambda leaves: apply(leaves, x[at]), leaves)
        along = jnp.where(real, direction[at], 0).astype(outputs.dtype)
        return jax.tree.map(jnp.add, total, back(along)[0]), None

    with jax.default_matmul_precision("highest"):
        start = jax.tree.map(jnp.zeros_like, leaves)
        gradient = jax.lax.scan(add, start, places)[0]
    parts = jax.tree.leaves(gradient)
    size = jnp.max(jnp.stack([exponent_of(part) for part in parts]))
    squares = [jnp.sum(times_power(part, -size) ** 2) for part in parts]
    return jnp.sum(jnp.stack(squares)), 2 * size
