"""The loss of a network's outputs on targets."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from ._rows import Rows, spread


def mean_loss(
    rows: Rows, outputs: Float[Array, "n ..."], loss: Callable[[Any, Any], Any] | None
) -> Float[Array, ""]:
    """The loss of the outputs that count, by their weights.

    Args:
        rows: which they are, with targets.
        outputs: these alone.
        loss: called as `loss(outputs, targets)`; None stands for the cross-entropy of classes in
            nats, and for half the squared error of other targets.
    """
    if loss is not None:
        return jnp.asarray(loss(outputs, rows.given))
    if rows.labels is None:
        assert rows.wanted is not None
        each = jnp.sum((outputs - rows.wanted) ** 2, -1) / 2
    else:
        each = optax.softmax_cross_entropy_with_integer_labels(outputs, jnp.asarray(rows.labels))
    if rows.weights is None:
        return jnp.mean(each)
    weights = rows.weights
    if weights.ndim > each.ndim:
        weights = weights.mean(-1)
    weights = spread(weights, each)
    return jnp.sum(weights * each) / jnp.sum(weights)
