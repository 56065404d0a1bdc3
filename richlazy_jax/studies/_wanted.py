"""The cells that a study asks for, and what each of them must hold to be finished."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ._decode import Cell
from ._durable import write_durably
from ._hash import FORMAT, cell_hash
from ._plain import canonical_text, plain
from .folder import WANTED, require_study

# What a record says of the code, the data and the precision behind a name, and not of a choice.
_BEHIND_NAMES = ("digest", "dtype")


class BrokenListError(ValueError):
    """The list of what a study asks for is damaged; whoever asks again writes it anew."""


class Wanted(NamedTuple):
    """A cell that a study asks for.

    - `record`: all that decides its numbers, as for `cell_hash`.
    - `variables`: the names that its dataset must have.
    - `coordinates`: for each dimension that may grow, such as `seed`, the values that it must have.

    A finished cell may hold more. What it lacks is computed and added to it, so that a study grows.
    """

    record: Mapping[str, Any]
    variables: Sequence[str] = ()
    coordinates: Mapping[str, Sequence[Any]] = {}

    @property
    def hash(self) -> str:
        """The name of the cell."""
        return cell_hash(self.record)

    def lacks(self, cell: xr.Dataset | Cell) -> dict[str, list[Any]]:
        """What a cell must still get: "variables", and the values of each dimension by its name.

        Empty where it has all.
        """
        have = {str(name): each for name, each in cell.variables.items()}
        missing = {"variables": [name for name in self.variables if name not in have]}
        for name, values in self.coordinates.items():
            there = set(np.ravel(have[name].values).tolist()) if name in have else set()
            missing[name] = [value for value in values if value not in there]
        return {name: values for name, values in missing.items() if values}


def wanted_cells(path: Path | str) -> dict[str, Wanted]:
    """The cells that a study asks for, by hash, in the order of its grid.

    Args:
        path: the folder of the study.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, one of an earlier format, or the list cannot be read.
    """
    path = require_study(path)
    try:
        listed = json.loads((path / WANTED).read_bytes())
        number = listed["format"]
        # Another format may have anything there.
        cells = {
            hash: Wanted(one["record"], one["variables"], one["coordinates"])
            for hash, one in (listed["cells"] if number == FORMAT else {}).items()
        }
    except FileNotFoundError:
        raise ValueError(
            f"{path} has no {WANTED}, as studies of format 1 have none; allowed is format "
            f"{FORMAT}. Its cells cannot be taken over, because they are named by other records: "
            f"run its spec.yaml again with another folder."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenListError(
            f"{path / WANTED} cannot be read ({error}); the command that made the study writes it "
            "anew."
        ) from error
    if number != FORMAT:
        raise ValueError(f"{path / WANTED} has format {number}; allowed is {FORMAT}.")
    return cells


def write_wanted(path: Path, wanted: Iterable[Wanted]) -> None:
    """Keep the list of what is asked for."""
    cells = {
        one.hash: {
            "record": plain("record", one.record),
            "variables": list(one.variables),
            "coordinates": {n: plain(n, np.asarray(v)) for n, v in one.coordinates.items()},
        }
        for one in wanted
    }
    write_durably(path / WANTED, json.dumps({"format": FORMAT, "cells": cells}).encode() + b"\n")


def changes(before: Mapping[str, Wanted], after: Mapping[str, Wanted]) -> list[str]:
    """What a list of cells asks for that another did not, in sentences; empty where nothing.

    Args:
        before: what was asked for, by hash.
        after: what is asked for now.
    """
    said = []
    new, gone = after.keys() - before.keys(), before.keys() - after.keys()
    if new:
        said.append(f"{_cells(len(new))} more than before")
    if gone:
        said.append(f"{_cells(len(gone))} no longer asked for, and kept where finished")
    grown: dict[str, int] = {}
    for hash in after.keys() & before.keys():
        for what in _more(before[hash], after[hash]):
            grown[what] = grown.get(what, 0) + 1
    said += [f"{what} in {_cells(number)}" for what, number in sorted(grown.items())]
    return said


def _more(before: Wanted, after: Wanted) -> Iterable[str]:
    more = [name for name in after.variables if name not in before.variables]
    if more:
        yield f"more measured ({', '.join(more)})"
    for name, values in after.coordinates.items():
        had, has = len(before.coordinates.get(name, ())), len(values)
        if list(values) != list(before.coordinates.get(name, ())):
            yield f"{name}: {has} instead of {had}"


def require_same_behind_names(
    path: Path, before: Mapping[str, Wanted], after: Mapping[str, Wanted]
) -> None:
    """Refuse a list that asks for a cell by the same names with other code, data or precision.

    Finished cells would then mean something else than their names say.

    Raises:
        ValueError: one of the records does.
    """
    known = {}
    for hash in before.keys() - after.keys():
        found: dict[str, Any] = {}
        known[canonical_text(_named(before[hash].record, found))] = found
    for hash in after.keys() - before.keys():
        behind: dict[str, Any] = {}
        text = canonical_text(_named(after[hash].record, behind))
        if text in known and known[text] != behind:
            different = [n for n in behind | known[text] if behind.get(n) != known[text].get(n)]
            name = different[0]
            raise ValueError(
                f"{name} is {behind.get(name)!r}, and was {known[text].get(name)!r} when the study "
                f"{path} was made: the code, the images or the precision under the same name are "
                "others now. Allowed are the same as then, or another folder."
            )


def _named(value: Any, behind: dict[str, Any], where: str = "") -> Any:
    """A record without what stands behind its names, which is put into `behind`."""
    if isinstance(value, Mapping):
        kept = {}
        for name, each in value.items():
            if name in _BEHIND_NAMES:
                behind[f"{where}{name}"] = each
            else:
                kept[name] = _named(each, behind, f"{where}{name}.")
        return kept
    if isinstance(value, list | tuple):
        return [_named(each, behind, where) for each in value]
    return plain(where, value)


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"
