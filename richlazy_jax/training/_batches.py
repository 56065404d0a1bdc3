"""Where batches come from: functions of a random key alone."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Float, Key, Real

from .._checks import require_whole

Sample = Callable[[Key[Array, ""]], tuple[Array, Array]]


def full_batch(x: Float[Array, "n ..."], y: Real[Array, "n ..."]) -> Sample:
    """All examples at every step: gradient descent.

    Args:
        x: the inputs.
        y: the targets, or the labels.

    Raises:
        ValueError: x and y differ in length.
    """
    _check_lengths(x, y)
    return lambda key: (x, y)


def minibatches(x: Float[Array, "n ..."], y: Real[Array, "n ..."], size: int) -> Sample:
    """`size` different examples at every step, drawn anew each time: stochastic gradient descent.

    Args:
        x: the inputs.
        y: the targets, or the labels.
        size: how many, from 1 to the number of examples.

    Raises:
        ValueError: x and y differ in length, or size is out of its range.
    """
    _check_lengths(x, y)
    size = require_whole("size", size, most=len(x))

    def sample(key: Array) -> tuple[Array, Array]:
        chosen = jax.random.choice(key, len(x), (size,), replace=False)
        return x[chosen], y[chosen]

    return sample


def _check_lengths(x: Array, y: Array) -> None:
    if len(x) != len(y):
        raise ValueError(f"y has {len(y)} examples; allowed is {len(x)}, as x has.")
