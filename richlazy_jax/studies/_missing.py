"""Cells that are still to be computed."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ._broken import whole_cell
from ._folder import require_study
from ._hash import cell_hash


def missing_cells(path: Path | str, records: Iterable[Mapping[str, Any]]) -> list[str]:
    """The hashes of the records that have no whole cell, each once, in the order of the records.

    Every cell is read, and what is broken put aside as by `read_cell`.

    Args:
        path: the folder of the study.
        records: those of the cells that are wanted.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, a record holds what it must not, or a cell is of another format.
        OSError: there is a file and it cannot be looked at.
    """
    path = require_study(path)
    wanted = dict.fromkeys(cell_hash(record) for record in records)
    return [hash for hash in wanted if whole_cell(path, hash) is None]
