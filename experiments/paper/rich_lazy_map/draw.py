"""The map as a figure: rank and scale, and cuts along scale, readout and alignment."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from ...kinds.map_cell import Cell
from ...plot import (
    DARK_GREY,
    STANDARD_ERRORS,
    STYLES,
    VERMILLION,
    Style,
    panel_title,
    plain_edges,
    say_below,
    with_ends,
)
from ._compare import NOT_TRAINED, TOLERANCE
from ._predict import along_scales, small_scale_alignment

WIDER = 0.05
AXES = ("rank", "readout", "alignment")


def draw(parts: Mapping[str, xr.Dataset]) -> Figure:
    """Four panels; lines are theory, dots means of simulated networks.

    Args:
        parts: `compared` of "scale", "readout" and "alignment".
    """
    figure = Figure(figsize=(12, 9), layout="constrained")
    (a, b), (c, d) = figure.subplots(2, 2)
    ranks = np.unique(parts["readout"]["rank"].values).tolist()
    _draw_map(a, parts["scale"])
    _draw_scale(b, parts["scale"], ranks)
    _draw_readout(c, parts["readout"], ranks)
    _draw_alignment(d, parts["alignment"], ranks)
    titles = (
        "Rank and scale of the start, without readout",
        "Along the scale of the start",
        "Along the size of the readout",
        "Along the alignment with the task",
    )
    for axes, letter, title in zip((a, b, c, d), "abcd", titles, strict=True):
        panel_title(axes, letter, title)
        axes.tick_params(labelsize=10)
    for axes in (b, c, d):
        plain_edges(axes)
        label = with_ends("kernel alignment, start to end", "kernel_alignment")
        axes.set_ylabel(label, fontsize=11)
        axes.set_ylim(0, 1.03)
    say_below(
        figure,
        f"Marks are means of simulated networks with {STANDARD_ERRORS} standard errors, lines are "
        "theory. A colour and a mark stand for a rank; open marks are simulated with a second "
        "readout or scale, as each panel says.",
    )
    return figure


def _draw_map(axes: Axes, scale: xr.Dataset) -> None:
    scale = scale.isel(cell=scale["readout"] == scale["readout"].min())
    ranks, sigmas = np.unique(scale["rank"].values), np.unique(scale["sigma"].values)

    def grid(name: str) -> np.ndarray:
        values = np.full((len(ranks), len(sigmas)), np.nan)
        at = np.searchsorted(ranks, scale["rank"]), np.searchsorted(sigmas, scale["sigma"])
        values[at] = scale[name].values
        return values

    places = np.arange(len(ranks))
    shown = axes.pcolormesh(
        sigmas, places, grid("kernel_alignment"), cmap="cividis", vmin=0, vmax=1, shading="nearest"
    )
    handles = []
    if min(grid("difference").shape) > 1:
        off = np.ma.masked_invalid(np.abs(grid("difference")))
        # White with a dark rim, to be seen on every colour.
        rim = [withStroke(linewidth=3.6, foreground="black")]
        for level, style in ((TOLERANCE, "-"), (WIDER, (0, (1.5, 1.5)))):
            # matplotlib warns of a level that the data do not cross.
            if not off.min() < level < off.max():
                continue
            drawn = axes.contour(
                sigmas, places, off, [level], colors="white", linewidths=1.8, linestyles=[style]
            )
            drawn.set(path_effects=rim)
            label = f"formula off by {level:g}"
            handles.append(
                Line2D([], [], color="white", lw=1.8, ls=style, label=label, path_effects=rim)
            )
    failed = scale.isel(cell=scale["state"] == NOT_TRAINED)
    if failed.sizes["cell"]:
        at = np.searchsorted(ranks, failed["rank"])
        axes.plot(failed["sigma"], at, "x", color=VERMILLION, ms=8)
        handles.append(Line2D([], [], color=VERMILLION, marker="x", ls="", label="not trained"))
    axes.set_xscale("log")
    axes.set_yticks(places, [str(rank) for rank in ranks])
    axes.set_xlabel(
        r"scale of the start, $\sigma = \Vert W_1 \Vert$ (task of length 1)", fontsize=11
    )
    axes.set_ylabel("effective rank of the first layer", fontsize=11)
    bar = axes.figure.colorbar(shown, ax=axes, pad=0.02)
    bar.set_label(with_ends("kernel alignment", "kernel_alignment"), fontsize=11)
    axes.legend(handles=handles, fontsize=10, loc="lower left", framealpha=0.9, handlelength=2.6)


def _draw_scale(axes: Axes, scale: xr.Dataset, ranks: Sequence[int]) -> None:
    d = int(scale.attrs["n_inputs"])
    smooth = np.geomspace(scale["sigma"].min(), scale["sigma"].max(), 200)
    readouts = np.unique(scale["readout"].values)
    for rank, style in _styled(ranks):
        formula = small_scale_alignment(Cell(rank, 1.0), d)
        axes.plot(smooth, np.full(len(smooth), formula), color=style.colour, lw=1.3, ls="--")
        axes.annotate(f"rank {rank}", (smooth[0], formula + 0.015), fontsize=9, color=style.colour)
        axes.plot(smooth, along_scales(rank, smooth, d), color=style.colour, lw=1.3)
        for readout, filled in zip(readouts, (True, False), strict=False):
            at = scale.isel(cell=(scale["rank"] == rank) & (scale["readout"] == readout))
            _dots(axes, at["sigma"].values, at, style, filled)
    axes.set_xscale("log")
    axes.set_xlabel(
        r"scale of the start, $\sigma = \Vert W_1 \Vert$ (task of length 1)", fontsize=11
    )
    labels = [_readout_label(w) for w in readouts[:2]]
    handles = [
        Line2D([], [], color=DARK_GREY, ls="--", label=r"formula for small $\sigma$"),
        Line2D([], [], color=DARK_GREY, label=r"form for any $\sigma$, no readout"),
        *_dot_handles(labels),
    ]
    axes.legend(
        handles=handles, fontsize=9, frameon=False, loc="lower left", bbox_to_anchor=(0, 0.67)
    )


def _draw_readout(axes: Axes, readout: xr.Dataset, ranks: Sequence[int]) -> None:
    d = int(readout.attrs["n_inputs"])
    smooth = np.linspace(0, float(readout["readout"].max()), 60)
    sigmas = np.unique(readout["sigma"].values)
    for rank, style in _styled(ranks):
        curve = [small_scale_alignment(Cell(rank, 1.0, float(w)), d) for w in smooth]
        axes.plot(smooth, curve, color=style.colour, lw=1.3, ls="--")
        for sigma, filled in zip(sigmas, (True, False), strict=False):
            at = readout.isel(cell=(readout["rank"] == rank) & (readout["sigma"] == sigma))
            _dots(axes, at["readout"].values, at, style, filled)
    axes.set_xlabel(r"readout over first layer, $\Vert w_2 \Vert / \sigma$", fontsize=11)
    handles = [
        *_rank_handles(ranks),
        *_dot_handles([rf"$\sigma = {s:g}$" for s in sigmas[:2]]),
    ]
    axes.legend(handles=handles, fontsize=9, frameon=False, loc="lower right")


def _draw_alignment(axes: Axes, alignment: xr.Dataset, ranks: Sequence[int]) -> None:
    d = int(alignment.attrs["n_inputs"])
    sigmas = np.unique(alignment["sigma"].values)
    for rank, style in _styled(ranks):
        for readout in np.unique(alignment["readout"].values):
            here = (alignment["rank"] == rank) & (alignment["readout"] == readout)
            if not here.any():
                continue
            ends = [Cell(rank, 1.0, float(readout), a) for a in (0.0, 1.0)]
            # The formula is linear in the share.
            axes.plot(
                [cell.share(d) for cell in ends],
                [small_scale_alignment(cell, d) for cell in ends],
                color=style.colour,
                lw=1.3,
                ls="--",
            )
            for sigma, filled in zip(sigmas, (True, False), strict=False):
                at = alignment.isel(cell=here & (alignment["sigma"] == sigma))
                shares = [Cell(rank, 1.0, 0.0, a).share(d) for a in at["alignment"].values.tolist()]
                _dots(axes, np.array(shares), at, style, filled)
    for readout in np.unique(alignment["readout"].values):
        # Named where the lines of the lowest rank begin.
        cell = Cell(ranks[0], 1.0, float(readout), 0.0)
        at = (cell.share(d), small_scale_alignment(cell, d) - 0.04)
        axes.annotate(_readout_label(float(readout)), at, fontsize=10, va="top", color=DARK_GREY)
    if {(1, 1.0, 1.0)} <= set(zip(*(alignment[n].values.tolist() for n in AXES), strict=True)):
        axes.annotate(
            "aligned, rank 1,\n" + r"$\Vert w_2 \Vert = \sigma$: fully lazy",
            (1.0, 0.995),
            (0.83, 0.8),
            fontsize=10,
            ha="center",
            arrowprops={"arrowstyle": "->", "color": DARK_GREY, "shrinkB": 4},
        )
    axes.set_xlabel(
        "share of the task in the row space of the start\n(left end: chance)", fontsize=11
    )
    handles = [
        *_rank_handles([rank for rank in ranks if (alignment["rank"] == rank).any()]),
        *_dot_handles([rf"$\sigma = {s:g}$" for s in sigmas[:2]]),
    ]
    axes.legend(handles=handles, fontsize=9, frameon=False, loc="lower right", ncols=2)


def _dots(axes: Axes, at: np.ndarray, cells: xr.Dataset, style: Style, filled: bool) -> None:
    colour = style.colour
    axes.errorbar(
        at,
        cells["kernel_alignment"].values,
        STANDARD_ERRORS * cells["standard_error"].values,
        fmt=style.marker,
        ms=5.5,
        color=colour,
        mfc=colour if filled else "white",
        elinewidth=1,
        zorder=3 if filled else 2.5,
    )
    failed = cells["state"].values == NOT_TRAINED
    # At the foot of the panel, since such a cell has no mean.
    axes.plot(at[failed], np.full(failed.sum(), 0.015), "x", color=colour, ms=7)


def _styled(ranks: Sequence[int]) -> list[tuple[int, Style]]:
    return [(rank, STYLES[i % len(STYLES)]) for i, rank in enumerate(ranks)]


def _rank_handles(ranks: Sequence[int]) -> list[Line2D]:
    return [
        Line2D([], [], color=style.colour, marker=style.marker, ls="--", label=f"rank {rank}")
        for rank, style in _styled(ranks)
    ]


def _dot_handles(labels: Sequence[str]) -> list[Line2D]:
    faces = (DARK_GREY, "white")
    return [
        Line2D([], [], color=DARK_GREY, marker="o", ls="", mfc=face, label=f"simulated, {label}")
        for face, label in zip(faces, labels, strict=False)
    ]


def _readout_label(readout: float) -> str:
    return (
        rf"$\Vert w_2 \Vert = {'' if readout == 1 else f'{readout:g}'}\,\sigma$"
        if readout
        else "no readout"
    )
