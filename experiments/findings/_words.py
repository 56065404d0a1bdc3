"""Names, numbers and p-values as they are read."""

import math
import re
from typing import Any

import numpy as np

import richlazy_jax as rj

# What neither XML nor UTF-8 can hold; labels may come from anywhere.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(value: Any) -> str:
    """`value` as text that may stand in a file, odd characters replaced."""
    return _IMPOSSIBLE.sub("\ufffd", str(value))


def words(name: str) -> str:
    """A name of a variable as it is read."""
    return clean(name).replace("_", " ")


def shown(value: Any) -> str:
    """The value of a field as it is read."""
    if value is None:
        return "none"
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return clean(value)


def p_value(p: float) -> str:
    """A p-value in words."""
    if not math.isfinite(p):
        return "no p-value"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things: "1 cell", "2 cells"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def regime_words(values: np.ndarray) -> str:
    """In which regimes networks start, such as "stable" or "chaotic 7, stable 3".

    Args:
        values: for each network the place of its word in `richlazy_jax.REGIMES`; NaN counts not.
    """
    known = values[np.isfinite(values)].astype(int)
    counts = np.bincount(known, minlength=len(rj.REGIMES))
    order = [place for place in np.argsort(-counts, kind="stable") if counts[place]]
    if len(order) < 2:
        return "".join(rj.REGIMES[place] for place in order) or "–"
    return ", ".join(f"{rj.REGIMES[place]} {counts[place]}" for place in order)


def number(value: float, form: str) -> str:
    """A number in the given form, and a dash where there is none."""
    return format(value, form) if math.isfinite(value) else "–"


def interval(low: float, high: float, form: str) -> str:
    """The two ends of an interval in the given form, and a dash where there is none."""
    return f"{low:{form}} to {high:{form}}" if math.isfinite(low) else "–"
