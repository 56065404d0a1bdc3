"""Arguments brought to a size of about 1, so that squares neither overflow nor vanish.

In float32 the square of 1e-20 is 0 and that of 1e20 is infinite. An alignment does not depend on
the scale of either kernel, so each is divided by a power of two first, which rounds nothing.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array


def scale_of(*arrays: Array) -> Array:
    """The least power of two above the largest absolute value in `arrays`; 1 where all are zero.

    To differentiation it is a constant. That gives the right derivative of any expression whose
    value does not depend on the scale, and of any in which the scale is multiplied back.
    """
    parts = [jnp.max(jnp.abs(jax.lax.stop_gradient(a)), initial=0) for a in arrays]
    largest = jnp.max(jnp.stack([jnp.asarray(p, jnp.result_type(*parts)) for p in parts]))
    limits = jnp.finfo(largest.dtype)
    exponent = jnp.clip(jnp.frexp(largest)[1], limits.minexp, limits.maxexp - 1)
    return jnp.ldexp(jnp.ones_like(largest), exponent)


def scaled(array: Array) -> Array:
    """`array` divided by its scale, for where only its direction counts."""
    return array / scale_of(array)


def norm_of(array: Array) -> Array:
    """The norm over all entries."""
    scale = scale_of(array)
    return scale * jnp.sqrt(jnp.sum((array / scale) ** 2))


def unit(array: Array) -> Array:
    """`array` divided by its norm."""
    array = scaled(array)
    return array / jnp.sqrt(jnp.sum(array**2))
