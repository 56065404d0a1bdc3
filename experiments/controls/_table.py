"""A control as Markdown."""

from collections.abc import Mapping, Sequence

import xarray as xr

from .._intervals import mean_with_interval
from ..recurrent import MEASURES, Trend
from ._catalogue import Control
from ._verdicts import overall_verdict, reservations

OTHERS = ("norm", "participation_ratio", "stable_rank", "loss", "accuracy")


def table(
    name: str,
    control: Control,
    datasets: Mapping[str, xr.Dataset],
    trends: Mapping[str, Sequence[Trend]],
    notes: Mapping[str, str],
) -> str:
    """The overall verdict, a line for each variant and measure, then each variant in full.

    Args:
        name: of the control.
        control: what it is.
        datasets: by variant, with dimensions start and seed and the coordinate `rank`.
        trends: by variant.
        notes: what is changed, in a sentence, by variant; those that have none are left out.
    """
    lines = [f"# Control: {name}", "", f"{control.line[0].upper()}{control.line[1:]}.", ""]
    lines += [overall_verdict(control, trends), ""]
    said = reservations(datasets)
    if said:
        lines += [f"To be read with care: {'; '.join(said)}.", ""]
    lines += [*_summary(datasets, trends), ""]
    for variant, dataset in datasets.items():
        lines += [f"## {variant}", ""]
        if variant in notes:
            lines += [notes[variant], ""]
        lines += [*_means(dataset), "", *_trends(trends[variant]), ""]
    return "\n".join(lines)


def _summary(
    datasets: Mapping[str, xr.Dataset], trends: Mapping[str, Sequence[Trend]]
) -> list[str]:
    lines = [
        "| variant | measure | means by start, from low rank to high | Spearman, 95 % interval | "
        "verdict |",
        "| --- | --- | --- | --- | --- |",
    ]
    for variant, dataset in datasets.items():
        by_rank = dataset.sortby("rank")
        for t in trends[variant]:
            means = "; ".join(mean_with_interval(v) for v in by_rank[t.measure].values)
            lines.append(
                f"| {variant} | {t.measure.replace('_', ' ')} | {means} | {t.spearman:+.2f} "
                f"({t.low:+.2f} to {t.high:+.2f}) | {t.verdict} |"
            )
    return lines


def _means(dataset: xr.Dataset) -> list[str]:
    a = dataset.attrs
    columns = [c for c in (*MEASURES, *OTHERS) if c in dataset and dataset[c].ndim == 2]
    lines = [
        f"{a['task']}, N = {a['n_hidden']}, {a['seeds']} seeds, {a['iterations']} updates of "
        f"{a['batch']} trials; means over seeds with 95 % intervals.",
        "",
        f"| start | {a['rank_name']} | {' | '.join(c.replace('_', ' ') for c in columns)} | "
        "diverged |",
        "| --- | --: |" + " --: |" * (len(columns) + 1),
    ]
    for i in range(dataset.sizes["start"]):
        at = dataset.isel(start=i)
        cells = [mean_with_interval(at[c].values) for c in columns]
        lines.append(
            f"| {at['start'].item()} | {float(at['rank']):.4g} | {' | '.join(cells)} | "
            f"{int(at['diverged'].sum())} |"
        )
    return lines


def _trends(trends: Sequence[Trend]) -> list[str]:
    lines = [
        "| measure | Spearman with rank | 95 % interval | steps lazier | verdict |",
        "| --- | --: | --- | --- | --- |",
    ]
    for t in trends:
        interval = f"{t.low:+.2f} to {t.high:+.2f}"
        name = t.measure.replace("_", " ")
        lines.append(f"| {name} | {t.spearman:+.2f} | {interval} | {t.steps} | {t.verdict} |")
    return lines
