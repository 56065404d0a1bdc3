"""How far a tangent kernel points towards the targets."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._powers import exponent_of, scaled, times_power
from .._products import product


def centred_target_alignment(
    kernel: Float[Array, "n n"], wanted: Float[Array, "n ..."]
) -> Float[Array, ""]:
    r"""The cosine between a kernel and that of the targets, both centred over examples.

    With $H = I - 1 1^\top / n$, the kernel $K$ summed over equal outputs, and $T_{ij} = y_i \cdot
    y_j$,

    $$\frac{\operatorname{Tr}(H K H\, T)}{\lVert H K H \rVert_F \lVert H T H \rVert_F}.$$

    Args:
        kernel: of examples, in any unit.
        wanted: the targets of each.

    Source: C. Cortes, M. Mohri and A. Rostamizadeh (2012), "Algorithms for learning kernels based
    on centered alignment".
    """
    y = wanted.reshape(len(wanted), -1)
    y = scaled(y - y.mean(0))
    k = scaled(kernel)
    k = k - k.mean(0)
    k = k - k.mean(1, keepdims=True)
    overlap = jnp.sum(k * product(y, y.T))
    # The norm of T = y y^T is that of y^T y as well.
    return overlap / (jnp.linalg.norm(k) * jnp.linalg.norm(product(y.T, y)))


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
