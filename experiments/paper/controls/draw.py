"""Figures of controls."""

import textwrap
from collections.abc import Mapping

import xarray as xr
from matplotlib.figure import Figure

from ...plot import BANDS, measure_against_start, panel_title, say_below, through_training
from ..fig1 import PANELS, letter_of, outer_labels
from ._catalogue import CONTROLS, THROUGH
from ._size import variant_notes

THROUGH_PANELS = (
    "kernel_alignment",
    "representation_alignment",
    "weight_change_norm",
    "participation_ratio",
    "stable_rank",
    "loss",
)


def draw_variants(name: str, datasets: Mapping[str, xr.Dataset]) -> Figure:
    """A row for each measure and a column for each variant; a dot is a run, a mark a mean.

    Bars are 95 % intervals of the mean over seeds. Runs that diverged are not drawn.
    """
    size = (3.0 * len(datasets) + 0.8, 2.6 * len(PANELS))
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(PANELS), len(datasets), squeeze=False, sharex="col")
    for row, measure in enumerate(PANELS):
        # Alignments compare between variants; how far weights move depends on how they are moved.
        if measure.endswith("alignment"):
            for axes in grid[row, 1:]:
                axes.sharey(grid[row, 0])
    # What the paper has stands in the table.
    notes = {each: note.split("; ")[0].rstrip(".") for each, note in variant_notes(name).items()}
    titles = {each: "\n".join(textwrap.wrap(note, 34)) for each, note in notes.items()}
    for column, (variant, dataset) in enumerate(datasets.items()):
        for row, measure in enumerate(PANELS):
            axes = measure_against_start(dataset, measure, grid[row, column])
            said = titles.get(variant, variant) if row == 0 else ""
            panel_title(axes, letter_of(grid, row, column), said)
    outer_labels(grid)
    figure.suptitle(f"2AF with {CONTROLS[name].line}", fontsize=11)
    say_below(figure)
    return figure


def draw_through(dataset: xr.Dataset) -> Figure:
    """Measures against updates, a curve for each start: means with 95 % bands over seeds.

    Args:
        dataset: variables of start, update and seed.
    """
    figure = Figure(figsize=(10.5, 5.6), layout="constrained")
    panels = zip(figure.subplots(2, 3).flat, THROUGH_PANELS, strict=True)
    for i, (axes, measure) in enumerate(panels):
        through_training(dataset, measure, axes, legend=i == 0)
        panel_title(axes, "abcdef"[i])
    figure.suptitle(f"2AF: {CONTROLS[THROUGH].line}", fontsize=11)
    say_below(figure, BANDS)
    return figure
