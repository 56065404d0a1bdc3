"""Text and numbers as HTML."""

import html
from collections.abc import Iterable
from typing import Any

from ..findings import clean, shown


def escaped(value: Any) -> str:
    """`value` as text of HTML, in an element or in an attribute with quotes."""
    return html.escape(clean(value), quote=True)


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
