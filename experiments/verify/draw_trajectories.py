"""Kernel alignment and loss over the time of learning: lines of theory, dots of training."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plot import STYLES, panel_title, plain_edges, say_below
from ._row import Row

# What rows of one panel have in their names, and the panel's title.
PANELS = {
    "trajectory-balanced-": "Balanced starts, exact",
    "trajectory-single-unit-": "One hidden unit, exact",
    "trajectory-lazy-": "Towards the lazy limit",
    "trajectory-numerical-": "Any start, solved numerically",
}
QUANTITIES = {
    "alignment": "1 - kernel alignment\n← lazier · richer →",
    "loss": "loss, share of the first",
}


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
        panel_title(grid[0, column], chr(ord("a") + column), title)
        panel_title(grid[1, column], chr(ord("a") + len(panels) + column))
        grid[-1, column].set_xlabel("time, updates x learning rate")
        for line, quantity in enumerate(QUANTITIES):
            shown = [r for r in followed if r.name.startswith(start) and r.name.endswith(quantity)]
            _draw_panel(grid[line, column], shown, legend=line == 1)
    for axes, label in zip(grid[:, 0], QUANTITIES.values(), strict=True):
        axes.set_ylabel(label)
    for axes in grid[1]:
        axes.set_ylim(0, 1.04)
    if "trajectory-lazy-" in panels:
        grid[0, list(panels).index("trajectory-lazy-")].set_ylabel(
            "(1 - kernel alignment) $L^8$\n← lazier · richer →"
        )
    say_below(
        figure,
        "Lines are theory; marks are one trained network of each setting. Above: how far the "
        "kernel turned. Below: the loss as a share of that of the start.",
    )
    return figure


def _draw_panel(axes: Axes, rows: Sequence[Row], legend: bool) -> None:
    axes.locator_params(axis="x", nbins=5)
    for row, (colour, line, marker, _) in zip(rows, STYLES, strict=False):
        assert row.curve is not None
        axes.plot(row.curve.times, row.curve.predicted, ls=line, color=colour, label=row.setting)
        axes.plot(row.curve.measured_times, row.curve.measured, marker, ms=4, color=colour)
    plain_edges(axes)
    if legend:
        axes.legend(frameon=False, fontsize=8)
