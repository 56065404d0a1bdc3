"""Both panels of figure 3."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...kinds.students import predicted_alignment
from ...plot import (
    BLUE,
    BOXES,
    GREY,
    LINEAR_DOTS,
    PALE_GREY,
    STANDARD_ERRORS,
    VERMILLION,
    measure_label,
    plain_edges,
    runs_box,
    say_below,
)

COLOURS = {"random": GREY, "partially aligned": BLUE, "aligned": VERMILLION}
PANELS = ("kernel_alignment", "representation_alignment", "weight_change_norm")


def draw(linear: xr.Dataset | None, students: xr.Dataset | None) -> Figure:
    """Panel B, panel C or both, whichever is given; dots are networks or means of networks."""
    shown = [name for name in PANELS if students is not None and name in students]
    columns = (linear is not None) + len(shown)
    figure = Figure(figsize=(3.3 * columns + 1.2, 3.6), layout="constrained")
    widths = [1.4] * (linear is not None) + [1.0] * len(shown)
    grid = list(figure.subplots(1, columns, squeeze=False, width_ratios=widths)[0])
    if linear is not None:
        axes = grid.pop(0)
        _draw_linear(axes, linear)
        axes.set_title("B  linear students", loc="left", fontsize=10)
    for axes, measure in zip(grid, shown, strict=True):
        assert students is not None
        _draw_students(axes, students, measure)
        if measure == shown[0]:
            title = f"C  {students.attrs['task']}, {students.attrs['images']}"
            axes.set_title(title, loc="left", fontsize=10)
    for axes in figure.axes:
        plain_edges(axes)
    said = [] if linear is None else [f"B: {LINEAR_DOTS}"]
    said += [f"C: {BOXES}; a line is a seed."] if shown else []
    say_below(figure, " ".join(said))
    return figure


def _draw_linear(axes: Axes, linear: xr.Dataset) -> None:
    kappas = linear["kappa"].values
    smooth = np.geomspace(kappas.min(), kappas.max() * 1.05, 60)
    for start in linear["start"].values:
        colour = COLOURS[start]
        curve = [predicted_alignment(str(start), float(k)) for k in smooth]
        axes.plot(smooth, curve, color=colour, lw=1.4, label=str(start))
        values = linear["kernel_alignment"].sel(start=start).values
        errors = STANDARD_ERRORS * values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
        axes.errorbar(kappas, values.mean(axis=1), errors, fmt="o", ms=4, color=colour, capsize=2)
    axes.set_xscale("log")
    axes.set_xticks(kappas, [f"{k:g}" for k in kappas])
    axes.minorticks_off()
    axes.set_xlabel(r"strength of the leading features, $\kappa$")
    axes.set_ylabel("kernel alignment")
    axes.legend(frameon=False, fontsize=8, title="lines: theory", title_fontsize=8)


def _draw_students(axes: Axes, students: xr.Dataset, measure: str) -> None:
    names = [str(name) for name in students["start"].values]
    values = students[measure].values
    # A line for each seed: its students differ in the recurrent weights alone.
    axes.plot(range(len(names)), values, color=PALE_GREY, lw=0.7, zorder=0)
    for k, name in enumerate(names):
        runs_box(axes, float(k), values[k], colour=COLOURS[name], width=0.5, spread=0.0)
    axes.set_xticks(range(len(names)), [name.replace(" ", "\n") for name in names], fontsize=8)
    axes.set_ylabel(measure_label(students, measure))
