"""Whether higher rank learns more lazily, in each variant of a control and over all."""

from collections.abc import Mapping

import xarray as xr

from ...findings import (
    LAZIER_TREND,
    MEASURES,
    RICHER_TREND,
    TOO_FEW,
    Findings,
    comparison_of,
    findings,
)
from ._catalogue import Control


def variant_findings(datasets: Mapping[str, xr.Dataset]) -> dict[str, Findings]:
    """What each variant says, each a table of its own, as a report on its study says it."""
    return {variant: findings([comparison_of(dataset)]) for variant, dataset in datasets.items()}


def overall_verdict(control: Control, found: Mapping[str, Findings]) -> str:
    """One sentence: in how many variants higher rank learned more lazily, by each measure.

    Args:
        control: what the variants and their starts are.
        found: as `variant_findings` gives it.
    """
    parts = []
    for measure in MEASURES:
        said = [t.verdict.said for of in found.values() for t in of.trends if t.measure == measure]
        if not said:
            continue
        first = f" {control.noun}" if not parts else ""
        others = [
            f"{words} in {said.count(verdict)}"
            for words, verdict in (("the reverse", RICHER_TREND), (TOO_FEW, TOO_FEW))
            if verdict in said
        ]
        aside = f" ({', '.join(others)})" if others else ""
        by = measure.replace("_", " ")
        parts.append(f"{said.count(LAZIER_TREND)} of {len(said)}{first} by {by}{aside}")
    if not parts:
        return "No measure of laziness was taken."
    return f"Higher {control.varies} learned more lazily in {', '.join(parts)}."
