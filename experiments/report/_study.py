"""What is in the folder of a study, and what is wrong there."""

import json
import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from richlazy_jax.studies import (
    BrokenCellWarning,
    Failure,
    Wanted,
    checkpoint_folder,
    failures,
    read_values,
    wanted_cells,
)
from richlazy_jax.studies.folder import CELLS, ENVIRONMENT, SPEC, hashes_in

from ..findings import Cell, cell_of, clean, start_record, with_distinct_starts

_PUT_ASIDE = re.compile(r"[0-9a-f]{16}\.nc\.broken-\d+")


class Study(NamedTuple):
    """A study, read once.

    - `name`: of its folder.
    - `spec`: the text it keeps.
    - `environment`: what it was made with; None where that cannot be read.
    - `wanted`: the cells it asks for, by hash.
    - `cells`: those that are there, in the order of their hashes.
    - `records`: of the same cells.
    - `lacking`: the hashes of those that lack something that is asked for, such as seeds.
    - `failed`: the last error of each cell that failed and is not finished.
    - `begun`: the updates that the last checkpoint holds of each cell that is not finished.
    - `wrong`: sentences about files that are not what they should be.
    """

    name: str
    spec: str
    environment: Any
    wanted: dict[str, Wanted]
    cells: list[Cell]
    records: list[Mapping[str, Any]]
    lacking: set[str]
    failed: dict[str, Failure]
    begun: dict[str, int]
    wrong: list[str]

    @property
    def missing(self) -> list[str]:
        """The hashes of cells that are asked for, not finished and not failed."""
        done = {cell.hash for cell in self.cells} - self.lacking
        return [h for h in self.wanted if h not in done and h not in self.failed]

    @property
    def not_asked_for(self) -> list[str]:
        """The hashes of finished cells that the spec does not ask for any more."""
        return [cell.hash for cell in self.cells if cell.hash not in self.wanted]


def read_study(path: Path, on_cell: Callable[[int, int], None] = lambda done, of: None) -> Study:
    """All that a page says of a study.

    Files that are broken are put aside as by `richlazy_jax.studies.read_values`.

    Args:
        path: the folder. Other processes may be writing to it.
        on_cell: called with how many cells are read, of how many.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study.
        OSError: the folder cannot be read.
    """
    wrong: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", BrokenCellWarning)
        failed = failures(path)
        wanted = wanted_cells(path)
        cells, records, lacking = _cells(path, wanted, wrong, on_cell)
    wrong += [clean(w.message) for w in caught if issubclass(w.category, BrokenCellWarning)]
    told = " ".join(wrong)
    for name in _put_aside(path):
        # One that this very call put aside has its reason told already.
        if name not in told:
            wrong.append(f"cells/{name} was put aside when the study was read before, as no cell.")
    done = {cell.hash for cell in cells} - lacking
    return Study(
        name=path.resolve().name,
        spec=(path / SPEC).read_bytes().decode("utf-8-sig", errors="backslashreplace"),
        environment=_environment(path / ENVIRONMENT, wrong),
        wanted=wanted,
        cells=cells,
        records=records,
        lacking=lacking,
        failed={hash: failure for hash, failure in failed.items() if hash not in done},
        begun=_begun(path, [hash for hash in wanted if hash not in done]),
        wrong=[_within(path, each) for each in wrong],
    )


def _within(path: Path, text: str) -> str:
    """A message with files named from the study: a page goes elsewhere, where its path may not."""
    for folder in (path, path.resolve()):
        text = text.replace(f"{folder}{os.sep}", "")
    return text


def _cells(
    path: Path,
    wanted: Mapping[str, Wanted],
    wrong: list[str],
    on_cell: Callable[[int, int], None],
) -> tuple[list[Cell], list[Mapping[str, Any]], set[str]]:
    cells, records, lacking = [], [], set()
    names = hashes_in(path / CELLS, ".nc")
    for number, name in enumerate(names):
        on_cell(number, len(names))
        try:
            found = read_values(path, name)
            if found is None:
                continue
            record, dataset = found
            cells.append(cell_of(name, record, dataset))
            records.append(record)
            if name in wanted and wanted[name].lacks(dataset):
                lacking.add(name)
        # A cell of another format, or one that may not be read, leaves the others readable.
        except Exception as error:
            wrong.append(clean(f"cells/{name}.nc could not be read: {error}"))
    return with_distinct_starts(cells, [start_record(r) for r in records]), records, lacking


def _begun(path: Path, hashes: Sequence[str]) -> dict[str, int]:
    """The updates done of each cell that has a checkpoint, by the names of these."""
    found = {}
    for hash in hashes:
        # A folder for each part of the seeds, and within it for each phase of training.
        names = [entry.name for entry in checkpoint_folder(path, hash).glob("**/*")]
        steps = [int(name) for name in names if name.isdecimal()]
        if steps:
            found[hash] = max(steps)
    return found


def _put_aside(path: Path) -> list[str]:
    names = (file.name for file in (path / CELLS).glob("*.nc.broken-*"))
    return sorted(name for name in names if _PUT_ASIDE.fullmatch(name))


def _environment(file: Path, wrong: list[str]) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        wrong.append(clean(f"{file.name} could not be read: {error}"))
        return None
