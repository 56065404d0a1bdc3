"""Both panels of figure 3."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...kinds.students import predicted_alignment
from ...plot import (
    BOXES,
    LINEAR_DOTS,
    PALE_GREY,
    STANDARD_ERRORS,
    STRUCTURES,
    axis_label,
    panel_title,
    plain_edges,
    runs_box,
    say_below,
)

PANELS = ("kernel_alignment", "representation_alignment", "weight_change_norm")


def draw(linear: xr.Dataset | None, students: xr.Dataset | None) -> Figure:
    """Linear students, recurrent students or both; dots are networks or means of networks."""
    shown = [name for name in PANELS if students is not None and name in students]
    columns = (linear is not None) + len(shown)
    figure = Figure(figsize=(3.3 * columns + 1.2, 3.6), layout="constrained")
    letters = list("abcd")
    widths = [1.4] * (linear is not None) + [1.0] * len(shown)
    grid = list(figure.subplots(1, columns, squeeze=False, width_ratios=widths)[0])
    if linear is not None:
        axes = grid.pop(0)
        _draw_linear(axes, linear)
        panel_title(axes, letters.pop(0), "Linear students of a linear teacher")
    for axes, measure in zip(grid, shown, strict=True):
        assert students is not None
        _draw_students(axes, students, measure)
        of = f"Recurrent students, {students.attrs['task']}" if measure == shown[0] else ""
        panel_title(axes, letters.pop(0), of)
    for axes in figure.axes:
        plain_edges(axes)
    said = [] if linear is None else [f"a (the paper's panel B): lines are theory. {LINEAR_DOTS}"]
    if shown and students is not None:
        which = "b to d" if said else "a to c"
        images = students.attrs["images"]
        said.append(
            f"{which}: images of {images}; {BOXES}; a thin line joins students of one seed."
        )
    say_below(figure, " ".join(said))
    return figure


def _draw_linear(axes: Axes, linear: xr.Dataset) -> None:
    kappas = linear["kappa"].values
    smooth = np.geomspace(kappas.min(), kappas.max() * 1.05, 60)
    for start in linear["start"].values:
        colour, line, marker, _ = STRUCTURES[str(start)]
        curve = [predicted_alignment(str(start), float(k)) for k in smooth]
        axes.plot(smooth, curve, ls=line, color=colour, lw=1.4, label=str(start))
        values = linear["kernel_alignment"].sel(start=start).values
        errors = STANDARD_ERRORS * values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
        axes.errorbar(
            kappas, values.mean(axis=1), errors, fmt=marker, ms=4, color=colour, capsize=2
        )
    axes.set_xscale("log")
    axes.set_xticks(kappas, [f"{k:g}" for k in kappas])
    axes.minorticks_off()
    axes.set_xlabel(r"strength of the leading features, $\kappa$")
    axes.set_ylabel(axis_label(linear, "kernel_alignment"))
    axes.legend(frameon=False, fontsize=8, loc="center right")


def _draw_students(axes: Axes, students: xr.Dataset, measure: str) -> None:
    names = [str(name) for name in students["start"].values]
    values = students[measure].values
    # A line for each seed: its students differ in the recurrent weights alone.
    axes.plot(range(len(names)), values, color=PALE_GREY, lw=0.7, zorder=0)
    for k, name in enumerate(names):
        colour, hatch = STRUCTURES[name].colour, STRUCTURES[name].hatch
        runs_box(axes, float(k), values[k], colour=colour, hatch=hatch, width=0.5, spread=0.0)
    axes.set_xticks(range(len(names)), [name.replace(" ", "\n") for name in names], fontsize=8)
    axes.set_ylabel(axis_label(students, measure))
