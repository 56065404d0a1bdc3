"""A measure through training."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from ..findings import bars
from ._axes import BANDS, axes_or_new, axis_label
from ._palette import styles_of
from ._require import names_of, values_of

# Over so little, powers of ten alone are too few ticks.
FEW_DECADES = 100


def through_training(
    dataset: xr.Dataset, measure: str, ax: Axes | None = None, *, legend: bool = True
) -> Axes:
    """One measure against updates: a curve for each start, the mean with a band, its 95 % interval.

    Updates are on a logarithmic axis, which begins at 0 where that is one of them. Networks that
    diverged are not counted. Bands are BCa bootstrap intervals of the mean over seeds, from six
    seeds on.

    Args:
        dataset: dimensions start, update and seed: what `run_task` gives with `measure_at`.
        measure: the name of one of its variables.
        ax: to draw into; None makes a figure.
        legend: whether to name the curves.

    Returns:
        The Axes drawn into.

    Raises:
        ValueError: the dataset has no such variable of start, update and seed, nothing along one
            of them, no numbers of the updates, or no names of its starts.

    Source: Liu et al. (2024), arXiv 2310.08513, its control of measures through training.
    """
    values = values_of(dataset, measure, ("start", "update", "seed"))
    names = names_of(dataset)
    if "update" not in dataset.coords:
        raise ValueError("dataset has no coordinate 'update'; needed are numbers of updates.")
    updates = dataset["update"].values
    styles = styles_of(names)
    ax = axes_or_new(ax, BANDS)
    for name, runs in zip(names, values, strict=True):
        means, (below, above) = bars(runs)
        colour, line, marker, _ = styles[name]
        ax.plot(updates, means, ls=line, marker=marker, ms=4, lw=1.3, color=colour, label=name)
        edges = means - below, means + above
        ax.fill_between(updates, *edges, color=colour, alpha=0.2, lw=0)
    if 0 in updates:
        # The start itself is at 0, which a logarithm has no place for.
        ax.set_xscale("symlog", linthresh=min((u for u in updates if u), default=1))
        ax.set_xlim(0, None)
    else:
        ax.set_xscale("log")
        if max(updates) < FEW_DECADES * min(updates):
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")
    ax.set_xlabel("updates")
    ax.set_ylabel(axis_label(dataset, measure))
    if legend:
        ax.legend(frameon=False, fontsize=9)
    return ax
