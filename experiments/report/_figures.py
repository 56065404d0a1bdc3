"""Each measure against the start, with loss and accuracy beside them."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .._intervals import mean_and_interval
from ..fig2 import COLOURS
from ..recurrent import MEASURES
from ..recurrent._train import LABELS
from ._cell import Cell
from ._markup import escaped, words
from ._settings import Setting, start_place
from ._svg import drawing, inline_svg
from ._theory import STANDARD_ERRORS, Beside

# What a reader can still tell apart.
MOST_PANELS, MOST_LINES, MOST_STARTS = 6, len(COLOURS), 24
PANEL_INCHES = (3.5, 2.7)
# With the sign that stands for each in a legend, so that colour is not needed.
MARKERS = {"o": "●", "s": "■", "^": "▲", "D": "◆", "v": "▼", "P": "✚", "X": "✖"}
DRAWN = (*MEASURES, "loss", "accuracy")
# Beyond this ratio of largest to smallest, small losses would all lie on the axis.
LOGARITHMIC = 30.0


class Line(NamedTuple):
    """A colour and a marker, and the settings that have them."""

    text: str
    colour: str
    marker: str


def measure_figures(settings: Sequence[Setting]) -> str:
    """A figure for each measure, loss and accuracy, each with a panel for every task, as HTML."""
    tasks = list(dict.fromkeys(setting.task for setting in settings))
    texts = list(dict.fromkeys(setting.text for setting in settings))
    lines = {
        text: Line(text, colour, marker)
        for text, colour, marker in zip(texts, COLOURS, MARKERS, strict=False)
    }
    by_task = {
        task: [s for s in settings if s.task == task and s.text in lines]
        for task in tasks[:MOST_PANELS]
    }
    parts = []
    for measure in DRAWN:
        drawn = {t: s for t, s in by_task.items() if any(_has(measure, each) for each in s)}
        if not drawn:
            continue
        limits = None if measure == "loss" else _limits(drawn, measure)
        panels = [
            _panel(of_task, measure, f"{measure}-{i}", limits, lines)
            for i, of_task in enumerate(drawn.values())
        ]
        label = LABELS[measure]
        parts.append(
            f'<figure class="card"><figcaption>{escaped(label[:1].upper() + label[1:])}'
            f'</figcaption><div class="panels">{"".join(panels)}</div></figure>'
        )
    figures = f'<div class="figures">{"".join(parts)}</div>' if parts else ""
    return _left_out(tasks, texts) + _legend(lines) + figures


def theory_figure(found: Sequence[Beside]) -> str:
    """Simulated over expected kernel alignment, a mark for each cell, as HTML."""
    shown = [b for b in found if b.seeds]
    if not shown:
        return ""
    with drawing():
        figure = Figure(figsize=(4.6, 3.8), layout="constrained")
        axes = figure.subplots()
        for agrees, colour, marker in ((True, COLOURS[1], "o"), (False, COLOURS[0], "X")):
            these = [b for b in shown if b.agrees == agrees]
            if not these:
                continue
            axes.errorbar(
                [b.expected for b in these],
                [b.simulated for b in these],
                [STANDARD_ERRORS * b.standard_error for b in these],
                fmt=marker,
                color=colour,
                ms=5,
                capsize=2,
                lw=1,
                label="agrees" if agrees else "differs",
            )
        low, high = (f([f(b.expected, b.simulated) for b in shown]) for f in (min, max))
        edge = 0.05 * (high - low) or 0.05
        axes.plot([low - edge, high + edge], [low - edge, high + edge], color="#9a9a9a", lw=1)
        axes.set_xlabel("kernel alignment, theory")
        axes.set_ylabel("kernel alignment, simulated")
        axes.legend(frameon=False)
        title = "Simulated against expected kernel alignment of linear networks"
        svg = inline_svg(figure, "theory", title)
    return (
        '<figure class="card"><figcaption>Simulation over theory; bars are '
        f"{STANDARD_ERRORS:g} standard errors of a mean over so many tasks</figcaption>"
        f'<div class="panels"><div class="chart">{svg}</div></div></figure>'
    )


def _left_out(tasks: Sequence[str], texts: Sequence[str]) -> str:
    said = []
    if len(tasks) > MOST_PANELS:
        said.append(f"the first {MOST_PANELS} of {len(tasks)} tasks")
    if len(texts) > MOST_LINES:
        said.append(f"the first {MOST_LINES} of {len(texts)} combinations of fields")
    if not said:
        return ""
    return f'<p class="warning">Drawn are {" and ".join(said)}; the table has all of them.</p>'


def _legend(lines: Mapping[str, Line]) -> str:
    if len(lines) < 2:
        return ""
    items = "".join(
        f'<li><span style="color: {line.colour}" aria-hidden="true">{MARKERS[line.marker]}</span> '
        f"{escaped(line.text or 'other cells')}</li>"
        for line in lines.values()
    )
    return f'<ul class="legend card">{items}</ul>'


def _has(measure: str, setting: Setting) -> bool:
    values = (cell.values.get(measure, np.empty(0)) for cell in setting.cells)
    return any(np.isfinite(each).any() for each in values)


def _limits(by_task: Mapping[str, Sequence[Setting]], measure: str) -> tuple[float, float]:
    """The same range for all tasks, so that panels may be compared."""
    cells = [cell for of_task in by_task.values() for each in of_task for cell in each.cells]
    values = np.concatenate([cell.values.get(measure, np.empty(0)) for cell in cells])
    ends = [values[np.isfinite(values)]]
    for cell in cells:
        mean, bar = _mean_and_bar(cell, measure)
        if math.isfinite(mean):
            ends.append(np.array([mean - bar, mean + bar]))
    low, high = float(np.concatenate(ends).min()), float(np.concatenate(ends).max())
    edge = 0.05 * (high - low) or max(0.05 * abs(high), 1e-3)
    return low - edge, high + edge


def _mean_and_bar(cell: Cell, measure: str) -> tuple[float, float]:
    return mean_and_interval(cell.values.get(measure, np.empty(0)))


def _panel(
    settings: Sequence[Setting],
    measure: str,
    name: str,
    limits: tuple[float, float] | None,
    lines: Mapping[str, Line],
) -> str:
    """One task, with the starts that all its settings have between them."""
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
    with drawing():
        wide = max(PANEL_INCHES[0], 0.0 if by_rank else 0.42 * len(chosen) + 0.9)
        figure = Figure(figsize=(wide, PANEL_INCHES[1]), layout="constrained")
        axes = figure.subplots()
        _draw(axes, settings, measure, chosen, by_rank, lines)
        _scale(axes, settings, measure, limits)
        axes.set_title(task if len(starts) <= MOST_STARTS else title, fontsize=10)
        svg = inline_svg(figure, name, title)
    return f'<div class="chart" style="min-width: min(100%, {wide:g}in)">{svg}</div>'


def _draw(
    axes: Axes,
    settings: Sequence[Setting],
    measure: str,
    starts: Sequence[Cell],
    by_rank: bool,
    lines: Mapping[str, Line],
) -> None:
    for k, setting in enumerate(settings):
        line = lines[setting.text]
        # Lines at one start stand side by side, and dots in the order of seeds, which tells those
        # of equal height apart.
        width = 0.8 / max(len(settings), 2)
        aside = width * (k - (len(settings) - 1) / 2)
        place = _places(starts, by_rank)
        at, means, bars = [], [], []
        for cell in setting.cells:
            if cell.start not in place or measure not in cell.values:
                continue
            values = cell.values[measure]
            shifts = aside + 0.35 * width * np.linspace(-1, 1, len(values))
            where = [place[cell.start](shift) for shift in shifts]
            axes.plot(where, values, ".", color=line.colour, ms=5.5, alpha=0.5, mew=0)
            mean, bar = _mean_and_bar(cell, measure)
            at.append(place[cell.start](aside))
            means.append(mean)
            bars.append(bar)
        style = "-" if by_rank else "none"
        axes.errorbar(
            at,
            means,
            bars,
            fmt=line.marker,
            ls=style,
            color=line.colour,
            ms=4.5,
            lw=1.2,
            capsize=2.5,
        )
    if by_rank:
        axes.set_xscale("log")
        ranks = sorted({cell.rank or 1 for cell in starts})
        axes.set_xticks(ranks, [str(rank) for rank in ranks])
        axes.minorticks_off()
        axes.set_xlabel("rank of the start")
    else:
        names = [_short(cell.start) for cell in starts]
        turned = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
        long = sum(map(len, names)) > 34
        axes.set_xticks(range(len(names)), names, **(turned if long else {}))
        axes.set_xlim(-0.6, len(names) - 0.4)
        axes.set_xlabel("start")


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
    axes: Axes, settings: Sequence[Setting], measure: str, limits: tuple[float, float] | None
) -> None:
    if limits is not None:
        axes.set_ylim(limits)
        return
    values = np.concatenate([c.values.get(measure, np.empty(0)) for s in settings for c in s.cells])
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0 and values.max() > LOGARITHMIC * values.min():
        axes.set_yscale("log")


def _short(name: str, most: int = 28) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
