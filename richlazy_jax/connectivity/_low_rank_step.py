"""Recurrent weights that undo what the leak of a unit adds to its step."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._checks import known_value, require_axes
from ._low_rank import low_rank


def low_rank_step(
    w: Float[Array, "N N"], rank: int | Int[Array, ""], leak: float | Float[Array, ""]
) -> Float[Array, "N N"]:
    r"""Weights with which a leaky unit's step is the low-rank part of what it is with others.

    With the leak $\rho$ a step takes a state by $\rho I + (1 - \rho) W$, of full rank whatever the
    rank of $W$ is. With the weights

    $$W_r = \frac{M_r - \rho I}{1 - \rho}, \qquad
        M_r = \operatorname{low\_rank}(\rho I + (1 - \rho) W,\, r),$$

    it takes the state by $M_r$, of rank r and of the Frobenius norm that the step had. In the
    "paper" form of the leak (`rnn_activity`) the one-step Jacobian is then $D M_r$ with the slopes
    $D$ of the units, and has no higher rank. In the other forms a unit of slope 0 keeps its own
    state, and the rank is that of these units higher.

    Args:
        w: the weights, for example a Gaussian draw.
        rank: r, from 1 to N; it may be traced.
        leak: $\rho$, at least 0 and below 1; with 0 this is `low_rank`.

    The norm of the weights themselves is not kept. A step of rank one has the norm of all of the
    leak's identity in one direction, and may be unstable for it; `without_leak` takes the identity
    away instead.

    Raises:
        ValueError: an argument is not as described above.
    """
    w = _square(w, leak)
    kept = leak * jnp.eye(len(w), dtype=w.dtype)
    return (low_rank(kept + (1 - leak) * w, rank) - kept) / (1 - leak)


def without_leak(w: Float[Array, "N N"], leak: float | Float[Array, ""]) -> Float[Array, "N N"]:
    r"""Weights with which a leaky unit's step is that of the given ones alone.

    $$W - \frac{\rho}{1 - \rho} I,$$

    with which a step takes a state by $\rho I + (1 - \rho) W - \rho I = (1 - \rho) W$. So the
    rank of the step is that of $W$, at the size that $W$ has in it with the leak.

    Args:
        w: the weights.
        leak: $\rho$, at least 0 and below 1.

    Raises:
        ValueError: an argument is not as described above.
    """
    w = _square(w, leak)
    return w - leak / (1 - leak) * jnp.eye(len(w), dtype=w.dtype)


def _square(w: Array, leak: float | Array) -> Array:
    known = known_value(leak)
    if known is not None and not 0 <= known < 1:
        raise ValueError(f"leak is {known}; allowed is at least 0 and below 1.")
    return require_axes("w", w, "N", "N")
