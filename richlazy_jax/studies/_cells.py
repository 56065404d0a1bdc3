"""Cells on disk, whole or not there."""

import io
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from ._broken import whole_cell
from ._durable import write_durably
from ._encode import encoded
from ._failures import clear_failure
from ._hash import FORMAT, cell_hash
from ._plain import canonical_text, plain
from .folder import cell_path, checkpoint_folder, require_study


def write_cell(path: Path | str, record: Mapping[str, Any], dataset: xr.Dataset) -> str:
    """Write a cell, and forget its checkpoints and the errors there were on the way to it.

    Whatever happens meanwhile, the file is there whole or not at all. A cell that is there already
    is replaced. Beside the attributes of the dataset the file has `study_record`, the record as
    JSON, `study_hash` and `study_format`.

    Args:
        path: the folder of the study.
        record: all that decides the numbers, as for `cell_hash`.
        dataset: the numbers: variables and coordinates of numbers, booleans and strings. None is
            called `cell` or `hash`, and no dimension either.

    Returns:
        The hash.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, the record holds what it must not, or the dataset does.
        OSError: the file could not be written, as when the disk is full. What was there stays.
    """
    path, hash = require_study(path), cell_hash(record)
    kept = plain("record", record)
    attributes = {"study_record": canonical_text(kept), "study_hash": hash, "study_format": FORMAT}
    content = encoded(dataset, kept, attributes)
    write_durably(cell_path(path, hash), content)
    forget_way(path, hash)
    return hash


def forget_way(path: Path, hash: str) -> None:
    """Take away what there was on the way to a cell: its checkpoints and the last error.

    For who has claimed the cell, which is finished.
    """
    clear_failure(path, hash)
    shutil.rmtree(checkpoint_folder(path, hash), ignore_errors=True)


def read_cell(path: Path | str, hash: str) -> xr.Dataset | None:
    """The dataset of a cell, in memory, or None if the cell is missing.

    A file that is cut off, cannot be read, or holds something else than this cell counts as
    missing. It is renamed to `HASH.nc.broken-N` and stays in the folder, and a `BrokenCellWarning`
    says so. Where the cell is claimed just now, or the folder may only be read, it keeps its name.

    Args:
        path: the folder of the study.
        hash: that of the cell's record.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, the hash is none, or the cell is of another format.
        OSError: there is a file and it cannot be looked at.
    """
    found = whole_cell(require_study(path), hash)
    return None if found is None else as_dataset(found[0])


def as_dataset(content: bytes) -> xr.Dataset:
    """The dataset in the bytes of a cell that is known to be whole."""
    # Nothing is packed or dated in a cell; what looks so was called so by the caller.
    with xr.open_dataset(
        io.BytesIO(content), engine="h5netcdf", mask_and_scale=False, decode_times=False
    ) as opened:
        return opened.load()
