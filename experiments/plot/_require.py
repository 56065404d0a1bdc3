"""Refusals of datasets that have not what a plot needs."""

import numpy as np
import xarray as xr


def values_of(
    dataset: xr.Dataset, name: str, dims: tuple[str, ...], argument: str = "measure"
) -> np.ndarray:
    """The numbers of a variable, with axes in the order of `dims`.

    Args:
        dataset: that has it.
        name: of the variable.
        dims: all that it must have.
        argument: which argument of the plot the name is of.

    Raises:
        ValueError: there is no such variable, or there is nothing along a dimension.
    """
    allowed = [
        str(each)
        for each, variable in dataset.data_vars.items()
        if set(variable.dims) == set(dims) and variable.dtype.kind in "biuf"
    ]
    if name not in allowed:
        have = ", ".join(allowed) if allowed else f"none, its dimensions are {_dims(dataset)}"
        raise ValueError(
            f"{argument} is {name!r}; allowed are variables of {_and(dims)}, of which the dataset "
            f"has {have}."
        )
    for dim in dims:
        if not dataset.sizes[dim]:
            raise ValueError(f"dataset has 0 along {dim!r}; allowed is at least 1.")
    return dataset[name].transpose(*dims).values.astype(np.float64)


def ranks_of(dataset: xr.Dataset) -> np.ndarray | None:
    """The coordinate `rank` of the starts, or None where there is none or not of all starts.

    Raises:
        ValueError: a rank is not above 0.
    """
    if "rank" not in dataset.coords or set(dataset["rank"].dims) > {"start"}:
        return None
    ranks = np.broadcast_to(dataset["rank"].values.astype(float), dataset.sizes["start"])
    if not np.isfinite(ranks).all():
        return None
    if not (ranks > 0).all():
        raise ValueError(f"dataset has rank {ranks.min():g}; allowed are numbers above 0.")
    return ranks


def names_of(dataset: xr.Dataset) -> list[str]:
    """The names of the starts.

    Raises:
        ValueError: they have none.
    """
    if "start" not in dataset.coords:
        raise ValueError("dataset has no coordinate 'start'; needed are names of the starts.")
    return [str(name) for name in dataset["start"].values]


def _dims(dataset: xr.Dataset) -> str:
    return _and(tuple(map(str, dataset.sizes))) or "none"


def _and(names: tuple[str, ...]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
