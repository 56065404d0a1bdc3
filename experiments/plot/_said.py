"""What a figure says of its bars, bands, boxes and dots."""

import textwrap

from matplotlib.figure import Figure, SubFigure

from ..findings import FEWEST_FOR_INTERVAL
from ._palette import DARK_GREY

_INTERVALS = "95 % bootstrap intervals (BCa) of the mean over seeds"
BARS = f"Dots are networks; bars are {_INTERVALS}, drawn from {FEWEST_FOR_INTERVAL} seeds on."
BANDS = f"Bands are {_INTERVALS}, from {FEWEST_FOR_INTERVAL} on."
# Where networks themselves are not drawn.
MEAN_BARS = "means over seeds with 95 % bootstrap intervals (BCa)"
BOXES = "boxes are quartiles, whiskers 1.5 times their range, dots networks"
# Of the many networks whose mean is set beside theory.
STANDARD_ERRORS = 3
LINEAR_DOTS = f"Dots are means of networks with {STANDARD_ERRORS} standard errors."


def say_below(figure: Figure | SubFigure, text: str = BARS) -> None:
    """Write small below a figure what its bars, bands, boxes and dots are."""
    inches = figure.bbox.width / figure.dpi
    lines = textwrap.wrap(text, int(15 * inches))
    figure.supxlabel("\n".join(lines), fontsize=7, color=DARK_GREY)
