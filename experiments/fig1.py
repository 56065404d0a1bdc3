"""Figure 1: the rank of the start against measures of lazy learning, on cognitive tasks."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ._intervals import mean_and_interval, mean_with_interval, sampling_error
from .recurrent import rank_trends
from .recurrent._train import LABELS

PANELS = ("kernel_alignment", "representation_alignment", "weight_change_norm")
COLUMNS = (*PANELS, "sign_agreement", "loss", "accuracy")
DOTS, MEANS = "#8c8c8c", "#c44e52"


def draw(datasets: Sequence[xr.Dataset]) -> Figure:
    """A row for each measure and a column for each task; a dot is a run, a mark a mean.

    Bars are 95 % intervals of the mean over seeds. Runs that diverged are not drawn.
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
    return figure


def table(datasets: Sequence[xr.Dataset]) -> str:
    """Means over seeds with 95 % intervals, and the trend of each measure, in Markdown."""
    lines = []
    for dataset in datasets:
        a = dataset.attrs
        columns = [name for name in COLUMNS if name in dataset]
        lines += [
            f"## {title(dataset)}",
            "",
            f"N = {a['n_hidden']}, {a['seeds']} seeds, {a['iterations']} iterations of "
            f"{a['batch']} trials; means over seeds with 95 % intervals.",
            "",
            "| rank | " + " | ".join(c.replace("_", " ") for c in columns) + " | diverged |",
            "| --: |" + " --: |" * (len(columns) + 1),
        ]
        for at in (dataset.isel(start=i) for i in range(dataset.sizes["start"])):
            cells = [mean_with_interval(at[name].values) for name in columns]
            rank = int(at["rank"])
            lines.append(f"| {rank} | {' | '.join(cells)} | {int(at['diverged'].sum())} |")
        lines += [
            "",
            "| measure | Spearman with rank | 95 % interval | steps lazier | verdict |",
            "| --- | --: | --- | --- | --- |",
        ]
        for t in rank_trends(dataset):
            name = t.measure.replace("_", " ")
            interval = f"{t.low:+.2f} to {t.high:+.2f}"
            lines.append(f"| {name} | {t.spearman:+.2f} | {interval} | {t.steps} | {t.verdict} |")
        lines.append("")
        if "kernel_alignment_error" in dataset:
            lines += [sampling_error(dataset), ""]
    return "\n".join(lines)


def title(dataset: xr.Dataset) -> str:
    """The task, and the images it is made of."""
    task, images = dataset.attrs["task"], dataset.attrs.get("images")
    return task if images in (None, task) else f"{task} ({images})"


def draw_panel(axes: Axes, dataset: xr.Dataset, measure: str) -> None:
    """One measure against rank: a dot for each run, means with 95 % intervals."""
    ranks = dataset["rank"].values.astype(float)
    values = dataset[measure].values
    # Side by side in the order of seeds, which tells dots of equal height apart.
    shift = 1.0 + 0.12 * np.linspace(-1, 1, values.shape[1])
    axes.plot(np.outer(ranks, shift), values, ".", color=DOTS, ms=4, alpha=0.7)
    means, bars = zip(*(mean_and_interval(at) for at in values), strict=True)
    axes.errorbar(ranks, means, bars, fmt="o-", color=MEANS, ms=5, lw=1.2, capsize=3)
    axes.set_xscale("log")
    axes.set_xticks(ranks, [f"{rank:.0f}" for rank in ranks])
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
