"""An answer as text, as a table of a notebook, and as plain data."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def as_text(sentence: str, rows: Sequence[tuple[str, str]], said: Sequence[str]) -> str:
    """A sentence, a table below it, and what else is to be said."""
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join([sentence, *(f"{name:{width}}  {value}" for name, value in rows), *said])


def as_html(sentence: str, rows: Sequence[tuple[str, str]], said: Sequence[str]) -> str:
    """The same for a notebook."""
    cells = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
        for name, value in rows
    )
    more = "".join(f"<li>{html.escape(each)}</li>" for each in said)
    return f"<p>{html.escape(sentence)}</p><table>{cells}</table><ul>{more}</ul>"


def shown(value: Any) -> str:
    """A number to four digits."""
    return f"{float(value):.4g}"


def as_plain(value: Any) -> Any:
    """Records, mappings, tuples and arrays as what JSON takes; not finite numbers are None."""
    if hasattr(value, "_asdict"):
        return {name: as_plain(each) for name, each in value._asdict().items()}
    if isinstance(value, Mapping):
        return {name: as_plain(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [as_plain(each) for each in value]
    if value is None or isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.ndim:
        return array.tolist()
    return float(array) if np.isfinite(array) else None
