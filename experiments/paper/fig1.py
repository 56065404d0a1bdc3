"""Figure 1: the rank of the start against measures of lazy learning, on cognitive tasks."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ..findings import (
    Findings,
    Summary,
    comparison_of,
    findings,
    means_table,
    sampling_error,
    sentences,
    trend_table,
    warnings_of,
)
from ..plot import measure_against_start, panel_title, say_below

PANELS = ("kernel_alignment", "representation_alignment", "weight_change_norm")
COLUMNS = (*PANELS, "sign_agreement", "sign_agreement_all_steps", "loss", "accuracy")


def draw(datasets: Sequence[xr.Dataset]) -> Figure:
    """A row for each measure and a column for each task; a dot is a run, a mark a mean.

    Bars are 95 % intervals of the mean over seeds, as the figure says. Runs that diverged are not
    drawn.
    """
    panels = [name for name in PANELS if name in datasets[0]] or ["loss"]
    size = (3.2 * len(datasets) + 0.8, 2.6 * len(panels))
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(panels), len(datasets), squeeze=False, sharex="col")
    for column, dataset in enumerate(datasets):
        for row, measure in enumerate(panels):
            axes = measure_against_start(dataset, measure, grid[row, column])
            panel_title(axes, letter_of(grid, row, column), title(dataset) if row == 0 else "")
    outer_labels(grid)
    say_below(figure)
    return figure


def table(datasets: Sequence[xr.Dataset]) -> str:
    """Means over seeds with 95 % intervals, and what each measure says, in Markdown."""
    lines = []
    for dataset in datasets:
        found = findings([comparison_of(dataset)])
        lines += [
            f"## {title(dataset)}",
            "",
            _caption(dataset),
            "",
            *means_table(dataset, COLUMNS),
            "",
            *trend_table(found.trends),
            "",
            *(f"- {each}" for each in _said(found)),
            "",
        ]
        if "kernel_alignment_error" in dataset:
            lines += [sampling_error(dataset), ""]
    return "\n".join(lines)


def summary(dataset: xr.Dataset) -> Summary:
    """What a terminal shows of one task, which is too narrow for the table."""
    error = [sampling_error(dataset)] if "kernel_alignment_error" in dataset else []
    said = [*_said(findings([comparison_of(dataset)])), *error]
    return Summary(title(dataset), _caption(dataset), COLUMNS, said)


def _caption(dataset: xr.Dataset) -> str:
    a = dataset.attrs
    return (
        f"N = {a['n_hidden']}, {a['seeds']} seeds, {a['iterations']} iterations of "
        f"{a['batch']} trials; means over seeds with 95 % intervals."
    )


def _said(found: Findings) -> list[str]:
    return [*(sentence.text for sentence in sentences(found)), *warnings_of(found)]


def title(dataset: xr.Dataset) -> str:
    """The task, and the images it is made of."""
    task, images = dataset.attrs["task"], dataset.attrs.get("images")
    return task if images in (None, task) else f"{task} ({images})"


def letter_of(grid: np.ndarray, row: int, column: int) -> str:
    """The letter of a panel of a grid, row by row from a; beyond z it is two letters."""
    tens, ones = divmod(row * grid.shape[1] + column, 26)
    return (chr(ord("a") + tens - 1) if tens else "") + chr(ord("a") + ones)


def outer_labels(grid: np.ndarray) -> None:
    """Leave only labels at the left and at the foot of a grid of Axes, the long ones broken."""
    for axes in grid[:, 1:].flat:
        axes.set_ylabel("")
    for axes in grid[:-1].flat:
        axes.set_xlabel("")
    for axes in grid[:, 0]:
        axes.set_ylabel(axes.get_ylabel().replace(" (", "\n("))
