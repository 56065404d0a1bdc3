"""Networks of starts as dots, with their mean and its interval."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from ..findings import bars
from ._palette import GREY, NETWORKS
from ._places import Places

# Of the place that a start has, how much its networks take.
SPREAD = 0.35


def runs_and_means(
    ax: Axes,
    places: Places,
    values: Mapping[int, np.ndarray],
    *,
    colour: str = NETWORKS,
    dots: str = GREY,
    marker: str = "o",
    label: str | None = None,
    side: tuple[int, int] = (0, 1),
) -> None:
    """A dot for each network, a mark for the mean of each start, a bar for its 95 % interval.

    Dots stand side by side in the order of seeds, which tells those of equal height apart. What is
    not finite is not drawn. Means over ranks are joined.

    Args:
        ax: to draw into.
        places: of the starts.
        values: those of all seeds, by the number of the start among the places.
        colour: of means and bars.
        dots: the colour of the dots.
        marker: of the means.
        label: of the means in a legend.
        side: which of how many such that stand side by side at each start, from 0.
    """
    width = 0.8 / max(side[1], 2)
    aside = width * (side[0] - (side[1] - 1) / 2)
    starts = sorted(values, key=lambda start: float(places.at(start)))
    if not starts:
        return
    at = [places.at(i, aside + SPREAD * width * _spread(len(values[i]))) for i in starts]
    heights = np.concatenate([values[i] for i in starts])
    ax.plot(np.concatenate(at), heights, ".", color=dots, ms=6, mew=0, alpha=0.7)
    means, lengths = bars([values[i] for i in starts])
    ax.errorbar(
        [float(places.at(i, aside)) for i in starts],
        means,
        lengths,
        fmt=marker,
        ls="none" if places.ranks is None else "-",
        color=colour,
        ms=5,
        lw=1.2,
        capsize=3,
        label=label,
    )


def _spread(seeds: int) -> np.ndarray:
    return np.linspace(-1, 1, seeds) if seeds > 1 else np.zeros(seeds)
