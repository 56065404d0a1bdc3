"""Losses of the linear theory."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require_same_shape


def half_squared_error(
    apply: Callable[[Any, Any], Any],
) -> Callable[[Any, tuple[Array, Array]], Float[Array, ""]]:
    r"""The loss of the theorems, $\frac12 \lVert Y - f(X) \rVert_F^2$, summed and not averaged.

    Args:
        apply: the network, called as `apply(params, x)`.

    Returns:
        A function `loss(params, (x, y))`. It raises ValueError where outputs and targets differ in
        shape.

    Source: Liu et al. (2024), arXiv 2310.08513, the loss of its linear networks.
    """

    def loss(params: Any, batch: tuple[Array, Array]) -> Array:
        x, y = batch
        outputs, y = require_same_shape("the output of apply", apply(params, x), "y", y)
        return 0.5 * jnp.sum((y - outputs) ** 2)

    return loss
