"""Both studies as a figure; apart, because matplotlib takes a second to import."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..findings import Cell, mean_and_interval
from ..kinds.recurrent import COGNITIVE
from ..plot import (
    NULL_STYLE,
    STYLES,
    Style,
    mean_on_row,
    name_rows,
    panel_title,
    plain_edges,
    say_below,
    with_ends,
)
from ._cells import NULL, Place
from ._judge import LEADING, LEAKY, LOW, MATCHES, MEASURE, QUESTIONS, SMALL_GAIN
from ._second import NULL_WITHOUT, WITHOUT

NAMES = {"lyapunov_exponent": "Lyapunov exponent", "mean_activity": "mean activity"}
LOW_STYLE = STYLES[1]
_APART = 0.15
# What a row is called, its low rank and its full rank.
_Row = tuple[str, Cell, Cell]


def draw(cells: Mapping[Place, Cell], second: Mapping[Place, Cell]) -> Figure:
    """Rank one beside full rank, with leaks and norms; then the trend with rank at equal regime.

    Args:
        cells: of the study of the first plan, as `cells_of` gives them.
        second: of that of the second.
    """
    figure = Figure(figsize=(10, 7), layout="constrained")
    halves: Any = figure.subfigures(2, 1, height_ratios=(1.15, 1))
    above, below = halves
    leak, size = above.subplots(1, 2)
    _pairs(leak, _of_leak(cells, second))
    panel_title(leak, "a", "Leaky units")
    _pairs(size, _of_size(cells))
    panel_title(size, "b", "Sizes of the start")
    handles, labels = leak.get_legend_handles_labels()
    above.legend(handles, labels, loc="outside upper center", ncols=2, fontsize=8, frameon=False)
    panels = below.subplots(1, len(COGNITIVE), sharey=True)
    for letter, axes, task in zip("cde", panels, COGNITIVE, strict=True):
        _trends(axes, cells, task)
        panel_title(axes, letter, task)
        axes.set_xlabel("rank of the start")
    panels[0].set_ylabel(with_ends("kernel alignment", MEASURE))
    panels[0].legend(fontsize=8, frameon=False)
    say_below(below, "Marks are means over seeds; bars are 95 % bootstrap intervals (BCa).")
    return figure


def _of_leak(cells: Mapping[Place, Cell], second: Mapping[Place, Cell]) -> list[_Row]:
    conditions: list[tuple[str, dict[str, Any]]] = [
        ("no leak, 100 ms", {}),
        ("no leak, 50 ms", {"dt": 50.0}),
        ("leak 0.5, 100 ms", {"leak": 0.5}),
        ("leak 0.5, 50 ms", LEAKY[0]),
        ("leak 0.75, 25 ms", LEAKY[1]),
    ]
    rows = [(n, cells[Place(LOW, **of)], cells[Place(NULL, **of)]) for n, of in conditions]
    for name, of in conditions[-2:]:
        pair = second[Place(WITHOUT, **of)], second[Place(NULL_WITHOUT, **of)]
        rows.append((f"{name},\nits identity taken away", *pair))
    return rows


def _of_size(cells: Mapping[Place, Cell]) -> list[_Row]:
    small = cells[Place(NULL, gain=SMALL_GAIN)]
    return [
        ("equal norm", cells[Place(LOW)], cells[Place(NULL)]),
        ("equal leading\nsingular value", cells[Place(LEADING)], cells[Place(NULL)]),
        ("equal norm,\na fifth as large", cells[Place(LEADING)], small),
    ]


def _pairs(axes: Axes, rows: Sequence[_Row]) -> None:
    for place, (_, *pair) in enumerate(rows):
        kinds = (("rank 1", LOW_STYLE, -_APART), ("full rank", NULL_STYLE, _APART))
        for (name, style, side), cell in zip(kinds, pair, strict=True):
            found = mean_and_interval(cell.values[MEASURE])
            label = name if not place else None
            mean_on_row(axes, place + side, found, style, ms=6, label=label)
    name_rows(axes, [name for name, *_ in rows], 8)
    axes.set_xlim(0, 0.8)
    axes.set_xlabel(with_ends("kernel alignment", MEASURE), fontsize=9)


def _trends(axes: Axes, cells: Mapping[Place, Cell], task: str) -> None:
    names = {"nothing": "equal norm"} | {m: f"equal {NAMES[m]}" for m in MATCHES[1:]}
    for i, match in enumerate(MATCHES):
        (places,) = (of for of in QUESTIONS[match] if of[0].task == task)
        style: Style = STYLES[i]
        values = [mean_and_interval(cells[place].values[MEASURE]) for place in places]
        means, lows, highs = np.array(values).T
        at = np.arange(len(places)) + 0.08 * (i - 1)
        axes.plot(at, means, color=style.colour, ls=style.line, lw=1.3)
        axes.errorbar(
            at,
            means,
            np.nan_to_num([means - lows, highs - means]),
            fmt=style.marker,
            color=style.colour,
            ms=5,
            lw=1.3,
            label=names[match],
        )
    axes.set_xticks(range(4), ["1", "4", "16", "full"])
    axes.set_ylim(0, None)
    plain_edges(axes)
