"""The Axes to draw into."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ._said import say_below


def axes_or_new(ax: Axes | None, said: str = "") -> Axes:
    """The Axes given, or those of a new figure that says below what `said` is."""
    if ax is None:
        # Not through pyplot, whose state is the user's.
        figure = Figure(figsize=(4.6, 3.6), layout="constrained")
        ax = figure.subplots()
        if said:
            say_below(figure, said)
    plain_edges(ax)
    return ax


def plain_edges(ax: Axes) -> None:
    """Take away the upper and the right edge."""
    ax.spines[["top", "right"]].set_visible(False)
