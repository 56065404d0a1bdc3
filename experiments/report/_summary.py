"""Verdicts in sentences, as HTML."""

from collections.abc import Sequence

from ..findings import (
    Comparison,
    Findings,
    findings,
    headline,
    sentences,
    tables_of,
    training_sentence,
    warnings_of,
)
from ._markup import escaped
from ._numbers import number_tables
from ._words import WORDS

# Of settings that are put into words; a reader has an end.
MOST_SETTINGS = 24
_NONE = "One start, or no measure of laziness: nothing to compare."


def summary(settings: Sequence[Comparison]) -> tuple[str, str]:
    """All verdicts as HTML, and in one line of text what kernel alignment says."""
    tables = tables_of(settings)
    said = tables[:MOST_SETTINGS]
    found = [findings(table) for table in said]
    line = headline(found)
    parts = [f'<p class="headline">{escaped(line)}</p>', f'<p class="how">{escaped(WORDS)}</p>']
    task = None
    for table, of_table in zip(said, found, strict=True):
        if table[0].task != task:
            task = table[0].task
            parts.append(f"<h3>{escaped(task)}</h3>")
        if text := "; ".join(filter(None, (setting.text for setting in table))):
            parts.append(f'<p class="setting">{escaped(text)}</p>')
        parts.append(f"<ul>{''.join(f'<li>{item}</li>' for item in _items(of_table))}</ul>")
        parts.append(number_tables(of_table))
    if len(tables) > len(said):
        parts.append(
            f"<p>{len(tables) - len(said)} more settings are not put into words; the table has "
            "all of them.</p>"
        )
    return "".join(parts), line


def _items(found: Findings) -> list[str]:
    items = [
        f"<b>{escaped(sentence.about)}</b>: "
        + "; ".join(f"{tag(said)}{escaped(rest)}" for said, rest in sentence.parts)
        + "."
        for sentence in sentences(found)
    ]
    trained = (training_sentence(of).split(": ", 1) for of in found.training)
    items = [*(items or [_NONE]), *(f"<b>{a}</b>: {escaped(b)}" for a, b in trained)]
    for warning in warnings_of(found):
        about, rest = warning.split(": ", 1)
        items.append(f'<span class="warning">{escaped(about)}</span>: {escaped(rest)}')
    return items


def tag(verdict: str) -> str:
    """A verdict that is set off from its sentence."""
    kind = next((k for k in ("lazier", "richer") if verdict.startswith(k)), "unclear")
    return f'<span class="verdict {kind}">{escaped(verdict)}</span>'
