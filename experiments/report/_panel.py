"""One panel: one measure of one task against the start."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..findings import Cell, Comparison, start_place, words
from ..plot import STRUCTURES, Places, runs_and_means, styles_of, with_ends
from ._svg import drawing, inline_svg

# What a reader can still tell apart.
MOST_STARTS = 24
PANEL_INCHES = (3.5, 2.7)
# Beyond this ratio of largest to smallest, small losses would all lie on the axis.
LOGARITHMIC = 30.0
# What is done with a figure and its name before it is put into a page.
OnFigure = Callable[[str, Figure], None]


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
    label: str,
    on_figure: OnFigure,
) -> str:
    """One task, with the starts that all its settings have between them, as HTML.

    Args:
        settings: those of the task.
        measure: what is drawn.
        name: of the panel, which no other of the page has.
        limits: of the vertical axis; None leaves them to the values.
        lines: how each setting is drawn, by its text.
        label: of the vertical axis.
        on_figure: called with the name and the figure.
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
    places = Places(
        [cell.start for cell in chosen], [cell.rank or 1 for cell in chosen] if by_rank else None
    )
    wide = PANEL_INCHES[0] if by_rank else max(PANEL_INCHES[0], 0.42 * len(chosen) + 0.9)
    high = PANEL_INCHES[1] + (0.045 * max(map(len, places.shown)) if places.turned else 0.0)
    with drawing():
        figure = Figure(figsize=(wide, high), layout="constrained")
        axes = figure.subplots()
        number = {cell.start: i for i, cell in enumerate(chosen)}
        for k, setting in enumerate(settings):
            line = lines[setting.text]
            cells = [c for c in setting.cells if c.start in number and measure in c.values]
            values = {number[cell.start]: cell.values[measure] for cell in cells}
            drawn = [(values, line.colour, line.marker)]
            # One setting needs no colour, so that structures have those that they always have.
            if len(lines) == 1 and not by_rank and any(c.start in STRUCTURES for c in cells):
                styles = styles_of(cell.start for cell in chosen)
                drawn = [
                    ({i: of}, styles[chosen[i].start].colour, styles[chosen[i].start].marker)
                    for i, of in values.items()
                ]
            for of, colour, marker in drawn:
                side = (k, len(settings))
                how = {"colour": colour, "dots": colour, "marker": marker, "side": side}
                runs_and_means(axes, places, of, **how)
        places.label(axes)
        _scale(axes, settings, measure, limits)
        axes.set_ylabel(with_ends(textwrap.fill(label, 32), measure))
        axes.set_title(task if len(starts) <= MOST_STARTS else title, fontsize=10)
        on_figure(name, figure)
        svg = inline_svg(figure, name, title)
    return f'<div class="chart" style="flex-basis: {wide:g}in">{svg}</div>'


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
        # Powers would be mathematics, which figures of a page leave unread.
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
