"""Text and numbers as HTML."""

import html
import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from .._intervals import mean_with_interval

# What neither XML nor UTF-8 can hold; labels may come from anywhere.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(value: Any) -> str:
    """`value` as text that may stand in a file, odd characters replaced."""
    return _IMPOSSIBLE.sub("\ufffd", str(value))


def escaped(value: Any) -> str:
    """`value` as text of HTML, in an element or in an attribute with quotes."""
    return html.escape(clean(value), quote=True)


def words(name: str) -> str:
    """A name of a variable as it is read."""
    return clean(name).replace("_", " ")


def estimate(values: np.ndarray) -> str:
    """The mean of what is finite with its 95 % interval, which takes two values."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return "–"
    return mean_with_interval(finite) if len(finite) > 1 else f"{finite[0]:.4g}"


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


def definitions(pairs: Iterable[tuple[str, Any]]) -> str:
    """A list of names and values."""
    rows = "".join(
        f"<div><dt>{escaped(name)}</dt><dd>{escaped(shown(value))}</dd></div>"
        for name, value in pairs
    )
    return f"<dl>{rows}</dl>"


def tag(verdict: str) -> str:
    """A verdict that is set off from its sentence."""
    kind = next((k for k in ("lazier", "richer") if verdict.startswith(k)), "unclear")
    return f'<span class="verdict {kind}">{escaped(verdict)}</span>'
