"""Spectra of starts beside the null."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from ._axes import axes_or_new
from ._palette import GREY, Style, styles_of
from ._require import names_of, values_of

# What may be drawn, and how it is called.
SPECTRA = {
    "eigenvalue_magnitude": "eigenvalue magnitude",
    "singular_value": "singular value",
}
_NULL_STYLES = ("--", ":", "-.")


def spectra(
    datasets: xr.Dataset | Sequence[xr.Dataset],
    ax: Axes | None = None,
    *,
    of: str = "eigenvalue_magnitude",
    nulls: Sequence[str] = ("null",),
    styles: Mapping[str, Style] | None = None,
    legend: bool = True,
) -> Axes:
    """Spectra of starts, scaled to their largest and averaged over seeds, beside the null.

    Each is drawn against its index over the number of units, so that networks of several sizes may
    be compared. A start without any value but 0 is drawn as it is.

    Args:
        datasets: one or more with dimensions start, seed and index, as of
            `experiments.kinds.recurrent.run_task`; several for networks of several sizes.
        ax: to draw into; None makes a figure.
        of: "eigenvalue_magnitude" or "singular_value".
        nulls: names of starts that others are beside; they are grey and broken.
        styles: of the other starts, by name; None takes those of `styles_of`.
        legend: whether to name the curves. The null is named with its size where there are several
            datasets.

    Returns:
        The Axes drawn into.

    Raises:
        ValueError: `of` is another name, there is no dataset, a dataset has no such variable of
            start, seed and index, or no names of its starts, or `styles` lacks one.

    Source: Liu et al. (2024), arXiv 2310.08513, figure 2.
    """
    if of not in SPECTRA:
        raise ValueError(f"of is {of!r}; allowed are {' and '.join(map(repr, SPECTRA))}.")
    each = [datasets] if isinstance(datasets, xr.Dataset) else list(datasets)
    if not each:
        raise ValueError("datasets is empty; allowed is at least one.")
    values = [values_of(dataset, of, ("start", "seed", "index"), "of") for dataset in each]
    names = [names_of(dataset) for dataset in each]
    starts = [name for of_one in names for name in of_one if name not in nulls]
    chosen = _chosen_styles(starts, styles)
    ax = axes_or_new(ax)
    drawn_nulls = 0
    for of_one, stack in zip(names, values, strict=True):
        size = stack.shape[-1]
        index = (np.arange(size) + 1) / size
        for name, runs in zip(of_one, stack, strict=True):
            curve = _scaled(runs).mean(axis=0)
            if name not in nulls:
                style = chosen[name]
                ax.plot(index, curve, ls=style.line, color=style.colour, lw=1.5, label=name)
                continue
            broken = _NULL_STYLES[drawn_nulls % len(_NULL_STYLES)]
            drawn_nulls += 1
            called = f"{name}, N = {size}" if len(each) > 1 else name
            ax.plot(index, curve, broken, color=GREY, lw=1.6, label=called)
    ax.set_xlabel("index / N")
    ax.set_ylabel(f"{SPECTRA[of]} / largest")
    ax.set_ylim(0, 1.03)
    if legend:
        ax.legend(frameon=False, fontsize=8)
    return ax


def _scaled(runs: np.ndarray) -> np.ndarray:
    largest = runs[:, :1]
    return runs / np.where(largest > 0, largest, 1.0)


def _chosen_styles(
    starts: Sequence[str], styles: Mapping[str, Style] | None
) -> Mapping[str, Style]:
    if styles is None:
        return styles_of(starts)
    for name in starts:
        if name not in styles:
            raise ValueError(f"styles has none for {name!r}; needed are {', '.join(starts)}.")
    return styles
