"""`richlazy compare`."""

import json
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
import xarray as xr
from rich.box import SIMPLE
from rich.table import Table

from richlazy_jax.studies import read_cell, wanted_cells

from ..findings import MEASURES, mean_with_interval, start_record, task_of
from ._said import PlainConsole, plain, tell_next
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
    shared = set.intersection(*(set(key) for of in keyed for key in of))
    for key in both:
        console.print(_table(_without(key, shared), keyed[0][key], keyed[1][key]))
    for path, mine, other in ((first, *keyed), (second, *reversed(keyed))):
        alone = [key for key in mine if key not in other]
        if alone:
            such = f"such as {_without(alone[0], shared)}"
            console.say(f"{len(alone)} of {len(mine)} cells in {path} alone, {such}")
    if not both:
        console.print("No cell of one is a cell of the other.")
        raise typer.Exit(1)
    tell_next(second, console)


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


def _key(record: Mapping[str, Any], without: Mapping[str, Any]) -> tuple[str, ...]:
    """What a cell is, in words, but for the fields in which the studies differ as a whole."""
    named = [] if "task" in without else [task_of(record)]
    rest = {n: v for n, v in record.items() if n not in ("task", "start", *without)}
    return (*named, start_record(record), *(f"{n} {_text(v)}" for n, v in rest.items()))


def _without(key: tuple[str, ...], shared: Set[str]) -> str:
    """A cell in those of its words that other cells do not share."""
    return ", ".join(part for part in key if part not in shared) or ", ".join(key[:2])


def _table(label: str, one: xr.Dataset, other: xr.Dataset) -> Table:
    shown = Table(title=plain(label), title_justify="left", box=SIMPLE)
    # Wide enough for the longest of the words, at which lines may end.
    shown.add_column("measure", min_width=len("representation"))
    for heading in ("first", "second", "second less first"):
        shown.add_column(heading, min_width=len("(-0.00125 to"))
    for name in (*MEASURES, *_OTHERS):
        if name in one and name in other:
            shown.add_row(name.replace("_", " "), *_means(one[name], other[name]))
    return shown


def _means(one: xr.DataArray, other: xr.DataArray) -> tuple[str, str, str]:
    """Means of both, and that of their difference seed by seed, where seeds are the same."""
    mine, theirs = (mean_with_interval(np.asarray(a, float).ravel()) for a in (one, other))
    if "seed" in one.dims and "seed" in other.dims:
        shared = np.intersect1d(one["seed"], other["seed"])
        off = (other.sel(seed=shared) - one.sel(seed=shared)).values
        return mine, theirs, mean_with_interval(np.asarray(off, float).ravel())
    return mine, theirs, ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
