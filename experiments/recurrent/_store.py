"""Datasets on disk, as netCDF."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np
import xarray as xr
from xarray.backends import H5NetCDFStore

from .._whole import written_whole
from ._setting import LATER


def save(dataset: xr.Dataset, path: Path) -> None:
    """Write whole or not at all."""
    # In memory first: on a full disk HDF5 may end the process.
    buffer = io.BytesIO()
    with h5netcdf.File(buffer, "w") as file:
        dataset.dump_to_store(H5NetCDFStore(file))
    with written_whole(path) as beside:
        beside.write_bytes(buffer.getvalue())


def load(path: Path) -> xr.Dataset:
    """Read whole, and let go of the file."""
    with xr.open_dataset(path, engine="h5netcdf") as opened:
        return opened.load()


def setting_differences(dataset: xr.Dataset, record: Mapping[str, Any]) -> str:
    """What a dataset was made with that the record of a setting does not ask for, in words.

    Empty where it is the same.
    """
    different = []
    # Neither needs to name a field that is as it always was.
    for name in dict.fromkeys((*record, *LATER)):
        asked = record.get(name, LATER.get(name))
        kept = dataset.attrs.get(name, LATER.get(name))
        if kept is None or not np.array_equal(np.atleast_1d(kept), np.atleast_1d(asked)):
            different.append(f"{name} {kept}, asked for {asked}")
    return "; ".join(different)
