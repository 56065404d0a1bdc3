"""The confirmation as a figure; apart, because matplotlib takes a second to import."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..findings import mean_and_interval
from ..plot import (
    DARK_GREY,
    STRUCTURES,
    mean_on_row,
    name_rows,
    panel_title,
    say_below,
    with_ends,
)
from ._conditions import ALIGNED, FLOOR, RANDOM, Condition, equal_loss

# Kernel, measure, and what the panel is called.
PANELS = (
    ("recurrent", "kernel_alignment", "kernel of the recurrent weights"),
    ("all", "kernel_alignment", "kernel of all weights"),
    ("recurrent", "representation_alignment", "activity"),
)
_APART = 0.14


def draw(conditions: Mapping[Condition, xr.Dataset]) -> Figure:
    """Aligned beside random students at equal loss, a row for each condition.

    Args:
        conditions: of a confirmation.
    """
    figure = Figure(figsize=(11, 0.62 * len(conditions) + 2.1), layout="constrained")
    panels = figure.subplots(1, len(PANELS), sharey=True)
    for letter, axes, (kernel, measure, title) in zip("abc", panels, PANELS, strict=True):
        _draw(axes, conditions, kernel, measure)
        label = f"{measure.replace('_', ' ')} at equal loss"
        axes.set_xlabel(with_ends(label, measure), fontsize=9)
        panel_title(axes, letter, title)
    handles, labels = panels[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=8, frameon=False)
    say_below(
        figure,
        "Marks are means over seeds and bars their 95 % bootstrap intervals (BCa); dots are "
        "networks, of the seeds that can be compared.",
    )
    return figure


def _draw(
    axes: Axes, conditions: Mapping[Condition, xr.Dataset], kernel: str, measure: str
) -> None:
    for place, dataset in enumerate(conditions.values()):
        cells = {cell.start: cell for cell in equal_loss(dataset, kernel).cells}
        pair = np.array([cells[start].values[measure] for start in (RANDOM, ALIGNED)])
        pair = pair[:, np.isfinite(pair).all(axis=0)]
        for start, values, side in zip((RANDOM, ALIGNED), pair, (-_APART, _APART), strict=True):
            style, at = STRUCTURES[start], place + side
            axes.plot(values, np.full(len(values), at), ".", color=style.colour, ms=3, alpha=0.4)
            name = f"{start} students" if not place else None
            mean_on_row(axes, at, mean_and_interval(values), style, ms=6, label=name)
    if measure == "kernel_alignment":
        said = "below it, the plan lets no difference count"
        axes.axvline(FLOOR, color=DARK_GREY, ls=":", lw=1, label=said)
    name_rows(axes, [_named(condition) for condition in conditions], 8)


def _named(of: Condition) -> str:
    readout = {"redrawn": "redrawn", "redrawn_x3": "redrawn, 3 times", "rotated": "rotated"}
    said = [f"rank {of.rank}", f"readout {readout[of.readout]}"]
    said += [f"teacher of {of.teacher_rank} rank"] * (of.teacher_rank != "same")
    said += ["learns from teacher"] * (of.learns_from != "labels")
    said += ["norm of teacher's end"] * (of.student_norm != "teacher_start")
    return f"{said[0]},\n{', '.join(said[1:])}"
