"""Matrix products at the highest precision, whatever the device does by default."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import jax

P = ParamSpec("P")
R = TypeVar("R")


def highest_precision(function: Callable[P, R]) -> Callable[P, R]:
    """`function` with all its products, and those of the libraries it calls, at full precision.

    By default GPUs and TPUs may round the factors of a product to ten or seven bits. A derivative
    rule needs this of its own, since JAX may call it when the function it belongs to has returned.
    """

    @functools.wraps(function)
    def precise(*args: P.args, **kwargs: P.kwargs) -> R:
        with jax.default_matmul_precision("highest"):
            return function(*args, **kwargs)

    return precise
