"""Arrays brought to the size of 1, whose squares no float leaves the range of."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def size_of(array: Float[Array, "..."]) -> Float[Array, ""]:
    """The largest magnitude, or 1 for zeros; a constant to derivatives."""
    size = jnp.max(jnp.abs(jax.lax.stop_gradient(array)))
    return jnp.where(size > 0, size, 1)


def scaled(array: Float[Array, "..."]) -> Float[Array, "..."]:
    """The array by its largest magnitude."""
    return array / size_of(array)
