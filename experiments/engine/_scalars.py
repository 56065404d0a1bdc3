"""What a single value may be: a type and a range, the same in Python, YAML and commands."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

# What is given back for a value that is not allowed; None is a value.
REFUSED: Any = type("Refused", (), {"__repr__": lambda self: "REFUSED"})()


class Scalar(NamedTuple):
    """A kind of value.

    - `allowed`: in words.
    - `accept`: the value as it is kept, or `REFUSED`.
    - `names`: those that are allowed, where there are few; the nearest is then suggested.
    """

    allowed: str
    accept: Callable[[Any], Any]
    names: tuple[str, ...] = ()


def whole(least: int = 1, most: int = 2**31 - 1) -> Scalar:
    """Whole numbers of a range, those of NumPy as well; True is none."""

    def accept(value: Any) -> Any:
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
            return REFUSED
        return int(value) if least <= value <= most else REFUSED

    return Scalar(f"whole decimal numbers from {least} to {most}", accept)


def number(
    words: str = "finite decimal numbers", holds: Callable[[float], bool] = math.isfinite
) -> Scalar:
    """Finite numbers for which something holds; whole ones become floats."""

    def accept(value: Any) -> Any:
        kinds = int | float | np.integer | np.floating
        if isinstance(value, bool | np.bool_) or not isinstance(value, kinds):
            return REFUSED
        try:
            kept = float(value)
        except OverflowError:
            return REFUSED
        return kept if math.isfinite(kept) and holds(kept) else REFUSED

    return Scalar(words, accept)


POSITIVE = number("numbers above 0", lambda x: x > 0)
BELOW_1 = number("numbers of at least 0 and below 1", lambda x: 0 <= x < 1)


def choice(names: Sequence[str]) -> Scalar:
    """One of a few names."""

    def accept(value: Any) -> Any:
        return value if isinstance(value, str) and value in names else REFUSED

    return Scalar(", ".join(names), accept, tuple(names))


def text(words: str) -> Scalar:
    """Any text that is not empty."""
    return Scalar(words, lambda value: value if isinstance(value, str) and value else REFUSED)


def flag() -> Scalar:
    """True or false."""

    def accept(value: Any) -> Any:
        return bool(value) if isinstance(value, bool | np.bool_) else REFUSED

    return Scalar("true and false", accept)


def optional(scalar: Scalar) -> Scalar:
    """The same, or null."""

    def accept(value: Any) -> Any:
        return None if value is None else scalar.accept(value)

    return scalar._replace(allowed=f"{scalar.allowed}, and null", accept=accept)
