"""Means of measures over seeds, as a table."""

from collections.abc import Sequence

import xarray as xr

from .findings import mean_with_interval


def means_table(dataset: xr.Dataset, columns: Sequence[str]) -> list[str]:
    """A row for each start with the means of what the dataset has of `columns`, in Markdown."""
    columns = [name for name in columns if name in dataset]
    lines = [
        "| start | " + " | ".join(c.replace("_", " ") for c in columns) + " | diverged |",
        "| --- |" + " --: |" * (len(columns) + 1),
    ]
    for at in (dataset.isel(start=i) for i in range(dataset.sizes["start"])):
        label = at["start"].item() if "start" in at.coords else f"rank {int(at['rank'])}"
        cells = [mean_with_interval(at[name].values) for name in columns]
        lines.append(f"| {label} | {' | '.join(cells)} | {int(at['diverged'].sum())} |")
    return lines
