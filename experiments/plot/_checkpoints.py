"""Measures of one network at several checkpoints."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import richlazy_jax as rj

from ._axes import plain_edges, say_below
from ._palette import BLUE, VERMILLION


def through_checkpoints(found: Mapping[str, rj.Laziness]) -> Figure:
    """Kernel alignment, and the alignment with the targets where it is known, by checkpoint.

    Args:
        found: what `richlazy_jax.laziness` gives of each checkpoint beside the same start, in
            order, by name or path.
    """
    names = [Path(name).stem for name in found]
    figure = Figure(figsize=(max(4.6, 0.6 * len(names) + 2), 3.6), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(names))
    alignments = [float(of.kernel_alignment.alignment) for of in found.values()]
    errors = [2 * float(of.kernel_alignment.standard_error) for of in found.values()]
    # Two kernels have an alignment from 0 to 1.
    pairs = zip(alignments, errors, strict=True)
    bars = np.array([(min(e, a), min(e, 1 - a)) for a, e in pairs]).T
    axes.errorbar(
        places, alignments, bars, fmt="o-", ms=4, capsize=2, color=VERMILLION, label="to its start"
    )
    towards = [of.target_alignment for of in found.values()]
    known = [change for change in towards if change is not None]
    if len(known) == len(towards):
        after, before = [float(change.after) for change in known], float(known[0].before)
        axes.plot(places, after, "s-", ms=4, color=BLUE, label="to the targets")
        axes.axhline(before, color=BLUE, lw=0.8, ls=":", label="to the targets, before training")
    axes.set_xticks(places, names, rotation=30, ha="right", fontsize=8)
    axes.set_ylabel("alignment of the kernel")
    axes.legend(frameon=False, fontsize=8)
    plain_edges(axes)
    say_below(figure, "Bars are two standard errors over the examples (jackknife), cut at 0 and 1.")
    return figure
