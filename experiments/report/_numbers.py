"""The statistics behind the sentences, as tables."""

import math
from collections.abc import Iterable, Sequence

from ._markup import escaped, words
from ._verdicts import Finding

_TREND = ("measure", "ranks", "Spearman", "95 % interval", "p", "seeds", "steps lazier", "verdict")
_CONTRAST = (
    "measure",
    "start",
    "beside",
    "difference",
    "95 % interval",
    "Hedges' g",
    "p",
    "p (Holm)",
    "seeds",
    "verdict",
)


def number_tables(found: Sequence[Finding]) -> str:
    """All trends and contrasts of a setting with their statistics; empty where there are none."""
    trends = [
        (
            words(f.measure),
            ", ".join(map(str, t.ranks)),
            _number(t.trend.spearman, "+.2f"),
            _interval(t.trend.low, t.trend.high, "+.2f"),
            _number(t.p, ".3f"),
            str(t.seeds),
            t.trend.steps,
            t.verdict,
        )
        for f in found
        for t in f.trends
    ]
    contrasts = [
        (
            words(f.measure),
            c.start,
            c.reference,
            _number(c.contrast.difference, "+.3g"),
            _interval(c.contrast.low, c.contrast.high, "+.3g"),
            _number(c.contrast.effect, "+.2f"),
            _number(c.contrast.p, ".3f"),
            _number(c.p_holm, ".3f"),
            str(c.contrast.seeds),
            c.verdict,
        )
        for f in found
        for c in f.contrasts
    ]
    tables = [_table(heads, rows) for heads, rows in ((_TREND, trends), (_CONTRAST, contrasts))]
    if not any(tables):
        return ""
    return f'<details class="numbers"><summary>Statistics</summary>{"".join(tables)}</details>'


def _table(heads: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col"><span>{escaped(each)}</span></th>' for each in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{escaped(each)}</td>' for each in row)}</tr>" for row in rows
    )
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Statistics"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _number(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else "–"


def _interval(low: float, high: float, form: str) -> str:
    return f"{low:{form}} to {high:{form}}" if math.isfinite(low) else "–"
