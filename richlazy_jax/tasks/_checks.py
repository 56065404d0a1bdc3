"""Checks of settings, each error naming the argument, its value and what is allowed."""

import math
import numbers
from collections.abc import Iterable
from typing import Any


def non_negative(name: str, value: Any) -> float:
    """`value` as a float; a ValueError where it is not a finite number of at least 0."""
    return _number(name, value, "finite numbers from 0", lambda number: number >= 0)


def positive(name: str, value: Any) -> float:
    """`value` as a float; a ValueError where it is not a finite number above 0."""
    return _number(name, value, "finite numbers above 0", lambda number: number > 0)


def coherence_levels(name: str, values: Any) -> tuple[float, ...]:
    """`values` as a tuple of floats; a ValueError where they are not percentages, one or more."""
    allowed = "percentages from 0 to 100, at least one"
    levels = values if isinstance(values, Iterable) and not isinstance(values, str) else ()
    checked = tuple(_number(name, c, allowed, lambda number: 0 <= number <= 100) for c in levels)
    if not checked:
        raise ValueError(f"{name} is {values!r}; allowed are {allowed}.")
    return checked


def _number(name: str, value: Any, allowed: str, test: Any) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, numbers.Real)
        or not math.isfinite(value)
        or not test(value)
    ):
        raise ValueError(f"{name} is {value!r}; allowed are {allowed}.")
    return float(value)
