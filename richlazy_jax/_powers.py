"""Arrays times powers of two, which round nothing and keep products within the range of floats."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

# The exponent of 0: below that of any product of a few floats.
OF_ZERO = -100_000


def exponent_of(array: Float[Array, "..."], axis: Any = None) -> Int[Array, "..."]:
    """The exponent of the power of two above the largest magnitude; a constant to derivatives."""
    size = jnp.max(jnp.abs(jax.lax.stop_gradient(array)), axis)
    return jnp.where(size == 0, OF_ZERO, jnp.frexp(size)[1])


def times_power(array: Float[Array, "..."], exponent: Int[Array, "..."]) -> Float[Array, "..."]:
    """`array * 2**exponent`, also where that power alone is out of range."""
    # In two steps, neither of which leaves the range unless the result does.
    half = exponent // 2
    return array * _power(half, array.dtype) * _power(exponent - half, array.dtype)


def scaled(array: Float[Array, "..."]) -> Float[Array, "..."]:
    """The array brought to a size of 1/2 to 1, of which no square leaves the range of floats."""
    return times_power(array, -exponent_of(array))


def of_products(exponents: Int[Array, "*a 2"]) -> Int[Array, "*a 3"]:
    """The exponents of K K', K K and K' K' from those of K and K'."""
    one, other = exponents[..., 0], exponents[..., 1]
    return jnp.stack([one + other, 2 * one, 2 * other], axis=-1)


def _power(exponent: Array, dtype: Any) -> Array:
    # Written as the bits of the float: `2.0**exponent` is rounded on some devices.
    limits = jnp.finfo(dtype)
    bias = limits.maxexp - 1
    exponent = jnp.clip(exponent, limits.minexp, bias).astype(f"int{limits.bits}")
    return jax.lax.bitcast_convert_type((exponent + bias) << limits.nmant, dtype)
