"""The statistics behind the sentences, as tables."""

from collections.abc import Iterable, Sequence

from ..findings import Findings, contrast_row, trend_row
from ._markup import escaped

_TREND = (
    "measure",
    "mean Spearman within seeds",
    "95 % interval",
    "steps lazier",
    "p",
    "p (Holm)",
    "seeds",
    "verdict",
)
_CONTRAST = (
    "start",
    "beside",
    "measure",
    "mean",
    "of the other",
    "difference",
    "95 % interval",
    "Glass's delta",
    "p",
    "p (Holm)",
    "seeds",
    "verdict",
)


def number_tables(found: Findings) -> str:
    """All trends and contrasts of a table with their statistics; empty where there are none."""
    tables = [
        _table(_TREND, [trend_row(trend) for trend in found.trends]),
        _table(_CONTRAST, [contrast_row(contrast) for contrast in found.contrasts]),
    ]
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
