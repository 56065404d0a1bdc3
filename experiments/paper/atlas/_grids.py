"""The grids of the atlas: its starts, with units of each kind, on the tasks asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ...engine import Grid, as_yaml, spec_grids
from ...findings import MEASURES
from ...kinds.recurrent import COGNITIVE, Setting

STARTS = Path(__file__).parent / "specs" / "starts.yaml"
# What units do with their input, each as fields of a setting.
UNITS: dict[str, dict[str, Any]] = {
    "relu": {},
    "tanh": {"activation": "tanh"},
    "leak-paper": {"leak": 0.5, "leak_form": "paper"},
    "leak-rate": {"leak": 0.5, "leak_form": "rate"},
    "leak-current": {"leak": 0.5, "leak_form": "current"},
}
# By the pilot of results/atlas_plan.md, which also says why there are so many seeds.
SIZE, UPDATES, SEEDS, RANDOM_SEED = 64, 2500, 20, 100
# What it measures beside laziness, to explain it.
BESIDE = ("kernel_target_alignment", "readout_alignment", "regime")
# For a look at what comes out, which is no result.
QUICK = {"iterations": 100, "seeds": 2, "random_seed": 0}


def atlas_grids(
    tasks: Sequence[str] = COGNITIVE,
    units: Sequence[str] = ("relu",),
    kinds: Sequence[str] | None = None,
    *,
    seeds: int | None = None,
    quick: bool = False,
) -> list[Grid]:
    """The grids of the atlas, checked whole.

    Args:
        tasks: some of "2AF", "DMS" and "CXT".
        units: some of `UNITS`.
        kinds: the kinds of start to take, such as "low_rank"; None stands for all.
        seeds: networks of each start; None stands for 20, or 2 if quick.
        quick: few updates and seeds.

    Raises:
        ValueError: there is no such task, unit or kind of start, none is left, or seeds are not
            what a study allows.
    """
    listed: list[dict[str, Any]] = yaml.safe_load(STARTS.read_text(encoding="utf-8"))
    there = dict.fromkeys(_kind(start) for fields in listed for start in fields["start"])
    for option, asked, allowed in (
        ("tasks", tasks, COGNITIVE),
        ("units", units, tuple(UNITS)),
        ("kinds", kinds, tuple(there)),
    ):
        _require(option, asked, allowed)
    shared: dict[str, Any] = {
        "n_hidden": SIZE,
        "iterations": UPDATES,
        "seeds": SEEDS,
        "random_seed": RANDOM_SEED,
        "measures": [*MEASURES, *BESIDE],
        **(QUICK if quick else {}),
        **({} if seeds is None else {"seeds": seeds}),
        "task": list(tasks),
    }
    found = []
    for fields in listed:
        starts = [s for s in fields["start"] if kinds is None or _kind(s) in kinds]
        if starts:
            found += [{**fields, **shared, **UNITS[unit], "start": starts} for unit in units]
    return list(spec_grids(as_yaml(found), (Setting,), "atlas"))


def _kind(start: dict[str, Any]) -> str:
    # YAML's null is the kind of the null.
    return start["kind"] or "null"


def _require(option: str, asked: Sequence[str] | None, allowed: Sequence[str]) -> None:
    if asked is not None and not asked:
        raise ValueError(f"{option} is empty; allowed are some of {', '.join(allowed)}.")
    for name in asked or ():
        if name not in allowed:
            raise ValueError(
                f"{option} holds {name!r}; allowed are {', '.join(allowed)}, with commas between."
            )
    if asked is not None and len(set(asked)) < len(asked):
        raise ValueError(f"{option} is {', '.join(asked)}; allowed is each of them once.")
