"""The spectra of a connectome beside random ones."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plot import GREY, STRUCTURES, panel_title, plain_edges, say_below
from ._inspect import Inspection

RANDOM = {"Gaussian": "--", "shuffled": ":"}


def draw(found: Inspection) -> Figure:
    """Eigenvalue magnitudes and singular values over their largest, against index over N.

    Of large matrices, the leading singular values, and all of them as they are estimated.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    ranked = "eigenvalue_magnitude" not in found.spectra["measured"]
    if not ranked:
        _curves(left, found, "eigenvalue_magnitude", "eigenvalue magnitude")
        _curves(right, found, "singular_value", "singular value")
    else:
        _curves(left, found, "leading_singular_value", "leading singular value", ranked=True)
        _curves(right, found, "singular_value", "singular value (estimated)")
    right.legend(frameon=False, fontsize=8)
    panel_title(left, "a", "Leading singular values" if ranked else "Eigenvalues")
    panel_title(right, "b", "Singular values")
    figure.suptitle(f"Predicted to learn {found.prediction} a Gaussian start", fontsize=11)
    say_below(
        figure,
        "Lines are the connectome as measured and means over random matrices of its size: Gaussian "
        "ones, and its own entries shuffled.",
    )
    return figure


def _curves(axes: Axes, found: Inspection, of: str, called: str, ranked: bool = False) -> None:
    """Values in falling order over their largest, of the connectome and of the random matrices."""
    ratios = {name: found.ranks[name]["participation_ratio"] for name in RANDOM}
    numbers = {name: ratio.mean for name, ratio in ratios.items()}
    numbers["measured"] = ratios["Gaussian"].value
    measured = STRUCTURES["EM"].colour
    for name, number in numbers.items():
        curves = found.spectra[name]
        values = curves[of]
        # Of large matrices the largest value of all is known better than estimated ones.
        largest = curves.get("leading_singular_value", values)[0]
        index = np.arange(1, len(values) + 1)
        along = index if ranked else curves.get("share", index / len(values))
        label = f"{name}, participation ratio {number:.0f}"
        colour, style = (GREY, RANDOM[name]) if name in RANDOM else (measured, "-")
        dots = "o" if ranked else ""
        scaled = values / (largest or 1.0)
        axes.plot(along, scaled, style, color=colour, lw=1.5, marker=dots, ms=3, label=label)
    axes.set_xlabel("index" if ranked else "index / N")
    axes.set_ylabel(f"{called} / largest")
    axes.set_ylim(0, 1.03)
    plain_edges(axes)
