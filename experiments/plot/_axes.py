"""The Axes to draw into, what stands along them, and what a figure says of its bars and dots."""

import textwrap

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from ..findings import FEWEST_FOR_INTERVAL, MEASURES
from ..kinds.recurrent import LABELS
from ._palette import DARK_GREY

_INTERVALS = "95 % bootstrap intervals (BCa) of the mean over seeds"
BARS = f"Dots are networks; bars are {_INTERVALS}, drawn from {FEWEST_FOR_INTERVAL} seeds on."
BANDS = f"Bands are {_INTERVALS}, from {FEWEST_FOR_INTERVAL} on."
# Where networks themselves are not drawn.
MEAN_BARS = "means over seeds with 95 % bootstrap intervals (BCa)"
BOXES = (
    "boxes reach from the lower to the upper quartile, white lines are medians, whiskers reach to "
    "the last network within 1.5 box lengths, and dots are networks"
)
# Of the many networks whose mean is set beside theory.
STANDARD_ERRORS = 3
LINEAR_DOTS = f"Dots are means of networks with {STANDARD_ERRORS} standard errors."
# At an update these are of the weights there, elsewhere of the start.
THROUGH = {
    "participation_ratio": "participation ratio of the weights",
    "stable_rank": "stable rank of the weights",
    "norm": "Frobenius norm of the weights",
    "loss": "loss on held trials (nats)",
}


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


def say_below(figure: Figure | SubFigure, text: str = BARS) -> None:
    """Write small below a figure what its bars, bands, boxes and dots are."""
    inches = figure.bbox.width / figure.dpi
    lines = textwrap.wrap(text, int(15 * inches))
    figure.supxlabel("\n".join(lines), fontsize=7, color=DARK_GREY)


def measure_label(dataset: xr.Dataset, measure: str) -> str:
    """A measure in the words of its dataset, or else in ours.

    Args:
        dataset: with the variable `measure`, whose attribute `long_name` is taken where there is
            one.
        measure: its name.
    """
    variable = dataset[measure]
    usual = {**LABELS, **(THROUGH if "update" in variable.dims else {})}
    label = usual.get(measure, measure.replace("_", " "))
    return str(variable.attrs.get("long_name", label))


def axis_label(dataset: xr.Dataset, measure: str) -> str:
    """`measure_label`, and below it which end is the richer one where the measure has one."""
    return with_ends(measure_label(dataset, measure), measure)


def with_ends(label: str, measure: str) -> str:
    """A label of a vertical axis with the richer and the lazier end below it.

    Args:
        label: of the axis.
        measure: what is along it; without one of the measures of laziness the label stays.
    """
    # What is measured through training has a name that goes on.
    lazier = next((up for name, up in MEASURES.items() if measure.startswith(name)), None)
    if lazier is None:
        return label
    low, high = ("richer", "lazier") if lazier else ("lazier", "richer")
    return f"{label}\n← {low} · {high} →"


def panel_title(ax: Axes, letter: str, text: str = "") -> None:
    """The bold letter of a panel and after it what the panel shows, at its left edge."""
    # A dollar is a dollar in the names of tasks.
    plain = text.replace("$", r"\$")
    ax.set_title(f"$\\mathbf{{{letter}}}$  {plain}", loc="left", fontsize=10)
