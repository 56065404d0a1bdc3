"""The bytes of a cell's file, checked and read.

Through HDF5's own functions, for speed: a study has thousands of files, and xarray takes twenty
times as long for each.
"""

import json
from typing import Any, NamedTuple

import h5py
import numpy as np

from ._hash import FORMAT, cell_hash

RECORD, HASH, FORMAT_NAME = "study_record", "study_hash", "study_format"

# How the netCDF standard marks a dimension that has no coordinate.
_NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable"


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


def decoded(content: bytes, hash: str) -> Cell:
    """The cell that the bytes hold, every value read.

    Args:
        content: all of a file.
        hash: the one the cell should have.

    Raises:
        NoCell: they are no netCDF file, not all of one, hold anything but numbers, booleans and
            strings, or are the cell of another record.
        ValueError: they are a cell of another format.
    """
    try:
        with _opened(content) as file:
            _require_format(file)
            record = _checked_record(file, hash)
            return Cell(record, *_variables(file))
    except (NoCell, _OtherFormat, MemoryError):
        raise
    # Broken files make HDF5 raise nearly anything, and what the system says of files it said
    # before, when the bytes were read.
    except Exception as error:
        raise NoCell(str(error)) from error


class _OtherFormat(ValueError):
    pass


def _opened(content: bytes) -> h5py.File:
    try:
        return h5py.File(h5py.h5f.open_file_image(content))
    # HDF5 has found out why, but here it says only that it has no file.
    except (ValueError, RuntimeError) as error:
        raise NoCell("it is cut off or no netCDF file") from error


def _require_format(file: h5py.File) -> None:
    if h5py.h5a.exists(file.id, FORMAT_NAME.encode()):
        number = _attribute(file.id, FORMAT_NAME)
        if np.any(number != FORMAT):
            raise _OtherFormat(
                f"the study has format {np.ravel(number)[0]}; allowed is {FORMAT}, that of this "
                "version of richlazy_jax."
            )


def _checked_record(file: h5py.File, hash: str) -> dict[str, Any]:
    record = json.loads(_text(file.id, RECORD))
    for what, found in (("record", cell_hash(record)), ("attribute", _text(file.id, HASH))):
        if found != hash:
            raise NoCell(f"the hash of its {what} is {found}")
    return record


def _variables(file: h5py.File) -> tuple[dict[str, Values], set[str]]:
    opened = {name.decode(): h5py.h5d.open(file.id, name) for name in file.id}
    scales = {name for name, each in opened.items() if h5py.h5a.exists(each, b"CLASS")}
    dimension = {
        int(_attribute(opened[name], "_Netcdf4Dimid")): name
        for name in scales
        if h5py.h5a.exists(opened[name], b"_Netcdf4Dimid")
    }
    variables, coordinates, listed = {}, set(scales), set()
    if h5py.h5a.exists(file.id, b"coordinates"):
        listed.add(_text(file.id, "coordinates"))
    for name, each in opened.items():
        if name in scales and _text(each, "NAME").startswith(_NO_VARIABLE):
            coordinates.remove(name)
            continue
        values = _values(name, each)
        dims = _dims(each, dimension) if name not in scales or values.ndim > 1 else (name,)
        if len(dims) != values.ndim:
            raise NoCell(f"{name!r} has {values.ndim} axes and {len(dims)} dimensions")
        variables[name] = Values(dims, values)
        if h5py.h5a.exists(each, b"coordinates"):
            listed.add(_text(each, "coordinates"))
    coordinates.update(*(names.split() for names in listed))
    return variables, coordinates & set(variables)


def _dims(each: Any, dimension: dict[int, str]) -> tuple[str, ...]:
    if h5py.h5a.exists(each, b"_Netcdf4Coordinates"):
        return tuple(dimension[int(i)] for i in np.ravel(_attribute(each, "_Netcdf4Coordinates")))
    # Slower, and all that other programs that write netCDF may leave to go by.
    return tuple(str(scales[0].name).lstrip("/") for scales in h5py.Dataset(each).dims)


def _values(name: str, each: Any) -> np.ndarray:
    dtype = each.dtype
    if dtype.kind in "OSU" and h5py.check_string_dtype(dtype) is not None:
        return np.array(h5py.Dataset(each).asstr()[()], dtype=str)
    if dtype.kind not in "biuf":
        raise NoCell(f"{name!r} has dtype {dtype}; allowed are numbers, booleans and strings")
    values = np.empty(each.shape, dtype)
    if values.size:
        each.read(h5py.h5s.ALL, h5py.h5s.ALL, values)
    marked = (
        dtype.kind == "i" and h5py.h5a.exists(each, b"dtype") and _text(each, "dtype") == "bool"
    )
    return values.astype(bool) if marked else values


def _attribute(each: Any, name: str) -> np.ndarray:
    attribute = h5py.h5a.open(each, name.encode())
    values = np.empty(attribute.shape, attribute.dtype)
    attribute.read(values)
    return values


def _text(each: Any, name: str) -> str:
    text = _attribute(each, name).item()
    return text.decode() if isinstance(text, bytes) else str(text)
