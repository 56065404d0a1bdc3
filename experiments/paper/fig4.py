"""Figure 4: kernel alignment in linear networks, theory as lines and networks as dots."""

from collections.abc import Iterator, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import theory

from ..plot import (
    BARS,
    DARK_GREY,
    LINEAR_DOTS,
    NETWORKS,
    PALE_GREY,
    STANDARD_ERRORS,
    STRUCTURES,
    measure_against_start,
    panel_title,
    plain_edges,
    say_below,
    theorem_1,
    theory_curve,
    with_ends,
)
from ..verify import N_INPUTS, SIGMA, Row
from .fig1 import PANELS

ALIGNMENT = with_ends("kernel alignment", "kernel_alignment")


def draw_verification(rows: Sequence[Row]) -> Figure:
    """Three panels: rank, alignment with the task, partial alignment.

    Args:
        rows: those of `experiments.verify`; panels whose rows are not there stay without dots.
    """
    figure = Figure(figsize=(11.5, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    _draw_rank_panel(left, rows)
    _draw_aligned_panel(middle, rows)
    _draw_partial_panel(right, rows)
    titles = (
        "Starts of higher rank learn more lazily",
        "Starts aligned with the task learn more lazily",
        "Leading features make a start aligned",
    )
    for axes, letter, title in zip((left, middle, right), "abc", titles, strict=True):
        panel_title(axes, letter, title)
        plain_edges(axes)
    say_below(
        figure,
        f"Lines are theory. {LINEAR_DOTS} In a, pale bars are 2 standard deviations over tasks. "
        "c is the squared norm of the first layer and w the norm of the readout.",
    )
    return figure


def draw(rows: Sequence[Row], dataset: xr.Dataset | None) -> Figure:
    """Linear networks, networks of images, or both: measures against rank.

    Args:
        rows: those of Theorem 1; without any there is no panel of them.
        dataset: that of `experiments.kinds.image_mlp.run_images`; None leaves its panels out.
    """
    shown = [] if dataset is None else [name for name in PANELS if name in dataset]
    columns = bool(rows) + len(shown)
    figure = Figure(figsize=(3.4 * columns + 0.6, 3.4), layout="constrained")
    grid = list(figure.subplots(1, columns, squeeze=False)[0])
    letters = list("abcd")
    if rows:
        axes = grid.pop(0)
        _draw_rank_panel(axes, rows)
        panel_title(axes, letters.pop(0), "Linear networks")
    for axes, measure in zip(grid, shown, strict=True):
        assert dataset is not None
        measure_against_start(dataset, measure, axes)
        axes.set_xlabel("rank of the first layer")
        of = f"ReLU networks, {dataset.attrs['task']}" if measure == shown[0] else ""
        panel_title(axes, letters.pop(0), of)
    for axes in figure.axes:
        plain_edges(axes)
    told = [f"a: the line is theory. {LINEAR_DOTS}"] if rows else []
    if shown:
        told.append(f"{'b to d' if rows else 'a to c'}: {BARS}")
    say_below(figure, " ".join(told))
    return figure


def _draw_rank_panel(axes: Axes, rows: Sequence[Row]) -> None:
    """Rank against kernel alignment, with Theorem 1's curve and the predicted spread over tasks."""
    theory_curve(theorem_1(N_INPUTS), axes, legend=False)
    _dots(axes, _named(rows, "theorem-1-rank-"), spread=True)
    axes.set(ylim=(0, 1.05), xticks=[1, 5, 10, 15, 20])
    axes.legend(frameon=False, fontsize=8, loc="lower right")


def _draw_aligned_panel(axes: Axes, rows: Sequence[Row]) -> None:
    ratio = np.linspace(0, 8.3, 200)
    curve = [
        theory.aligned_kernel_alignment(r * SIGMA**2, readout_norm=SIGMA, d=N_INPUTS) for r in ratio
    ]
    random = [
        theory.expected_kernel_alignment(
            jnp.array([np.sqrt(r) * SIGMA]), d=N_INPUTS, readout_norm=SIGMA
        )
        for r in ratio
    ]
    _line(axes, "aligned", ratio, curve, "aligned (Proposition 1)")
    _line(axes, "random", ratio, random, "random, rank one (Theorem 1)")
    _dots(axes, _named(rows, "proposition-1-ratio-"))
    axes.axvline(1, ymin=0.42, color=PALE_GREY, lw=1, zorder=0)
    axes.annotate(r"$c = w^2$", (1.12, 0.8), fontsize=8, va="bottom", rotation=90, color=DARK_GREY)
    axes.set(
        xlabel=r"first layer over readout, $c / w^2$",
        ylabel=ALIGNMENT,
        ylim=(0.45, 1.015),
    )
    axes.legend(frameon=False, fontsize=8, loc="lower left")


def _draw_partial_panel(axes: Axes, rows: Sequence[Row]) -> None:
    kappa = np.geomspace(1, 11, 100)
    curve = [
        theory.partial_alignment(
            theory.expected_feature_overlap(k, d=N_INPUTS), c=SIGMA**2, readout_norm=0.0, d=N_INPUTS
        )
        for k in kappa
    ]
    aligned = theory.aligned_kernel_alignment(SIGMA**2, readout_norm=0.0, d=N_INPUTS)
    random = theory.expected_kernel_alignment(jnp.array([SIGMA]), d=N_INPUTS)
    _line(axes, "aligned", kappa, np.full(len(kappa), float(aligned)), "aligned")
    _line(axes, "partially aligned", kappa, curve, "partially aligned")
    _line(axes, "random", kappa, np.full(len(kappa), float(random)), "random, rank one")
    _dots(axes, _named(rows, "partial-kappa-"))
    axes.set(
        xscale="log",
        xlabel=r"strength of the leading features, $\kappa$",
        ylabel=ALIGNMENT,
        xticks=[1, 2, 5, 10],
        xticklabels=["1", "2", "5", "10"],
    )
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=8, loc=(0.5, 0.35))


def _line(axes: Axes, start: str, at: np.ndarray, heights: Any, label: str) -> None:
    """Theory of one kind of start."""
    style = STRUCTURES[start]
    axes.plot(at, heights, color=style.colour, ls=style.line, label=label)


def _named(rows: Sequence[Row], start: str) -> Iterator[Row]:
    return (row for row in rows if row.name.startswith(start) and row.place is not None)


def _dots(axes: Axes, rows: Iterator[Row], spread: bool = False) -> None:
    """Means with 3 standard errors, and behind them, where asked, 2 standard deviations."""
    found = list(rows)
    if not found:
        return
    at = np.array([row.place for row in found], float)
    measured = [row.measured for row in found]
    if spread:
        sd = [2 * row.spread for row in found]
        axes.errorbar(at, measured, sd, fmt="none", ecolor=NETWORKS, alpha=0.35, lw=4)
    axes.errorbar(
        at,
        measured,
        [STANDARD_ERRORS * row.standard_error for row in found],
        fmt="o",
        ms=4,
        color=NETWORKS,
        capsize=2,
        label="trained networks",
    )
