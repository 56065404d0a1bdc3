"""Networks of one start on one task, seed by seed: what is compared with other such."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ._equal_loss import Looks, looks_of
from ._words import clean

# Of a record, what decides the start. It is shown by its label and not as a field.
_START = ("starts", "start")
# What orders the starts of one family: a rank, or the parameter of a smooth spectrum.
_LEVEL = re.compile(r"""\b((rank|exponent|share)["']?\s*[=:]\s*)([\d.eE+-]+)""")
_PART = re.compile(r"\w+=[^,()\[\]\"]+")


class Cell(NamedTuple):
    """Networks of one start on one task.

    - `hash`: the name of the cell in its study, empty where there is none.
    - `task`: what its networks learned.
    - `start`: a short name of the start, which no other start of the study has.
    - `rank`: of the start, where it was chosen.
    - `family`: what starts have in common that differ only in their rank, or only in the parameter
      of their smooth spectrum; empty where a start has neither.
    - `is_null`: whether the start is the Gaussian draw itself.
    - `fields`: all of the record but task and start, flat: names have dots.
    - `seeds`: the names of the seeds, which networks of two cells share.
    - `values`: variables with one number for each seed, as float64.
    - `looks`: the networks on their way through training, None where nothing is known of it.
    """

    hash: str
    task: str
    start: str
    rank: int | None
    family: str
    is_null: bool
    fields: dict[str, Any]
    seeds: np.ndarray
    values: dict[str, np.ndarray]
    looks: Looks | None = None


def start_record(record: Mapping[str, Any]) -> str:
    """What a record says of the start, in one line; empty where it says nothing."""
    value = next((record[name] for name in _START if name in record), "")
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        return clean(start_text(value))
    return clean(value if isinstance(value, str) else json.dumps(value, sort_keys=True))


def start_text(record: Mapping[str, Any]) -> str:
    """What the record of one start says, such as "low_rank(rank=3, keep=frobenius)"."""
    given = ", ".join(f"{name}={value}" for name, value in record.items() if name != "kind")
    return f"{record.get('kind', 'start')}({given})"


def flat_fields(record: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """The fields of a record but task and start; lists as text."""
    flat = {}
    for name, value in record.items():
        if not within and name in (*_START, "task"):
            continue
        if isinstance(value, Mapping) and value:
            flat |= flat_fields(value, f"{within}{clean(name)}.")
        elif isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
            flat[f"{within}{clean(name)}"] = clean(", ".join(map(str, value)))
        elif isinstance(value, list | Mapping):
            flat[f"{within}{clean(name)}"] = clean(json.dumps(value))
        else:
            flat[f"{within}{clean(name)}"] = clean(value) if isinstance(value, str) else value
    return flat


def task_of(record: Mapping[str, Any], dataset: xr.Dataset | None = None) -> str:
    """The task that a record names; networks that theory is about need not have one."""
    if isinstance(record.get("task"), Mapping):
        given = {n: v for n, v in record["task"].items() if n not in ("kind", "digest")}
        shown = (f"{name} {value}" for name, value in given.items())
        return clean(", ".join([str(record["task"].get("kind")), *shown]))
    if "task" in record:
        return clean(record["task"])
    linear = dataset is not None and "expected_kernel_alignment" in dataset
    return "linear" if linear else "no task named"


def cell_of(hash: str, record: Mapping[str, Any], dataset: xr.Dataset) -> Cell:
    """A cell from its record and its dataset."""
    kept, fields = start_record(record), flat_fields(record)
    label = _scalar(dataset, "start")
    level = _LEVEL.search(kept)
    rank = _chosen_rank(dataset, level)
    unnamed = "one start" if rank is None else f"rank {rank}"
    if rank is not None:
        # It is the start's, wherever a record has it.
        fields.pop("rank", None)
    return Cell(
        hash=hash,
        task=task_of(record, dataset),
        start=clean(label if isinstance(label, str) and label else kept or unnamed),
        rank=rank,
        family=_LEVEL.sub(r"\1", kept) if level else "" if rank is None else "rank",
        is_null=label == "null" or kept == "null()",
        fields=fields,
        seeds=_seed_names(dataset),
        values={
            str(name): variable.values.astype(np.float64)
            for name, variable in dataset.data_vars.items()
            if variable.dims == ("seed",) and variable.dtype.kind in "biuf"
        },
        looks=looks_of(dataset, record.get("iterations")),
    )


def with_distinct_starts(cells: Sequence[Cell], records: Sequence[str]) -> list[Cell]:
    """Cells whose starts have the same label only where they are the same start.

    Args:
        cells: all of a study.
        records: what the record of each says of the start.
    """
    by_label: dict[str, list[str]] = {}
    for cell, record in zip(cells, records, strict=True):
        known = by_label.setdefault(cell.start, [])
        if record not in known:
            known.append(record)
    renamed = []
    for cell, record in zip(cells, records, strict=True):
        known = by_label[cell.start]
        if len(known) > 1:
            cell = cell._replace(start=f"{cell.start}, {_distinction(record, known)}")
        renamed.append(cell)
    return renamed


def _distinction(record: str, among: Sequence[str]) -> str:
    """The parameters of a start that the others do not share, or all of its record."""
    parts = {each: _PART.findall(each) for each in among}
    own = [part for part in parts[record] if any(part not in p for p in parts.values())]
    same = any(
        [part for part in parts[each] if part in own] == own for each in among if each != record
    )
    return record if same or not own else ", ".join(own)


def _chosen_rank(dataset: xr.Dataset, level: re.Match[str] | None) -> int | None:
    """The rank that a dataset names, or else the record of its start."""
    rank = _scalar(dataset, "rank")
    if rank is None and level is not None and level[2] == "rank":
        rank = float(level[3])
    if isinstance(rank, bool) or not isinstance(rank, int | float) or not math.isfinite(rank):
        return None
    return int(rank)


def _scalar(dataset: xr.Dataset, name: str) -> Any:
    if name not in dataset.coords or dataset[name].size != 1:
        return None
    return dataset[name].values.reshape(-1)[0].item()


def _seed_names(dataset: xr.Dataset) -> np.ndarray:
    if "seed" in dataset.coords and dataset["seed"].dims == ("seed",):
        return dataset["seed"].values
    return np.arange(dataset.sizes.get("seed", 0))
