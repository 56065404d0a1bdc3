"""The atlas as a figure; a module of its own, because matplotlib takes a second to import."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...plot import (
    COLOURS,
    DARK_GREY,
    NULL_STYLE,
    STYLES,
    Style,
    mean_on_row,
    name_rows,
    panel_title,
    say_below,
    with_ends,
)
from ._rows import FAMILIES, SCALE, Row

FAMILY_STYLES: dict[str, Style] = {
    "null": NULL_STYLE,
    **dict(zip((*FAMILIES, SCALE), STYLES, strict=True)),
}
assert len(COLOURS) == len(FAMILIES) + 1
# Inches for each start, of the lines above and below all, and of each panel.
_ROW, _AROUND, _PANEL = 0.145, 2.0, 5.6


def draw(rows: Sequence[Row]) -> Figure:
    """A panel for each task, starts from lazy at the top to rich, of one kind of units.

    Args:
        rows: as `rows_of` gives them, of one kind of units.
    """
    tasks = [(task, list(group)) for task, group in groupby(rows, lambda row: row.cell.task)]
    most = max(len(of_task) for _, of_task in tasks)
    figure = Figure(figsize=(_PANEL * len(tasks), _ROW * most + _AROUND), layout="constrained")
    panels = figure.subplots(1, len(tasks), squeeze=False)[0]
    for letter, axes, (task, of_task) in zip("abc", panels, tasks, strict=False):
        _draw_task(axes, of_task)
        panel_title(axes, letter, task)
    there = [name for name in FAMILY_STYLES if any(row.family == name for row in rows)]
    handles = [
        Line2D([], [], color=of.colour, marker=of.marker, ls="", ms=5, mew=0.7, label=name)
        for name, of in ((name, FAMILY_STYLES[name]) for name in there)
    ]
    handles.append(
        Line2D([], [], color=DARK_GREY, marker="o", mfc="white", ls="", ms=5, label="did not learn")
    )
    figure.legend(
        handles=handles, loc="outside upper center", ncols=len(handles), fontsize=8, frameon=False
    )
    say_below(
        figure,
        "Marks are means over seeds and bars their 95 % intervals, where there are six seeds or "
        "more. Open marks: networks that did not learn as the others did, which look lazy.",
    )
    return figure


def _draw_task(axes: Axes, rows: Sequence[Row]) -> None:
    known = [row for row in rows if np.isfinite(row.alignment[0])]
    for place, row in enumerate(known):
        style = FAMILY_STYLES[row.family]
        face = style.colour if row.learned == "yes" else "white"
        # Large beside its edge, so that every open mark shows its face.
        mean_on_row(axes, place, row.alignment, style, width=1.2, mfc=face, ms=5, mew=0.7)
    name_rows(axes, [row.cell.start for row in known], 6.5, beyond=0.7)
    axes.set_xlim(0, 1.02)
    axes.set_xlabel(with_ends("kernel alignment, start to end", "kernel_alignment"), fontsize=9)
