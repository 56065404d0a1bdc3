"""Figure 1: the rank of the start against measures of lazy learning, on cognitive tasks."""

import textwrap
from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .findings import (
    BARS,
    bars,
    comparison_of,
    findings,
    mean_with_interval,
    sampling_error,
    sentences,
    trend_table,
    warnings_of,
)
from .recurrent._train import LABELS

PANELS = ("kernel_alignment", "representation_alignment", "weight_change_norm")
COLUMNS = (*PANELS, "sign_agreement", "loss", "accuracy")
DOTS, MEANS = "#8c8c8c", "#c44e52"


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
            axes = grid[row, column]
            draw_panel(axes, dataset, measure)
            if row == 0:
                axes.set_title(title(dataset), fontsize=10)
            if column == 0:
                label = LABELS[measure].replace(" (", "\n(")
                axes.set_ylabel(label)
            if row == len(panels) - 1:
                axes.set_xlabel("rank of the start")
    say_bars(figure)
    return figure


def table(datasets: Sequence[xr.Dataset]) -> str:
    """Means over seeds with 95 % intervals, and what each measure says, in Markdown."""
    lines = []
    for dataset in datasets:
        a = dataset.attrs
        lines += [
            f"## {title(dataset)}",
            "",
            f"N = {a['n_hidden']}, {a['seeds']} seeds, {a['iterations']} iterations of "
            f"{a['batch']} trials; means over seeds with 95 % intervals.",
            "",
            *means_table(dataset, COLUMNS),
            "",
            *trends_told(dataset),
            "",
        ]
        if "kernel_alignment_error" in dataset:
            lines += [sampling_error(dataset), ""]
    return "\n".join(lines)


def means_table(dataset: xr.Dataset, columns: Sequence[str]) -> list[str]:
    """A row for each start with the means of what the dataset has of `columns`, in Markdown."""
    columns = [name for name in columns if name in dataset]
    lines = [
        "| start | " + " | ".join(c.replace("_", " ") for c in columns) + " | diverged |",
        "| --- |" + " --: |" * (len(columns) + 1),
    ]
    for at in (dataset.isel(start=i) for i in range(dataset.sizes["start"])):
        label = at["start"].item() if "start" in at.coords else f"rank {int(at['rank'])}"
        cells = [mean_with_interval(at[name].values) for name in columns]
        lines.append(f"| {label} | {' | '.join(cells)} | {int(at['diverged'].sum())} |")
    return lines


def trends_told(dataset: xr.Dataset) -> list[str]:
    """What each measure says of the starts, with its statistics and in sentences."""
    found = findings([comparison_of(dataset)])
    said = [*(sentence.text for sentence in sentences(found)), *warnings_of(found)]
    return [*trend_table(found.trends), "", *(f"- {each}" for each in said)]


def title(dataset: xr.Dataset) -> str:
    """The task, and the images it is made of."""
    task, images = dataset.attrs["task"], dataset.attrs.get("images")
    return task if images in (None, task) else f"{task} ({images})"


def say_bars(figure: Figure, text: str = BARS) -> None:
    """Write below a figure what its bars are."""
    width = int(14 * figure.get_figwidth())
    figure.supxlabel("\n".join(textwrap.wrap(text, width)), fontsize=7, color="#555555")


def draw_panel(axes: Axes, dataset: xr.Dataset, measure: str) -> None:
    """One measure against rank: a dot for each run, means with 95 % intervals."""
    ranks = dataset["rank"].values.astype(float)
    values = dataset[measure].values
    # Side by side in the order of seeds, which tells dots of equal height apart.
    shift = 1.0 + 0.12 * np.linspace(-1, 1, values.shape[1])
    axes.plot(np.outer(ranks, shift), values, ".", color=DOTS, ms=4, alpha=0.7)
    means, lengths = bars(values)
    axes.errorbar(ranks, means, lengths, fmt="o-", color=MEANS, ms=5, lw=1.2, capsize=3)
    axes.set_xscale("log")
    axes.set_xticks(ranks, [f"{rank:.0f}" for rank in ranks])
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
