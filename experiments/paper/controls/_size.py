"""The spec of a variant, at the size that is asked for."""

from collections.abc import Sequence
from typing import Any

import yaml

from ...engine import Experiment, Grid, as_yaml, spec_grids
from ...kinds.recurrent import Setting
from ._catalogue import CONTROLS, SPECS, THROUGH

# Hidden units, updates and ranks below that of the null: of the specs, and of the paper.
USUAL_HIDDEN = 100
FULL = {"hidden": 300, "iterations": 10_000, "ranks": (1, 30, 100)}


def variant_grids(
    name: str,
    *,
    full: bool = False,
    seeds: int | None = None,
    hidden: int | None = None,
    iterations: int | None = None,
    measure_at: Sequence[int] | None = None,
    experiments: Sequence[type[Experiment]] = (Setting,),
) -> dict[str, Grid]:
    """The grids of a control by variant, checked whole.

    Args:
        name: of the control.
        full: the paper's size: three times as many hidden units, 10,000 updates, and more ranks.
        seeds: networks of each start; None leaves what the spec says.
        hidden: hidden units where the control does not change them. Where it does, all its numbers
            of units change in proportion. Ranks that are not below it are left out.
        iterations: updates.
        measure_at: updates on the way at which to measure as well; None leaves what the spec says.
        experiments: as for `spec_grids`.

    Raises:
        ValueError: there is no such control, or a number is not one that a sweep allows.
    """
    if name not in CONTROLS:
        raise ValueError(f"name is {name!r}; allowed are {', '.join(CONTROLS)}.")
    if hidden is not None and hidden < 2:
        raise ValueError(f"hidden is {hidden}; allowed are whole numbers from 2.")
    ranks = FULL["ranks"] if full else None
    if iterations is None and full:
        iterations = FULL["iterations"]
    if hidden is None:
        hidden = FULL["hidden"] if full else USUAL_HIDDEN
    given = {"seeds": seeds, "iterations": iterations}
    found = {}
    for variant in CONTROLS[name].variants:
        file = SPECS / name / f"{variant}.yaml"
        fields = yaml.safe_load(file.read_text(encoding="utf-8"))
        fields |= {field: value for field, value in given.items() if value is not None}
        # One unit would have no rank below that of the null.
        fields["n_hidden"] = max(2, round(fields["n_hidden"] * hidden / USUAL_HIDDEN))
        for start in fields["start"]:
            _fit(start, ranks, fields["n_hidden"])
        if measure_at is not None:
            fields["measure_at"] = list(measure_at)
        elif name == THROUGH:
            fields["measure_at"] = list(updates_of(fields["iterations"]))
        (found[variant],) = spec_grids(as_yaml(fields), experiments, f"{name}/{variant}")
    return found


def variant_notes(name: str) -> dict[str, str]:
    """What each variant of a control changes: the first line of its spec."""
    return {
        variant: (SPECS / name / f"{variant}.yaml")
        .read_text(encoding="utf-8")
        .splitlines()[0]
        .removeprefix("# ")
        for variant in CONTROLS[name].variants
    }


def _fit(start: dict[str, Any], ranks: tuple[int, ...] | None, hidden: int) -> None:
    """Give a start of chosen rank the ranks that are asked for and that the network allows."""
    if start["kind"] == "low_rank":
        asked = start["rank"] if ranks is None else ranks
        start["rank"] = [rank for rank in asked if rank < hidden]
    # A participation ratio is at least 1.
    if start["kind"] == "participation_ratio":
        start["share"] = [share for share in start["share"] if share * hidden >= 1]


def updates_of(iterations: int) -> tuple[int, ...]:
    """Updates to look at: 0, then 1, 2 and 5 of each power of ten, and the last."""
    grid = (d * 10**k for k in range(len(str(iterations))) for d in (1, 2, 5))
    return (0, *(update for update in grid if update < iterations), iterations)
