"""The spectra of a connectome beside random ones, and the ladder of its nulls."""

import math
import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from ..plot import DARK_GREY, GREY, STRUCTURES, panel_title, plain_edges, say_below
from ._inspect import Inspection
from ._ladder import WORDS, Ladder

RANDOM = {"Gaussian": "--", "shuffled": ":"}


def draw(found: Inspection, climbed: Ladder) -> Figure:
    """Eigenvalue magnitudes and singular values over their largest, and what nulls explain.

    Of large matrices, the leading singular values, and all of them as they are estimated.

    Args:
        found: by `inspect_connectome`.
        climbed: by `ladder`, of the same connectome.
    """
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    left, right, nulls = figure.subplots(1, 3)
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
    _rungs(nulls, climbed)
    panel_title(nulls, "c", "What random wiring explains")
    figure.suptitle(f"Predicted to learn {found.prediction} a Gaussian start", fontsize=11)
    say_below(
        figure,
        "a, b: the connectome, one Gaussian matrix of its size and one draw of its own entries "
        "shuffled; participation ratios are means over draws. c: dots are means over draws of "
        "random matrices that keep more and more of the connectome, bars hold 95 % of the draws.",
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


def _rungs(axes: Axes, climbed: Ladder) -> None:
    """The participation ratio of each null, beside that of the connectome."""
    for k, rung in enumerate(climbed.rungs):
        axes.plot([rung.low, rung.high], [k, k], color=DARK_GREY, lw=1.5)
        axes.plot(rung.mean, k, "o", color=DARK_GREY, ms=5)
    measured = STRUCTURES["EM"].colour
    axes.axvline(climbed.measured, color=measured, lw=1.5)
    axes.annotate(
        f"measured: {climbed.measured:.1f}",
        (climbed.measured, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, -3),
        textcoords="offset points",
        va="top",
        fontsize=8,
        color=measured,
    )
    axes.set_yticks(
        range(len(climbed.rungs)),
        [textwrap.fill(WORDS[rung.null], 20) for rung in climbed.rungs],
        fontsize=8,
    )
    axes.set_ylim(len(climbed.rungs) - 0.5, -1.0)
    # Ratios are compared by their logarithms, as the shares of the table are.
    axes.set_xscale("log")
    ratios = [each for rung in climbed.rungs for each in (rung.low, rung.high)]
    low, high = min(*ratios, climbed.measured), max(*ratios, climbed.measured)
    axes.set_xlim(low / 1.3, high * 1.3)
    axes.xaxis.set_major_locator(FixedLocator(_round_steps(low / 1.3, high * 1.3)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("participation ratio")
    plain_edges(axes)


def _round_steps(low: float, high: float) -> list[float]:
    """Numbers 1, 2 and 5 times a power of ten between two others."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [n * 10.0**p for p in powers for n in (1, 2, 5) if low <= n * 10.0**p <= high]
