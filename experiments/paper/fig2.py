"""Figures 2, 5 and 6: biologically structured starts beside their Gaussian nulls, on one task."""

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..findings import (
    Contrast,
    Findings,
    bars,
    comparison_of,
    contrast_table,
    findings,
    mean_and_interval,
    mean_with_interval,
    warnings_of,
)
from ..kinds.recurrent import RANKS, DrawnMotif
from ..plot import (
    BOXES,
    GREY,
    MEAN_BARS,
    NULL_STYLE,
    WHITE,
    Style,
    axis_label,
    panel_title,
    plain_edges,
    runs_box,
    say_below,
    spectra,
    styles_of,
)

NULL = "null"
CLEAR = ("lazier", "richer")
EXPLAINED = (
    f"a: means over seeds. b: {MEAN_BARS}; the null is at 1. c to e: each structure stands beside "
    f"the null of its size, in grey; {BOXES}. A star below a name marks a clear difference from "
    "the null (p below 0.05 after Holm's correction)."
)
TITLES = {
    "kernel_alignment": "How much of the kernel was kept",
    "representation_alignment": "How much of the activity was kept",
    "weight_change_norm": "How far the weights moved",
    "loss": "How well networks learned",
}
PANELS = ("kernel_alignment", "representation_alignment", "weight_change_norm")


def structures(datasets: Sequence[xr.Dataset]) -> Iterator[tuple[str, xr.Dataset, xr.Dataset]]:
    """Each structure's name, its runs, and those of the null of its size."""
    for dataset in datasets:
        null = dataset.sel(start=NULL)
        for label in dataset["start"].values:
            if label != NULL:
                yield str(label), dataset.sel(start=label), null


def compared(datasets: Sequence[xr.Dataset]) -> Findings:
    """All measures of all structures beside their nulls, as one table."""
    return findings([comparison_of(dataset) for dataset in datasets])


def relative_rank(of: xr.Dataset, null: xr.Dataset, kind: str) -> np.ndarray:
    """An effective rank over the null's of the same seed, for each seed."""
    return (of[kind] / null[kind]).values


def draw(datasets: Sequence[xr.Dataset]) -> Figure:
    """Spectra and relative effective ranks above, measures against the null below.

    In a box plot each structure stands right of the null of its size; a star marks p below 0.05.
    """
    triples = list(structures(datasets))
    styles = styles_of(label for label, *_ in triples)
    figure = Figure(figsize=(13.5, 8), layout="constrained")
    halves = figure.add_gridspec(2, 1, height_ratios=[1, 1.1])
    above, below = figure.add_subfigure(halves[0]), figure.add_subfigure(halves[1])
    spectrum, ranks = above.subplots(1, 2, width_ratios=[1, 1.5])
    spectra(datasets, spectrum, nulls=[NULL], styles=styles)
    _draw_ranks(ranks, triples, styles)
    panel_title(spectrum, "a", "Spectra of the starts")
    panel_title(ranks, "b", "Four effective ranks of the starts, beside those of their nulls")
    panels = [name for name in PANELS if name in datasets[0]] or ["loss"]
    clear = {(c.start, c.measure) for c in compared(datasets).contrasts if c.verdict.said in CLEAR}
    columns = np.atleast_1d(below.subplots(1, len(panels)))
    for axes, measure, letter in zip(columns, panels, "cde", strict=False):
        panel_title(axes, letter, TITLES[measure])
        unclear = [(label, measure) not in clear for label, *_ in triples]
        _draw_boxes(axes, triples, measure, styles, unclear)
    figure.suptitle(
        "Networks that start with the structure of brains, beside Gaussian nulls of the same norm, "
        f"on the task {datasets[0].attrs['task']}"
    )
    say_below(below, EXPLAINED)
    return figure


def table(datasets: Sequence[xr.Dataset], motifs: Sequence[DrawnMotif] = ()) -> str:
    """Effective ranks, every measure with its test, and what they say, in Markdown.

    Args:
        datasets: one for each size of network, each with its null.
        motifs: what `drawn_motifs` found.
    """
    a = datasets[0].attrs
    found = compared(datasets)
    lines = [f"## {a['task']}", ""]
    lines += [f"{a['seeds']} seeds, {a['iterations']} iterations. Starts, each with its null:", ""]
    for dataset in datasets:
        records = zip(dataset["start"].values, np.atleast_1d(dataset.attrs["starts"]), strict=True)
        lines += [
            f"- {label} (N = {dataset.attrs['n_hidden']}): `{record}`"
            for label, record in records
            if label != NULL
        ]
    lines += [
        "",
        "Effective ranks relative to the null of the same seed, means with 95 % intervals:",
        "",
        "| structure | " + " | ".join(kind.replace("_", " ") for kind in RANKS) + " |",
        "| --- |" + " --: |" * len(RANKS),
    ]
    for label, of, null in structures(datasets):
        cells = [mean_with_interval(relative_rank(of, null, kind)) for kind in RANKS]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    lines += ["", *contrast_table(found.contrasts)]
    lines += [
        "",
        "| start | N | training loss | decision accuracy | diverged |",
        "| --- | --: | --: | --: | --: |",
    ]
    for dataset in datasets:
        for label in dataset["start"].values:
            at = dataset.sel(start=label)
            lines.append(
                f"| {label} | {dataset.attrs['n_hidden']} | {float(at['loss'].mean()):.4f} "
                f"| {float(at['accuracy'].mean()):.3f} | {int(at['diverged'].sum())} |"
            )
    if motifs:
        lines += [
            "",
            "| start | motif | asked for | drawn | std. error |",
            "| --- | --- | --: | --: | --: |",
        ]
        lines += [
            f"| {m.start} | {m.statistic} | {m.asked:.4f} | {m.measured:.4f} "
            f"| {m.standard_error:.4f} |"
            for m in motifs
        ]
    return "\n".join([*lines, "", *sentences(datasets, found), ""])


def sentences(datasets: Sequence[xr.Dataset], found: Findings) -> list[str]:
    """For each structure, whether it has the lower effective rank and learns more richly."""
    said = []
    for label, of, null in structures(datasets):
        ratio, low, high = mean_and_interval(relative_rank(of, null, "participation_ratio"))
        # Without an interval neither is true.
        lower = "lower" if high < 1 else "higher" if low > 1 else "not clearly lower"
        own = [c for c in found.contrasts if c.start == label]
        again = [c.at_equal_loss for c in own if c.at_equal_loss is not None]
        said.append(
            f"- {label}: effective rank {lower} than the null's (participation ratio times "
            f"{ratio:.2f}); {_by_verdict(own)}"
            f"{f'; at equal loss: {_by_verdict(again)}' if again else ''}."
        )
    return [*said, *(f"- {each}" for each in warnings_of(found))]


def _by_verdict(contrasts: Sequence[Contrast]) -> str:
    """Each verdict with the measures of which it is said."""
    by_verdict: dict[str, list[str]] = {}
    for c in contrasts:
        why = f" ({c.verdict.problem})" if c.verdict.problem else ""
        by_verdict.setdefault(f"{c.verdict.said}{why}", []).append(c.measure.replace("_", " "))
    return "; ".join(f"{verdict} by {', '.join(by)}" for verdict, by in by_verdict.items())


def _draw_ranks(axes: Axes, triples: Sequence, styles: dict[str, Style]) -> None:
    width = 0.8 / len(triples)
    for k, (label, of, null) in enumerate(triples):
        means, lengths = bars(np.stack([relative_rank(of, null, kind) for kind in RANKS]))
        at = np.arange(len(RANKS)) + (k - (len(triples) - 1) / 2) * width
        colour, _, _, hatch = styles[label]
        how = {"color": colour, "hatch": hatch, "edgecolor": WHITE, "lw": 0.5, "capsize": 2}
        axes.bar(at, means, 0.9 * width, yerr=lengths, label=label, **how)
    axes.axhline(1, color=GREY, ls="--", lw=1)
    axes.set_xticks(range(len(RANKS)), [kind.replace("_", "\n") for kind in RANKS])
    axes.set_ylabel("effective rank / null's")
    plain_edges(axes)


def _draw_boxes(
    axes: Axes, triples: Sequence, measure: str, styles: dict[str, Style], unclear: Sequence[bool]
) -> None:
    for k, (label, of, null) in enumerate(triples):
        for shift, runs, style in ((-0.2, null, NULL_STYLE), (0.2, of, styles[label])):
            values = runs[measure].values
            runs_box(axes, k + shift, values, colour=style.colour, hatch=style.hatch)
    finite = np.concatenate([runs[measure].values.ravel() for _, *both in triples for runs in both])
    finite = finite[np.isfinite(finite)]
    # What differs by orders of magnitude would leave the others on the axis.
    if len(finite) and finite.min() > 0 and finite.max() > 30 * np.median(finite):
        axes.set_yscale("log")
    names = [
        label.replace(" ", "\n") + ("" if not_clear else "\n*")
        for (label, *_), not_clear in zip(triples, unclear, strict=True)
    ]
    axes.set_xticks(range(len(triples)), names, fontsize=7.5)
    axes.set_ylabel(axis_label(triples[0][1], measure))
    plain_edges(axes)
