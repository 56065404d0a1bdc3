"""The matrix product of both kinds of network, and how precise it is."""

import jax
from jaxtyping import Array, Float

from .._checks import require_choice

# With None it is for the context to say: `empirical_ntk` asks for the highest, and elsewhere it is
# `jax.default_matmul_precision`, which lets a GPU or a TPU round if nobody has set it.
PRECISIONS = {"highest": jax.lax.Precision.HIGHEST, "default": None}


def require_precision(precision: str) -> str:
    """Refuse, with a ValueError, what is not the name of a precision."""
    return require_choice("precision", precision, tuple(PRECISIONS))


def through(
    states: Float[Array, "*batch inputs"], weights: Float[Array, "outputs inputs"], precision: str
) -> Float[Array, "*batch outputs"]:
    """States in rows through weights, with gradients of the same precision."""
    # Not states @ weights.T: behind a transpose neural-tangents' implementation 3 loses sight of
    # the weights and takes hundreds of times as long.
    contracted = (((states.ndim - 1,), (1,)), ((), ()))
    return jax.lax.dot_general(states, weights, contracted, precision=PRECISIONS[precision])
