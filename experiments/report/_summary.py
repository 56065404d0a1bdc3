"""Verdicts in sentences, as HTML."""

from collections.abc import Sequence

from ..findings import (
    Comparison,
    Findings,
    findings,
    headline,
    sentences,
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
    said = settings[:MOST_SETTINGS]
    found = [findings([setting]) for setting in said]
    line = headline(found)
    parts = [f'<p class="headline">{escaped(line)}</p>', f'<p class="how">{escaped(WORDS)}</p>']
    task = None
    for setting, of_setting in zip(said, found, strict=True):
        if setting.task != task:
            task = setting.task
            parts.append(f"<h3>{escaped(task)}</h3>")
        if setting.text:
            parts.append(f'<p class="setting">{escaped(setting.text)}</p>')
        parts.append(f"<ul>{''.join(f'<li>{item}</li>' for item in _items(of_setting))}</ul>")
        parts.append(number_tables(of_setting))
    if len(settings) > len(said):
        parts.append(
            f"<p>{len(settings) - len(said)} more settings are not put into words; the table has "
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
