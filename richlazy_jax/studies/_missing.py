"""Cells that are still to be computed."""

from pathlib import Path

from ._broken import whole_cell
from ._wanted import wanted_cells
from .folder import require_study


def missing_cells(path: Path | str) -> list[str]:
    """The hashes of cells that a study asks for and that lack something, in the order of its grid.

    Every cell is read, and what is broken put aside as by `read_cell`.

    Args:
        path: the folder of the study.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, or a cell is of another format.
        OSError: there is a file and it cannot be looked at.
    """
    path = require_study(path)
    lacking = []
    for hash, wanted in wanted_cells(path).items():
        found = whole_cell(path, hash)
        if found is None or wanted.lacks(found[1]):
            lacking.append(hash)
    return lacking
