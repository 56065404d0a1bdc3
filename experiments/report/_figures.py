"""Each measure against the start, with loss and accuracy beside them."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..findings import MEASURES, Comparison, mean_and_interval
from ..kinds.linear import LABELS as LINEAR_LABELS
from ..kinds.recurrent import LABELS
from ..plot import BARS, BLUE, COLOURS, GREY, VERMILLION, with_ends
from ._markup import escaped
from ._panel import Line, OnFigure, panel
from ._svg import drawing, inline_svg
from ._theory import STANDARD_ERRORS, Beside

# What a reader can still tell apart.
MOST_PANELS, MOST_LINES = 6, len(COLOURS)
# With the sign that stands for each in a legend, so that colour is not needed.
MARKERS = {"o": "●", "s": "■", "^": "▲", "D": "◆", "v": "▼", "P": "✚", "X": "✖"}
# A range that float32 can make by rounding, of numbers of order 1.
ROUNDING = 1e-5
_MARKS = "Larger marks are means. Arrows along an axis point to the richer and to the lazier end."
DRAWN = (*MEASURES, "loss", "accuracy")


def measure_figures(settings: Sequence[Comparison], on_figure: OnFigure) -> str:
    """A figure for each measure, loss and accuracy, each with a panel for every task, as HTML.

    What is the same in all networks but for rounding is said instead of drawn.

    Args:
        settings: what is drawn.
        on_figure: called with the name and the figure of each panel.
    """
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
    labels = LABELS | (LINEAR_LABELS if set(by_task) == {"linear"} else {})
    parts, same = [], []
    for measure in DRAWN:
        drawn = {}
        for task, of_task in by_task.items():
            found = _finite(of_task, measure)
            if len(found) and _differ(found, measure, of_task):
                drawn[task] = of_task
            elif len(found):
                same.append(f"{labels[measure]} of {task} ({found.mean():.4g})")
        if not drawn:
            continue
        limits = None if measure == "loss" else _limits(drawn, measure)
        label = labels[measure]
        panels = [
            panel(of_task, measure, f"{measure}-{i}", limits, lines, label, on_figure)
            for i, of_task in enumerate(drawn.values())
        ]
        parts.append(
            f'<figure class="card"><figcaption>{escaped(label[:1].upper() + label[1:])}'
            f'</figcaption><div class="panels">{"".join(panels)}</div></figure>'
        )
    kind = "figures single" if len(by_task) == 1 else "figures"
    figures = f'<div class="{kind}">{"".join(parts)}</div>' if parts else ""
    said = f'<p class="how">{escaped(BARS)} {escaped(_MARKS)}</p>' if parts else ""
    if same:
        told = f"Not drawn, because all networks agree but for rounding: {'; '.join(same)}."
        said += f'<p class="how">{escaped(told)}</p>'
    return _left_out(tasks, texts) + _legend(lines) + figures + said


def theory_figure(found: Sequence[Beside], on_figure: OnFigure) -> str:
    """Simulated over expected kernel alignment, a mark for each cell, as HTML."""
    shown = [b for b in found if b.seeds]
    if not shown:
        return ""
    with drawing():
        figure = Figure(figsize=(4.6, 3.8), layout="constrained")
        axes = figure.subplots()
        for agrees, colour, marker in ((True, BLUE, "o"), (False, VERMILLION, "X")):
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
        axes.plot([low - edge, high + edge], [low - edge, high + edge], color=GREY, lw=1)
        axes.set_xlabel("kernel alignment, theory (lazier to the right)")
        axes.set_ylabel(with_ends("kernel alignment, simulated", "kernel_alignment"))
        axes.legend(frameon=False)
        title = "Simulated against expected kernel alignment of linear networks"
        on_figure("theory", figure)
        svg = inline_svg(figure, "theory", title)
    return (
        '<figure class="card"><figcaption>Simulation over theory; bars are '
        f"{STANDARD_ERRORS:g} standard errors</figcaption>"
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


def _finite(settings: Sequence[Comparison], measure: str) -> np.ndarray:
    """All finite values of a measure."""
    cells = (cell for each in settings for cell in each.cells)
    values = np.concatenate([np.empty(0), *(c.values.get(measure, np.empty(0)) for c in cells)])
    return values[np.isfinite(values)]


def _differ(values: np.ndarray, measure: str, settings: Sequence[Comparison]) -> bool:
    """Whether values differ by more than rounding; a single value is drawn."""
    first = _finite(settings, "first_loss")
    # A loss is small or large beside that of the start, weights beside themselves.
    size = 1.0
    if measure == "loss" and len(first):
        size = float(np.abs(first).max())
    elif measure == "weight_change_norm":
        size = float(np.abs(values).max())
    return len(values) == 1 or float(np.ptp(values)) > ROUNDING * size


def _limits(by_task: Mapping[str, Sequence[Comparison]], measure: str) -> tuple[float, float]:
    """The same range for all tasks, so that panels may be compared."""
    cells = [cell for of_task in by_task.values() for each in of_task for cell in each.cells]
    values = np.concatenate([cell.values.get(measure, np.empty(0)) for cell in cells])
    ends = [values[np.isfinite(values)]]
    for cell in cells:
        interval = np.array(mean_and_interval(cell.values.get(measure, np.empty(0))))
        ends.append(interval[np.isfinite(interval)])
    low, high = float(np.concatenate(ends).min()), float(np.concatenate(ends).max())
    edge = 0.05 * (high - low) or max(0.05 * abs(high), 1e-3)
    return low - edge, high + edge
