"""Files of cells that are no cells."""

import os
import warnings
from pathlib import Path

from ._decode import Cell, NoCell, decoded
from ._lock import held_if_free
from .folder import cell_path, lock_path


class BrokenCellWarning(UserWarning):
    """A file in a study is not what its name says; it counts as missing."""


def whole_cell(path: Path, hash: str) -> tuple[bytes, Cell] | None:
    """The bytes of a cell's file and what they hold; None if it is missing or broken.

    A broken file is renamed to `HASH.nc.broken-N`, unless another process has the cell in hand.

    Raises:
        ValueError: the cell is of another format.
        OSError: there is a file and it cannot be looked at.
    """
    try:
        return _read(cell_path(path, hash), hash)
    except NoCell:
        pass
    # By now the cell may have been written anew, and without the lock that might be put aside.
    try:
        with held_if_free(lock_path(path, hash)) as free:
            return whole_cell_in_hand(path, hash, may_move=free)
    # A folder that may only be read.
    except OSError:
        return whole_cell_in_hand(path, hash, may_move=False)


def whole_cell_in_hand(path: Path, hash: str, may_move: bool = True) -> tuple[bytes, Cell] | None:
    """As `whole_cell`, for a process that holds the lock of the cell."""
    file = cell_path(path, hash)
    try:
        return _read(file, hash)
    except NoCell as error:
        where = _put_aside(file) if may_move else None
        done = f"was renamed to {where.name}" if where else "stays where it is"
        warnings.warn(
            f"{file} {done} and counts as missing, as it is no whole cell: {error}.",
            BrokenCellWarning,
            stacklevel=2,
        )
        return None


def _read(file: Path, hash: str) -> tuple[bytes, Cell] | None:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    return content, decoded(content, hash)


def _put_aside(file: Path) -> Path | None:
    """The new name, or None where the folder must not be written to."""
    number = 1
    while (aside := file.with_name(f"{file.name}.broken-{number}")).exists():
        number += 1
    try:
        os.rename(file, aside)
    except OSError:
        return None
    return aside
