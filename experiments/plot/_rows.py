"""Starts or conditions in rows, with what is measured along the horizontal axis."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ._axes import plain_edges
from ._palette import PALE_GREY, Style


def mean_on_row(
    ax: Axes,
    row: float | int,
    interval: tuple[float, float, float],
    style: Style,
    *,
    width: float | int = 1.6,
    **mark: Any,
) -> None:
    """A mean as the mark of a style, on a bar from the low to the high end of its interval.

    Args:
        ax: the Axes.
        row: the height at which it stands.
        interval: the mean and the ends, as `experiments.findings.mean_and_interval` gives them;
            without finite ends there is no bar.
        style: of both.
        width: of the bar, in points.
        mark: what matplotlib's `plot` takes of the mark, such as its size and its label.
    """
    mean, low, high = interval
    if np.isfinite(low):
        ax.plot([low, high], [row, row], color=style.colour, lw=width)
    ax.plot(mean, row, style.marker, color=style.colour, **mark)


def name_rows(ax: Axes, names: Sequence[str], size: float | int, beyond: float = 0.5) -> None:
    """Name the rows 0, 1 and so on from the top, with a pale line along each.

    Args:
        ax: the Axes.
        names: of the rows.
        size: of the names, in points.
        beyond: how far the Axes reach above the first row.
    """
    ax.set_yticks(range(len(names)), list(names), fontsize=size)
    ax.set_ylim(len(names) - (1 - beyond), -beyond)
    ax.grid(axis="y", color=PALE_GREY, lw=0.3)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    plain_edges(ax)
