"""Kernel alignment and loss over the time of learning: lines of theory, dots of training."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plot import COLOURS, plain_edges
from ._row import Row

# What rows of one panel have in their names, and the panel's title.
PANELS = {
    "trajectory-balanced-": "balanced start, exact",
    "trajectory-single-unit-": "one hidden unit, exact",
    "trajectory-lazy-": "towards the lazy limit",
    "trajectory-numerical-": "any start, solved numerically",
}
QUANTITIES = {"alignment": "1 - kernel alignment", "loss": "loss, share of the first"}


def draw_trajectories(rows: Sequence[Row]) -> Figure:
    """One network of each setting over time.

    Args:
        rows: those of `experiments.verify`, of which those with a curve are drawn, at least one.
    """
    followed = [row for row in rows if row.curve is not None]
    panels = {at: t for at, t in PANELS.items() if any(r.name.startswith(at) for r in followed)}
    figure = Figure(figsize=(2.9 * len(panels) + 0.6, 5), layout="constrained")
    grid = figure.subplots(len(QUANTITIES), len(panels), squeeze=False)
    for column, (start, title) in enumerate(panels.items()):
        grid[0, column].set_title(title, fontsize=10)
        grid[-1, column].set_xlabel("time, updates x learning rate")
        for line, quantity in enumerate(QUANTITIES):
            shown = [r for r in followed if r.name.startswith(start) and r.name.endswith(quantity)]
            _draw_panel(grid[line, column], shown, legend=line == 1)
    for axes, label in zip(grid[:, 0], QUANTITIES.values(), strict=True):
        axes.set_ylabel(label)
    for axes in grid[1]:
        axes.set_ylim(0, 1.04)
    if "trajectory-lazy-" in panels:
        grid[0, list(panels).index("trajectory-lazy-")].set_ylabel(r"(1 - kernel alignment) $L^8$")
    return figure


def _draw_panel(axes: Axes, rows: Sequence[Row], legend: bool) -> None:
    axes.locator_params(axis="x", nbins=5)
    for row, colour in zip(rows, COLOURS, strict=False):
        assert row.curve is not None
        axes.plot(row.curve.times, row.curve.predicted, color=colour, label=row.setting)
        axes.plot(row.curve.measured_times, row.curve.measured, "o", ms=3.5, color=colour)
    plain_edges(axes)
    if legend:
        axes.legend(frameon=False, fontsize=8)
