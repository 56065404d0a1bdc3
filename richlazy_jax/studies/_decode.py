"""The bytes of a cell's file, checked and read."""

import math
from typing import Any, NamedTuple

import numpy as np

from ._hash import FORMAT, cell_hash
from ._seal import BrokenSeal, opened


class NoCell(Exception):
    """These bytes are not the cell that they should be."""


class Values(NamedTuple):
    """A variable: names of its dimensions, and its values."""

    dims: tuple[str, ...]
    values: np.ndarray


class Cell(NamedTuple):
    """A cell: its record, its variables, and which of these are coordinates."""

    record: dict[str, Any]
    variables: dict[str, Values]
    coordinates: set[str]

    @property
    def dims(self) -> set[str]:
        """The names of all dimensions."""
        return {dim for each in self.variables.values() for dim in each.dims}


def decoded(content: bytes, hash: str) -> Cell:
    """The cell that the bytes hold, every value read.

    Args:
        content: all of a file.
        hash: the one the cell should have.

    Raises:
        NoCell: a byte is not the one that was written, or they are the cell of another record.
        ValueError: they are a cell of another format.
    """
    try:
        said = opened(content)
    except BrokenSeal as error:
        # What was written before there were seals says its format in the netCDF part.
        if b"study_format" in content:
            raise NoCell(f"{error}, or of format 1, before there were seals") from error
        raise NoCell(str(error)) from error
    if said["format"] != FORMAT:
        raise ValueError(
            f"the study has format {said['format']}; allowed is {FORMAT}, that of this version of "
            "richlazy_jax. Its spec.yaml can be run again with another folder."
        )
    found = cell_hash(said["record"])
    if found != hash:
        raise NoCell(f"the hash of its record is {found}")
    variables = {name: _values(content, **each) for name, each in said["variables"].items()}
    return Cell(said["record"], variables, set(said["coordinates"]))


def _values(
    content: bytes,
    *,
    dims: list[str],
    shape: list[int],
    dtype: str = "U",
    offset: int = 0,
    values: list[str] | None = None,
) -> Values:
    if values is not None:
        return Values(tuple(dims), np.array(values, dtype).reshape(shape))
    count = math.prod(shape)
    # A copy, which may be written to and does not hold on to the file.
    found = np.frombuffer(content, dtype, count, offset).copy()
    return Values(tuple(dims), found.reshape(shape))
