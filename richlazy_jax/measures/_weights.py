"""How far weights moved."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require_same_shape
from .._powers import exponent_of, times_power


def weight_change_norm(
    weights: Float[Array, "..."], other: Float[Array, "..."]
) -> Float[Array, ""]:
    r"""The Frobenius norm of a change of weights, $\lVert W_f - W_0 \rVert_F$.

    Args:
        weights: the weights at the start.
        other: those at the end.

    Raises:
        ValueError: the shapes differ.

    Source: Liu et al. (2024), arXiv 2310.08513, its first measure.
    """
    weights, other = require_same_shape("weights", weights, "other", other)
    change = other - weights
    size = exponent_of(change)
    return times_power(jnp.sqrt(jnp.sum(times_power(change, -size) ** 2)), size)
