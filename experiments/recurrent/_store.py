"""Datasets on disk, as netCDF."""

import os
from pathlib import Path

import xarray as xr


def save(dataset: xr.Dataset, path: Path) -> None:
    """Write whole or not at all: a file under another name, then renamed."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        dataset.to_netcdf(beside, engine="h5netcdf")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load(path: Path) -> xr.Dataset:
    """Read whole, and let go of the file."""
    with xr.open_dataset(path, engine="h5netcdf") as opened:
        return opened.load()
