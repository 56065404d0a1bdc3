"""A control as Markdown."""

from collections.abc import Mapping

import xarray as xr

from ...findings import (
    MEASURES,
    Findings,
    means_table,
    sentences,
    training_sentence,
    trend_table,
    warnings_of,
)
from ._catalogue import Control
from ._verdicts import overall_verdict

OTHERS = (
    "readout_correlation",
    "readout_share",
    "norm",
    "participation_ratio",
    "stable_rank",
    "loss",
    "accuracy",
)


def table(
    name: str,
    control: Control,
    datasets: Mapping[str, xr.Dataset],
    found: Mapping[str, Findings],
    notes: Mapping[str, str],
) -> str:
    """The overall verdict, then each variant in full.

    Args:
        name: of the control.
        control: what it is.
        datasets: by variant, with dimensions start and seed and the coordinate `rank`.
        found: by variant.
        notes: what is changed, in a sentence, by variant; those that have none are left out.
    """
    lines = [f"# Control: {name}", "", f"{control.line[0].upper()}{control.line[1:]}.", ""]
    lines += [overall_verdict(control, found), ""]
    for variant, dataset in datasets.items():
        lines += [f"## {variant}", ""]
        if variant in notes:
            lines += [notes[variant], ""]
        a, of = dataset.attrs, found[variant]
        lines += [
            f"{a['task']}, N = {a['n_hidden']}, {a['seeds']} seeds, {a['iterations']} updates of "
            f"{a['batch']} trials; means over seeds with 95 % intervals, by {a['rank_name']}.",
            "",
            *means_table(dataset, (*MEASURES, *OTHERS)),
            "",
            *trend_table(of.trends),
            "",
            *(f"- {sentence.text}" for sentence in sentences(of)),
            *(f"- {training_sentence(training)}" for training in of.training),
            *(f"- {warning}" for warning in warnings_of(of)),
            "",
        ]
    return "\n".join(lines)
