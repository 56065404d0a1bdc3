"""All cells of a study as one dataset."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from ._broken import whole_cell
from ._cells import as_dataset
from ._decode import Cell, Values
from ._fields import columns
from ._folder import CELLS, hashes_in, require_study
from ._stack import common, stacked


def open_study(path: Path | str) -> xr.Dataset:
    """All whole cells of a study along one dimension, `cell`, in the order of their hashes.

    Each field of the records that differs between cells is a coordinate along `cell`; a field that
    some lack is NaN there, or empty text. Numbers, booleans and strings stay so, with booleans as
    0 and 1 where one is lacking; lists, and fields of mixed types, are JSON text. Fields that are
    the same in all cells are attributes, with booleans as 0 and 1 and lists as JSON text. A field
    within another is called `outer.inner`, and one whose name the datasets use as well
    `record_NAME`. The hash is the coordinate `hash`.

    Variables are put side by side by position. A cell that is shorter along a dimension is filled
    up at its end, and so is one that lacks a variable: with NaN, or with empty text. Whole numbers
    and booleans become float64 where something is filled up, exact up to 2^53, and keep their type
    where nothing is. A coordinate that is the same in all cells that have its dimensions, one
    perhaps the beginning of another, stays as it is. One that differs gets the dimension `cell`,
    and is called `NAME_label` if it was called as its dimension. The attributes of a variable are
    those in the first cell that has it. Other attributes of the cells' datasets are in
    `read_cell`.

    Args:
        path: the folder of the study. What is broken is put aside as by `read_cell`.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study or has no cells, a cell is of another format, or a variable has
            other dimensions in another cell, or text in one and numbers in another.
        OSError: a file cannot be looked at.
    """
    path = require_study(path)
    hashes, cells, attributes = [], [], {}
    for hash in hashes_in(path / CELLS, ".nc"):
        found = whole_cell(path, hash)
        if found is None:
            continue
        content, cell = found
        hashes.append(hash)
        cells.append(cell)
        # Slow to read, so only from cells that have what none before had.
        if not attributes.keys() >= cell.variables.keys():
            for name, variable in as_dataset(content).variables.items():
                attributes.setdefault(str(name), variable.attrs)
    if not cells:
        raise ValueError(f"{path} has no cells; allowed is a study with at least one.")
    sizes = _sizes(cells)
    taken = {"cell", "hash", *sizes, *attributes}
    variables, coordinates = {}, {}
    for name in attributes:
        values, called = _joined(name, hashes, cells, sizes, taken)
        group = coordinates if any(name in cell.coordinates for cell in cells) else variables
        group[called] = (values.dims, values.values, attributes[name])
    coordinates["hash"] = ("cell", np.array(hashes))
    differing, same = columns([cell.record for cell in cells])
    for name, column in differing.items():
        coordinates[_free(name, f"record_{name}", taken)] = ("cell", column)
    return xr.Dataset(variables, coordinates, same)


def _sizes(cells: Sequence[Cell]) -> dict[str, int]:
    """The length of each dimension in the cell where it is longest."""
    sizes = {}
    for cell in cells:
        for each in cell.variables.values():
            for dim, length in zip(each.dims, each.values.shape, strict=True):
                sizes[dim] = max(length, sizes.get(dim, 0))
    return sizes


def _joined(
    name: str, hashes: Sequence[str], cells: Sequence[Cell], sizes: dict[str, int], taken: set[str]
) -> tuple[Values, str]:
    """A variable of all cells, and what it is called."""
    found = [cell.variables.get(name) for cell in cells]
    if any(name in cell.coordinates for cell in cells):
        dims = next(set(each.dims) for each in found if each is not None)
        has_dims = [dims <= {d for v in cell.variables.values() for d in v.dims} for cell in cells]
        same = common(found, has_dims, sizes)
        if same is not None:
            return same, name
    values = stacked(name, found, hashes, sizes)
    return values, _free(f"{name}_label", f"{name}_label", taken) if name in sizes else name


def _free(name: str, otherwise: str, taken: set[str]) -> str:
    """`name` if nothing else is called so, or else the other with underscores as needed."""
    while name in taken:
        name, otherwise = otherwise, f"{otherwise}_"
    taken.add(name)
    return name
