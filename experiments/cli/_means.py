"""Means of a figure in a terminal, where its table in Markdown would be cut."""

from collections.abc import Sequence

import xarray as xr
from rich.box import SIMPLE
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from ..findings import Summary, mean_with_interval
from ._said import plain


def tell_means(console: Console, dataset: xr.Dataset, summary: Summary) -> None:
    """Print means of all starts, and what is to be said of them."""
    console.print(Markdown(f"## {summary.heading}\n\n{summary.caption}"))
    console.print(means(dataset, summary.columns))
    console.print(Markdown("\n".join(f"- {each}" for each in summary.said)))


def means(dataset: xr.Dataset, columns: Sequence[str]) -> Table:
    """A line for each measure and start, with its mean over seeds and 95 % interval."""
    shown = Table(box=SIMPLE)
    for heading in ("measure", "start", "mean, 95 % interval"):
        shown.add_column(heading, overflow="fold")
    starts = [dataset.isel(start=i) for i in range(dataset.sizes["start"])]
    labels = [
        at["start"].item() if "start" in at.coords else f"rank {int(at['rank'])}" for at in starts
    ]
    for name in (name for name in columns if name in dataset):
        shown.add_section()
        for label, at in zip(labels, starts, strict=True):
            first = name.replace("_", " ") if label == labels[0] else ""
            shown.add_row(first, plain(label), mean_with_interval(at[name].values))
    diverged = [int(at["diverged"].sum()) for at in starts]
    if any(diverged):
        shown.add_section()
        for label, number in zip(labels, diverged, strict=True):
            first = "networks that diverged" if label == labels[0] else ""
            shown.add_row(first, plain(label), str(number))
    return shown
