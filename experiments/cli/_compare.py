"""`richlazy compare`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
import xarray as xr
from rich.box import SIMPLE
from rich.table import Table

from richlazy_jax.studies import read_cell, wanted_cells

from ..findings import MEASURES, mean_with_interval, start_record, task_of
from ._said import PlainConsole
from ._stops import usage_errors

# What is compared beside the measures of laziness.
_OTHERS = ("loss", "accuracy")


def compare_command(
    first: Annotated[Path, typer.Argument(metavar="STUDY", help="A folder of finished cells.")],
    second: Annotated[Path, typer.Argument(metavar="STUDY", help="Another one.")],
) -> None:
    """Two studies side by side, cell by cell: means over seeds, and what differs.

    Cells are paired by task, start and all fields that both have; fields that differ between the
    studies as a whole, such as another learning rate in all cells, are said first.
    """
    console = PlainConsole()
    with usage_errors():
        studies = [_cells(path) for path in (first, second)]
    differing = _differing(*studies)
    for name, values in sorted(differing.items()):
        console.print(f"{name}: {values[0]} in {first}, {values[1]} in {second}")
    keyed = [{_key(record, differing): dataset for record, dataset in of} for of in studies]
    both = [key for key in keyed[0] if key in keyed[1]]
    if both:
        console.print(_table([(key, keyed[0][key], keyed[1][key]) for key in both]))
    for path, mine, other in ((first, *keyed), (second, *reversed(keyed))):
        alone = [key for key in mine if key not in other]
        if alone:
            console.print(f"{len(alone)} of {len(mine)} cells in {path} alone, such as {alone[0]}")
    if not both:
        console.print("No cell of one is a cell of the other.")
        raise typer.Exit(1)


def _cells(path: Path) -> list[tuple[Mapping[str, Any], xr.Dataset]]:
    found = []
    for hash, wanted in wanted_cells(path).items():
        dataset = read_cell(path, hash)
        if dataset is not None:
            found.append((wanted.record, dataset))
    if not found:
        raise ValueError(f"{path} has no finished cells; allowed is a study with at least one.")
    return found


def _differing(one: list, other: list) -> dict[str, tuple[str, str]]:
    """The fields that have one value in all of a study and another in all of the other."""
    values = []
    for of in (one, other):
        names = {name for record, _ in of for name in record} - {"start"}
        values.append({n: {_text(r.get(n)) for r, _ in of} for n in names})
    found = {}
    for name in values[0].keys() | values[1].keys():
        mine, theirs = values[0].get(name, {"-"}), values[1].get(name, {"-"})
        if len(mine) == len(theirs) == 1 and mine != theirs:
            found[name] = (*mine, *theirs)
    return found


def _key(record: Mapping[str, Any], without: Mapping[str, Any]) -> str:
    """What a cell is, in words, but for the fields in which the studies differ as a whole."""
    named = [] if "task" in without else [task_of(record)]
    rest = {n: v for n, v in record.items() if n not in ("task", "start", *without)}
    return ", ".join([*named, start_record(record), *(f"{n} {_text(v)}" for n, v in rest.items())])


def _table(rows: list[tuple[str, xr.Dataset, xr.Dataset]]) -> Table:
    shown = Table(box=SIMPLE)
    for heading in ("cell", "measure", "first", "second", "second less first"):
        shown.add_column(heading, overflow="fold")
    keys = _short([key for key, _, _ in rows])
    for short, (_, one, other) in zip(keys, rows, strict=True):
        label = short
        for name in (*MEASURES, *_OTHERS):
            if name not in one or name not in other:
                continue
            shown.add_row(label, name.replace("_", " "), *_means(one[name], other[name]))
            label = ""
    return shown


def _means(one: xr.DataArray, other: xr.DataArray) -> tuple[str, str, str]:
    """Means of both, and that of their difference seed by seed, where seeds are the same."""
    mine, theirs = (mean_with_interval(np.asarray(a, float).ravel()) for a in (one, other))
    if "seed" in one.dims and "seed" in other.dims:
        shared = np.intersect1d(one["seed"], other["seed"])
        off = (other.sel(seed=shared) - one.sel(seed=shared)).values
        return mine, theirs, mean_with_interval(np.asarray(off, float).ravel())
    return mine, theirs, ""


def _short(keys: list[str]) -> list[str]:
    """Keys without the parts that all of them share."""
    parts = [key.split(", ") for key in keys]
    shared = set.intersection(*map(set, parts)) if len(parts) > 1 else set()
    return [", ".join(p for p in of if p not in shared) or keys[i] for i, of in enumerate(parts)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
