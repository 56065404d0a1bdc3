"""A dataset as the bytes of a netCDF file."""

import io
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np
import xarray as xr

from ._hash import FORMAT
from ._seal import sealed

# How the netCDF standard marks a dimension that has no coordinate.
_NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable."
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
    # By HDF5's own functions, as the netCDF standard has them: libraries for netCDF take ten times
    # as long, which is more than a small network takes to learn.
    with h5py.File(buffer, "w", track_order=True) as file:
        places = _written(plain, file)
    said = {
        "format": FORMAT,
        "record": record,
        "variables": places,
        "coordinates": [str(name) for name in plain.coords],
    }
    return sealed(buffer.getvalue(), said)


def _written(dataset: xr.Dataset, file: h5py.File) -> dict[str, dict[str, Any]]:
    """Write a dataset, and say of each variable its dimensions and where its numbers are."""
    for name, value in dataset.attrs.items():
        _set_attribute(file, str(name), value)
    scales, places = {}, {}
    for number, (dim, size) in enumerate(dataset.sizes.items()):
        if dim in dataset.variables:
            values = dataset.variables[dim].values
            scale, places[str(dim)] = _placed(file, str(dim), (str(dim),), values)
            scale.make_scale(str(dim))
        else:
            scale = file.create_dataset(str(dim), (size,), ">f4")
            scale.make_scale(f"{_NO_VARIABLE}{size:10d}")
        scale.attrs["_Netcdf4Dimid"] = np.int32(number)
        scales[dim] = scale
    for name, variable in dataset.variables.items():
        if name not in scales:
            dims = tuple(map(str, variable.dims))
            each, places[str(name)] = _placed(file, str(name), dims, variable.values)
            for axis, dim in enumerate(variable.dims):
                each.dims[axis].attach_scale(scales[dim])
        else:
            each = scales[name]
        for attribute, value in variable.attrs.items():
            _set_attribute(each, str(attribute), value)
    aside = [str(name) for name in dataset.coords if name not in dataset.sizes]
    if aside:
        _set_attribute(file, "coordinates", " ".join(sorted(aside)))
    # Places are known once the numbers are there.
    for name, place in places.items():
        if place.pop("numbers", False):
            place["offset"] = file[name].id.get_offset()
    return places


def _placed(
    file: h5py.File, name: str, dims: tuple[str, ...], values: np.ndarray
) -> tuple[h5py.Dataset, dict[str, Any]]:
    place: dict[str, Any] = {"dims": list(dims), "shape": list(values.shape)}
    if values.dtype.kind == "U":
        made = file.create_dataset(name, values.shape, h5py.string_dtype())
        made[...] = values.astype(object)
        return made, place | {"values": values.ravel().tolist()}
    # netCDF has no booleans.
    kept = values.astype(np.int8) if values.dtype.kind == "b" else values
    made = file.create_dataset(name, data=kept)
    if values.dtype.kind == "b":
        _set_attribute(made, "dtype", "bool")
    place["dtype"] = values.dtype.str
    # HDF5 gives no place to what holds no number.
    return made, place | ({"numbers": True} if values.size else {"values": []})


def _set_attribute(of: h5py.HLObject, name: str, value: Any) -> None:
    if isinstance(value, str) and value:
        # As netCDF has it: text of a fixed length.
        text = value.encode()
        of.attrs.create(name, np.bytes_(text), dtype=h5py.string_dtype("utf-8", len(text)))
    elif isinstance(value, str) or np.asarray(value).dtype.kind == "U":
        of.attrs.create(name, np.asarray(value, object), dtype=h5py.string_dtype())
    else:
        of.attrs[name] = np.atleast_1d(value)


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
