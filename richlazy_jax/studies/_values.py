"""Cells for who reads thousands of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from ._broken import whole_cell
from .folder import require_study


def read_values(path: Path | str, hash: str) -> tuple[Mapping[str, Any], xr.Dataset] | None:
    """The record of a cell and its numbers, or None if it is missing.

    As `read_cell`, in a twentieth of its time and without attributes.

    Args:
        path: the folder of the study.
        hash: that of the cell's record.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, the hash is none, or the cell is of another format.
        OSError: there is a file and it cannot be looked at.
    """
    found = whole_cell(require_study(path), hash)
    if found is None:
        return None
    record, variables, coordinates = found[1]
    return record, xr.Dataset(
        {name: each for name, each in variables.items() if name not in coordinates},
        {name: variables[name] for name in coordinates},
    )
