"""One panel: one measure of one task against the start."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..findings import Cell, Comparison, bars, start_place, words
from ._svg import drawing, inline_svg

# What a reader can still tell apart.
MOST_STARTS, MOST_TICKS, MOST_LETTERS = 24, 8, 28
PANEL_INCHES = (3.5, 2.7)
# Beyond this ratio of largest to smallest, small losses would all lie on the axis.
LOGARITHMIC = 30.0


class Line(NamedTuple):
    """A colour and a marker, and the settings that have them."""

    text: str
    colour: str
    marker: str


def panel(
    settings: Sequence[Comparison],
    measure: str,
    name: str,
    limits: tuple[float, float] | None,
    lines: Mapping[str, Line],
) -> str:
    """One task, with the starts that all its settings have between them, as HTML.

    Args:
        settings: those of the task.
        measure: what is drawn.
        name: of the panel, which no other of the page has.
        limits: of the vertical axis; None leaves them to the values.
        lines: how each setting is drawn, by its text.
    """
    starts: dict[str, Cell] = {}
    for setting in settings:
        for cell in setting.cells:
            if measure in cell.values:
                starts.setdefault(cell.start, cell)
    chosen = sorted(starts.values(), key=start_place)[:MOST_STARTS]
    families = {cell.family for cell in chosen}
    by_rank = len(families) == 1 and all(cell.rank and not cell.is_null for cell in chosen)
    task = settings[0].task
    title = f"{words(measure)} against {'rank' if by_rank else 'start'}, task {task}"
    if len(starts) > MOST_STARTS:
        title += f", first {MOST_STARTS} of {len(starts)} starts"
    names = [] if by_rank else [_short(cell.start) for cell in chosen]
    turned = sum(map(len, names)) > 34
    wide = max(PANEL_INCHES[0], 0.42 * len(names) + 0.9)
    high = PANEL_INCHES[1] + (0.04 * max(map(len, names)) if turned else 0.0)
    with drawing():
        figure = Figure(figsize=(wide, high), layout="constrained")
        axes = figure.subplots()
        _draw(axes, settings, measure, _places(chosen, by_rank), lines, by_rank)
        if by_rank:
            _rank_axis(axes, chosen)
        else:
            how: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
            axes.set_xticks(range(len(names)), names, **(how if turned else {}))
            axes.set_xlim(-0.6, len(names) - 0.4)
        axes.set_xlabel("rank of the start" if by_rank else "start")
        _scale(axes, settings, measure, limits)
        axes.set_title(task if len(starts) <= MOST_STARTS else title, fontsize=10)
        svg = inline_svg(figure, name, title)
    return f'<div class="chart" style="flex-basis: {wide:g}in">{svg}</div>'


def _draw(
    axes: Axes,
    settings: Sequence[Comparison],
    measure: str,
    place: Mapping[str, Callable[[float], float]],
    lines: Mapping[str, Line],
    joined: bool,
) -> None:
    for k, setting in enumerate(settings):
        line = lines[setting.text]
        # Lines at one start stand side by side, and dots in the order of seeds, which tells those
        # of equal height apart.
        width = 0.8 / max(len(settings), 2)
        aside = width * (k - (len(settings) - 1) / 2)
        at, drawn, dots = [], [], []
        for cell in setting.cells:
            if cell.start not in place or measure not in cell.values:
                continue
            values = cell.values[measure]
            shifts = aside + 0.35 * width * np.linspace(-1, 1, len(values))
            dots += ((place[cell.start](a), v) for a, v in zip(shifts, values, strict=True))
            at.append(place[cell.start](aside))
            drawn.append(values)
        # All at once: each call takes matplotlib a millisecond or two.
        axes.plot(*np.reshape(dots, (-1, 2)).T, ".", color=line.colour, ms=5.5, alpha=0.5, mew=0)
        means, lengths = bars(drawn)
        axes.errorbar(
            at,
            means,
            lengths,
            fmt=line.marker,
            ls="-" if joined else "none",
            color=line.colour,
            ms=4.5,
            lw=1.2,
            capsize=2.5,
        )


def _rank_axis(axes: Axes, starts: Sequence[Cell]) -> None:
    ranks = sorted({cell.rank or 1 for cell in starts})
    axes.set_xscale("log")
    ticks = ranks[:: -(-len(ranks) // MOST_TICKS)]
    axes.set_xticks(ticks, [str(rank) for rank in ticks])
    axes.minorticks_off()


def _places(starts: Sequence[Cell], by_rank: bool) -> dict[str, Callable[[float], float]]:
    """Where each start stands, as a function of a shift from it in steps between starts."""
    if not by_rank:
        return {cell.start: lambda shift, i=i: i + shift for i, cell in enumerate(starts)}
    ranks = np.unique([cell.rank or 1 for cell in starts])
    step = float(np.diff(np.log(ranks)).min()) if len(ranks) > 1 else math.log(2)
    # Starts that are far apart need not be spread as widely.
    step = min(step, math.log(2))
    return {
        cell.start: lambda shift, rank=cell.rank or 1: rank * math.exp(step * shift)
        for cell in starts
    }


def _scale(
    axes: Axes, settings: Sequence[Comparison], measure: str, limits: tuple[float, float] | None
) -> None:
    if limits is not None:
        axes.set_ylim(limits)
        return
    values = np.concatenate([c.values.get(measure, np.empty(0)) for s in settings for c in s.cells])
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0 and values.max() > LOGARITHMIC * values.min():
        axes.set_yscale("log")


def _short(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
