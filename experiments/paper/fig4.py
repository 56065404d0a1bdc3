"""Figure 4, panel A: kernel alignment in linear networks, theory as lines and networks as dots."""

from collections.abc import Iterator, Sequence

import jax.numpy as jnp
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import theory

from ..plot import (
    BARS,
    GREY,
    LINEAR_DOTS,
    NETWORKS,
    STANDARD_ERRORS,
    THEORY,
    measure_against_start,
    plain_edges,
    say_below,
    theorem_1,
    theory_curve,
)
from ..verify import N_INPUTS, SIGMA, Row
from .fig1 import PANELS


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
    for axes, letter in zip((left, middle, right), "abc", strict=True):
        axes.set_title(letter, loc="left", fontweight="bold")
        plain_edges(axes)
    say_below(figure, f"{LINEAR_DOTS} In a, pale bars are 2 standard deviations over tasks.")
    return figure


def draw(rows: Sequence[Row], dataset: xr.Dataset | None) -> Figure:
    """Panel A, panel B or both: rank against kernel alignment, and the other measures of B.

    Args:
        rows: those of Theorem 1; without any there is no panel A.
        dataset: that of `experiments.kinds.image_mlp.run_images`; None leaves panel B out.
    """
    shown = [] if dataset is None else [name for name in PANELS if name in dataset]
    columns = bool(rows) + len(shown)
    figure = Figure(figsize=(3.4 * columns + 0.6, 3.4), layout="constrained")
    grid = list(figure.subplots(1, columns, squeeze=False)[0])
    if rows:
        axes = grid.pop(0)
        _draw_rank_panel(axes, rows)
        axes.set_title("A  linear networks", loc="left", fontsize=10)
    for axes, measure in zip(grid, shown, strict=True):
        assert dataset is not None
        measure_against_start(dataset, measure, axes)
        axes.set_xlabel("rank of the first layer")
        if measure == shown[0]:
            axes.set_title(f"B  ReLU network, {dataset.attrs['task']}", loc="left", fontsize=10)
    for axes in figure.axes:
        plain_edges(axes)
    told = [f"A: {LINEAR_DOTS}"] if rows else []
    say_below(figure, " ".join([*told, *([f"B: {BARS}"] if shown else [])]))
    return figure


def _draw_rank_panel(axes: Axes, rows: Sequence[Row]) -> None:
    """Rank against kernel alignment, with Theorem 1's curve and the predicted spread over tasks."""
    theory_curve(theorem_1(N_INPUTS), axes, legend=False)
    _dots(axes, _named(rows, "theorem-1-rank-"), spread=True)
    axes.set(ylim=(0, 1.05), xticks=[1, 5, 10, 15, 20])
    axes.annotate("lazier", (0.03, 0.97), xycoords="axes fraction", va="top", color=GREY)
    axes.annotate("richer", (0.03, 0.03), xycoords="axes fraction", va="bottom", color=GREY)
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
    axes.plot(ratio, curve, color=THEORY, label="aligned (Proposition 1)")
    axes.plot(ratio, random, color=GREY, ls="--", label="random, rank one (Theorem 1)")
    _dots(axes, _named(rows, "proposition-1-ratio-"))
    axes.axvline(1, color=GREY, lw=0.6)
    axes.annotate(r"$c = w^2$", (1.12, 0.8), fontsize=8, va="bottom", rotation=90, color=GREY)
    axes.set(
        xlabel=r"first layer over readout, $c / w^2$",
        ylabel="kernel alignment",
        ylim=(None, 1.015),
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
    axes.axhline(float(aligned), color=THEORY, ls=":", label="aligned")
    axes.plot(kappa, curve, color=THEORY, label="partially aligned")
    axes.axhline(float(random), color=GREY, ls="--", label="random, rank one")
    _dots(axes, _named(rows, "partial-kappa-"))
    axes.set(
        xscale="log",
        xlabel=r"strength of the leading features, $\kappa$",
        ylabel="kernel alignment",
        xticks=[1, 2, 5, 10],
        xticklabels=["1", "2", "5", "10"],
    )
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=8, loc=(0.5, 0.35))


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
