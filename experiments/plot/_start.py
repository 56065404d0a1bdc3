"""A measure against the start."""

import xarray as xr
from matplotlib.axes import Axes

from ._axes import BARS, axes_or_new, axis_label
from ._palette import NETWORKS
from ._places import places_of
from ._require import values_of
from ._runs import runs_and_means


def measure_against_start(
    dataset: xr.Dataset,
    measure: str,
    ax: Axes | None = None,
    *,
    colour: str = NETWORKS,
    label: str | None = None,
) -> Axes:
    """One measure against the start: a dot is a network, a mark a mean, a bar its 95 % interval.

    Starts stand at their ranks, on a logarithmic axis and joined by a line, where the dataset has a
    coordinate `rank` of all of them; else side by side by their names. Networks that diverged are
    not drawn. Bars are BCa bootstrap intervals of the mean over seeds, from six seeds on.

    Args:
        dataset: dimensions start and seed, as of `experiments.kinds.recurrent.run_task`,
            `experiments.kinds.linear.run_linear` or a control. Its attribute `rank_name` may say
            what `rank` is.
        measure: the name of one of its variables.
        ax: to draw into; None makes a figure.
        colour: of means and bars.
        label: of the means in a legend, which is left to you.

    Returns:
        The Axes drawn into.

    Raises:
        ValueError: the dataset has no such variable of start and seed, none of either, a rank that
            is not above 0, or neither ranks nor names of its starts.

    Source: Liu et al. (2024), arXiv 2310.08513, figure 1.
    """
    values = values_of(dataset, measure, ("start", "seed"))
    places = places_of(dataset)
    ax = axes_or_new(ax, BARS)
    runs_and_means(ax, places, dict(enumerate(values)), colour=colour, label=label)
    places.label(ax)
    if places.ranks is not None:
        ax.set_xlabel(str(dataset.attrs.get("rank_name", "rank of the start")))
    ax.set_ylabel(axis_label(dataset, measure))
    return ax
