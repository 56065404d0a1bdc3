"""Whether higher rank learns more lazily, in each variant of a control and over all."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from ..recurrent import MEASURES, Trend, rank_trends
from ._catalogue import Control

LAZIER, RICHER = "lazier with rank", "richer with rank"
# A start has hardly learned whose loss fell by less than half.
HARDLY = 0.5


def variant_trends(datasets: Mapping[str, xr.Dataset]) -> dict[str, list[Trend]]:
    """The trend of each measure with `rank`, by variant."""
    with warnings.catch_warnings():
        # Of a rank at which all networks diverged.
        warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
        return {variant: rank_trends(dataset) for variant, dataset in datasets.items()}


def overall_verdict(control: Control, trends: Mapping[str, Sequence[Trend]]) -> str:
    """One sentence: in how many variants higher rank learned more lazily, by each measure.

    Args:
        control: what the variants and their starts are.
        trends: as `variant_trends` gives them.
    """
    parts = []
    for measure in MEASURES:
        verdicts = [t.verdict for of in trends.values() for t in of if t.measure == measure]
        if not verdicts:
            continue
        richer = verdicts.count(RICHER)
        reverse = f" (the reverse in {richer})" if richer else ""
        first = f" {control.noun}" if not parts else ""
        parts.append(
            f"{verdicts.count(LAZIER)} of {len(verdicts)}{first} by {measure.replace('_', ' ')}"
            f"{reverse}"
        )
    if not parts:
        return "No measure of laziness was taken."
    return f"Higher {control.varies} learned more lazily in {', '.join(parts)}."


def reservations(datasets: Mapping[str, xr.Dataset]) -> list[str]:
    """Starts whose measures say little: what diverged, and what hardly learned."""
    said = []
    for variant, dataset in datasets.items():
        for label in dataset["start"].values:
            at = dataset.sel(start=label)
            diverged = at["diverged"].values.astype(bool)
            if diverged.any():
                said.append(
                    f"{variant}, {label}: {diverged.sum()} of {diverged.size} networks diverged"
                )
            if diverged.all() or "first_loss" not in at:
                continue
            first, last = (at[name].values[~diverged].mean() for name in ("first_loss", "loss"))
            if np.isfinite(first) and last > HARDLY * first:
                said.append(f"{variant}, {label}: hardly learned, loss {first:.3g} to {last:.3g}")
    return said
