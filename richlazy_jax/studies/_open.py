"""All cells of a study as one dataset."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from ._broken import whole_cell
from ._cells import as_dataset
from ._decode import Cell, Values
from ._fields import columns
from ._stack import common, stacked
from ._wanted import wanted_cells
from .folder import CELLS, hashes_in, require_study


def open_study(path: Path | str) -> xr.Dataset:
    """All cells of a study along one dimension, `cell`, whether they are finished or not.

    First come the cells that the study asks for, in the order of its grid, and then those that are
    finished and no longer asked for, in the order of their hashes. `finished` says of each whether
    it has all that is asked of it; what a cell lacks is NaN, or empty text. So the dataset has the
    same shape from the first cell to the last.

    Each field of the records is a coordinate along `cell`, also where it is the same in all; a
    field that some lack is NaN there, or empty text. Numbers, booleans and strings stay so, with
    booleans as 0 and 1 where one is lacking; lists, and fields of mixed types, are JSON text. A
    field within another is called `outer.inner`, and one whose name the datasets use as well
    `record_NAME`. The hash is the coordinate `hash`.

    Variables are put side by side by position. A cell that is shorter along a dimension is filled
    up at its end, and so is one that lacks a variable: with NaN, or with empty text. Whole numbers
    and booleans become float64 where something is filled up, exact up to 2^53, and keep their type
    where nothing is. A coordinate that is the same in all cells that have its dimensions, one
    perhaps the beginning of another, stays as it is. One that differs gets the dimension `cell`,
    and is called `NAME_label` if it was called as its dimension. The attributes of a variable are
    those in the first cell that has it. Other attributes of the cells' datasets are in
    `read_cell`.

    `open_study(path).to_dataframe()` is the same as a table of pandas, and its `to_csv("file.csv")`
    writes that.

    Args:
        path: the folder of the study. What is broken is put aside as by `read_cell`.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, or asks for no cell and has none; a cell is of another format;
            or a variable has other dimensions in another cell, or text in one and numbers in
            another.
        OSError: a file cannot be looked at.
    """
    path = require_study(path)
    wanted = wanted_cells(path)
    hashes = [*wanted, *(h for h in hashes_in(path / CELLS, ".nc") if h not in wanted)]
    cells: list[Cell | None] = []
    attributes: dict[str, dict] = {}
    for hash in hashes:
        found = whole_cell(path, hash)
        cells.append(None if found is None else found[1])
        # Slow to read, so only from cells that have what none before had.
        if found is not None and not attributes.keys() >= found[1].variables.keys():
            for name, variable in as_dataset(found[0]).variables.items():
                attributes.setdefault(str(name), variable.attrs)
    # A file that is broken, of a cell that nobody asks for, is nothing.
    kept = [i for i, h in enumerate(hashes) if h in wanted or cells[i] is not None]
    hashes, cells = [hashes[i] for i in kept], [cells[i] for i in kept]
    if not cells:
        raise ValueError(
            f"{path} asks for no cells and has none; allowed is a study with at least one."
        )
    finished = [
        cell is not None and (hash not in wanted or not wanted[hash].lacks(cell))
        for hash, cell in zip(hashes, cells, strict=True)
    ]
    records = [
        wanted[hash].record if cell is None else cell.record
        for hash, cell in zip(hashes, cells, strict=True)
    ]
    sizes = _sizes(cells)
    taken = {"cell", "hash", "finished", *sizes, *attributes}
    variables, coordinates = {}, {}
    for name in attributes:
        values, called = _joined(name, hashes, cells, sizes, taken)
        coordinate = any(cell is not None and name in cell.coordinates for cell in cells)
        group = coordinates if coordinate else variables
        group[called] = (values.dims, values.values, attributes[name])
    coordinates["hash"] = ("cell", np.array(hashes))
    coordinates["finished"] = ("cell", np.array(finished))
    for name, column in columns(records).items():
        coordinates[_free(name, f"record_{name}", taken)] = ("cell", column)
    return xr.Dataset(variables, coordinates)


def _sizes(cells: Sequence[Cell | None]) -> dict[str, int]:
    """The length of each dimension in the cell where it is longest."""
    sizes = {}
    for cell in cells:
        for each in () if cell is None else cell.variables.values():
            for dim, length in zip(each.dims, each.values.shape, strict=True):
                sizes[dim] = max(length, sizes.get(dim, 0))
    return sizes


def _joined(
    name: str,
    hashes: Sequence[str],
    cells: Sequence[Cell | None],
    sizes: dict[str, int],
    taken: set[str],
) -> tuple[Values, str]:
    """A variable of all cells, and what it is called."""
    found = [None if cell is None else cell.variables.get(name) for cell in cells]
    if any(cell is not None and name in cell.coordinates for cell in cells):
        dims = next(set(each.dims) for each in found if each is not None)
        has_dims = [cell is not None and dims <= cell.dims for cell in cells]
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
