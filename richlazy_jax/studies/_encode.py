"""A dataset as the bytes of a netCDF file."""

import io
from collections.abc import Mapping
from typing import Any

import h5netcdf
import h5py
import numpy as np
import xarray as xr
from xarray.backends import H5NetCDFStore

from ._hash import FORMAT
from ._seal import sealed

# What open_study calls what it adds.
RESERVED = ("cell", "hash", "finished")


def encoded(dataset: xr.Dataset, record: Mapping[str, Any], attributes: Mapping[str, Any]) -> bytes:
    """The netCDF file of a dataset, in memory, sealed.

    The library that writes it reports a full disk in many ways, some as no error of the system at
    all; Python's own writing of bytes does not.

    Args:
        dataset: of numbers, booleans and strings.
        record: all that decides the numbers, plain.
        attributes: what is added to those of the dataset.

    Raises:
        ValueError: a variable or an attribute is of another type, or is called as something else.
    """
    _require_storable(dataset)
    plain = xr.Dataset(
        {name: _plain_variable(each.variable) for name, each in dataset.data_vars.items()},
        {name: _plain_variable(each.variable) for name, each in dataset.coords.items()},
        {**dataset.attrs, **attributes},
    )
    buffer = io.BytesIO()
    with h5netcdf.File(buffer, "w") as file:
        plain.dump_to_store(H5NetCDFStore(file))
    content = buffer.getvalue()
    said = {
        "format": FORMAT,
        "record": record,
        "variables": _places(plain, content),
        "coordinates": [str(name) for name in plain.coords],
    }
    return sealed(content, said)


def _places(dataset: xr.Dataset, content: bytes) -> dict[str, dict[str, Any]]:
    """For each variable its dimensions and shape, and where its numbers are, or its texts."""
    found = {}
    with h5py.File(io.BytesIO(content)) as file:
        for name, variable in dataset.variables.items():
            values = variable.values
            place: dict[str, Any] = {"dims": list(variable.dims), "shape": list(values.shape)}
            offset = None if values.dtype.kind == "U" else file[str(name)].id.get_offset()
            if values.dtype.kind == "U":
                place |= {"values": values.ravel().tolist()}
            elif offset is None:
                # HDF5 gives no place to what holds no number.
                place |= {"dtype": values.dtype.str, "values": values.ravel().tolist()}
            else:
                place |= {"dtype": values.dtype.str, "offset": offset}
            found[str(name)] = place
    return found


def _plain_variable(variable: xr.Variable) -> xr.Variable:
    """Without what it remembers of the file it came from, such as packing."""
    values = np.asarray(variable.values)
    if values.dtype.kind == "O":
        values = values.astype(str)
    # Nothing is missing in a cell; NaN is a value.
    return xr.Variable(variable.dims, values, variable.attrs, {"_FillValue": None})


def _require_storable(dataset: xr.Dataset) -> None:
    names = {str(name) for name in (*dataset.variables, *dataset.sizes)}
    for name in RESERVED:
        if name in names:
            raise ValueError(f"the dataset has {name!r}; allowed is any other name.")
    for name, variable in dataset.variables.items():
        if name in dataset.sizes and variable.dims != (name,):
            raise ValueError(
                f"{name!r} has dimensions {variable.dims}; allowed is ({name!r},), as it is called "
                "as one."
            )
        _require_values(str(name), variable)
        _require_attributes(f"an attribute of {name!r}", variable.attrs)
    _require_attributes("an attribute of the dataset", dataset.attrs)


def _require_values(name: str, variable: xr.Variable) -> None:
    kind, size = variable.dtype.kind, variable.dtype.itemsize
    text = kind == "U" or (
        kind == "O" and all(isinstance(each, str) for each in np.ravel(variable.values))
    )
    if not text and not (kind in "biu" or (kind == "f" and size in (4, 8))):
        raise ValueError(
            f"{name!r} has dtype {variable.dtype}; allowed are whole numbers, float32, float64, "
            "booleans and strings."
        )


def _require_attributes(what: str, attributes: Mapping[Any, Any]) -> None:
    for name, value in attributes.items():
        if not isinstance(name, str) or np.asarray(value).dtype.kind not in "iufU":
            raise ValueError(
                f"{what} is {name!r}: {value!r}; allowed are names and strings, numbers, and lists "
                "of one of them."
            )
