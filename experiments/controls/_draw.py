"""Figures of controls."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.figure import Figure

from ..fig1 import PANELS, draw_panel, say_bars
from ..findings import bars
from ..recurrent._train import LABELS

THROUGH_PANELS = (
    "kernel_alignment",
    "representation_alignment",
    "weight_change_norm",
    "participation_ratio",
    "stable_rank",
    "loss",
)
THROUGH_LABELS = {
    "participation_ratio": "participation ratio of the weights",
    "stable_rank": "stable rank of the weights",
    "loss": "loss on held trials (nats)",
}


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
    for column, (variant, dataset) in enumerate(datasets.items()):
        for row, measure in enumerate(PANELS):
            axes = grid[row, column]
            draw_panel(axes, dataset, measure)
            if row == 0:
                axes.set_title(f"{name}: {variant}", fontsize=10)
            if column == 0:
                axes.set_ylabel(LABELS[measure].replace(" (", "\n("))
            if row == len(PANELS) - 1:
                axes.set_xlabel(dataset.attrs["rank_name"])
    say_bars(figure)
    return figure


def draw_through(dataset: xr.Dataset) -> Figure:
    """Measures against updates, a curve for each start: means with 95 % bands over seeds.

    Args:
        dataset: variables of start, update and seed.
    """
    figure = Figure(figsize=(10.5, 5.6), layout="constrained")
    colours = colormaps["viridis"](np.linspace(0.0, 0.85, dataset.sizes["start"]))
    updates = dataset["update"].values
    for axes, name in zip(figure.subplots(2, 3).flat, THROUGH_PANELS, strict=True):
        for label, colour in zip(dataset["start"].values, colours, strict=True):
            values = dataset[name].sel(start=label).transpose("update", "seed").values
            means, (below, above) = bars(values)
            axes.plot(updates, means, "o-", ms=3, lw=1.2, color=colour, label=str(label))
            axes.fill_between(updates, means - below, means + above, color=colour, alpha=0.2, lw=0)
        # The start itself is at 0, which a logarithm has no place for.
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(0, None)
        axes.set_xlabel("updates")
        axes.set_ylabel(THROUGH_LABELS.get(name, LABELS[name]))
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(frameon=False, fontsize=9)
    say_bars(figure, "Bands are 95 % bootstrap intervals (BCa) of the mean over seeds, from 6 on.")
    return figure
