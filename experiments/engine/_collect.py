"""Finished cells of a study side by side, start by start."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from richlazy_jax.studies import Wanted, read_cell, wanted_cells

from ._experiment import Experiment

# How the Gaussian draw itself is called, which has the full rank.
NULL = "null"


def finished(study: Path, experiments: Sequence[Experiment]) -> list[tuple[Experiment, xr.Dataset]]:
    """Those of some experiments that a study has, with as many seeds as are asked for.

    Args:
        study: the folder.
        experiments: in the order that is wanted.
    """
    found = ((each, _whole(study, each.wanted())) for each in experiments)
    return [(experiment, dataset) for experiment, dataset in found if dataset is not None]


def starts_side_by_side(found: Sequence[tuple[Experiment, xr.Dataset]]) -> list[xr.Dataset]:
    """Datasets of start and seed, one for each group of cells that differ in their start alone.

    Where starts are of chosen rank, `rank` is a coordinate, and that of the null is its size. A
    cell that holds several starts, as those of students do, is a dataset by itself.

    Args:
        found: as `finished` gives it. Groups and starts keep its order.
    """
    return _grouped([(experiment.record(), dataset) for experiment, dataset in found])


class Finished(NamedTuple):
    """A finished cell of a study: its name, what it is of, and what came out."""

    hash: str
    record: Mapping[str, Any]
    dataset: xr.Dataset


def whole_study(study: Path | str, kind: str) -> list[Finished]:
    """All cells of a study of one kind of experiment, for what can be said of the whole alone.

    Args:
        study: the folder.
        kind: the name of the experiment.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, it asks for another kind, or a cell is not finished.
    """
    found = []
    for name, wanted in wanted_cells(study).items():
        other = wanted.record.get("experiment")
        if other != kind:
            raise ValueError(f"{study} asks for cells of {other}; allowed are those of {kind}.")
        dataset = _whole(study, wanted)
        if dataset is None:
            raise ValueError(f"cell {name} of {study} is not finished; allowed are finished ones.")
        found.append(Finished(name, wanted.record, dataset))
    return found


def starts_of_whole(cells: Sequence[Finished]) -> list[xr.Dataset]:
    """The cells of `whole_study` as `starts_side_by_side` gives them."""
    return _grouped([(cell.record, cell.dataset) for cell in cells])


def study_datasets(study: Path | str) -> list[xr.Dataset]:
    """What a study has finished of what it asks for, as `starts_side_by_side` gives it.

    Args:
        study: the folder.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study.
    """
    found = ((each.record, _whole(study, each)) for each in wanted_cells(study).values())
    return _grouped([(record, dataset) for record, dataset in found if dataset is not None])


def _whole(study: Path | str, wanted: Wanted) -> xr.Dataset | None:
    """A cell with the seeds that are asked for; None where it lacks something."""
    dataset = read_cell(study, wanted.hash)
    if dataset is None or wanted.lacks(dataset):
        return None
    seeds = list(wanted.coordinates["seed"])
    return dataset.sel(seed=seeds).assign_attrs(seeds=len(seeds))


def _grouped(found: Sequence[tuple[Mapping[str, Any], xr.Dataset]]) -> list[xr.Dataset]:
    groups: dict[str, list[xr.Dataset]] = {}
    for record, dataset in found:
        # A cell that has its starts side by side already, as students have, is a group by itself.
        apart = () if "start" in dataset.dims else ("start",)
        rest = {name: value for name, value in record.items() if name not in apart}
        groups.setdefault(repr(sorted(rest.items(), key=str)), []).append(dataset)
    return [
        group[0] if "start" in group[0].dims else _side_by_side(group) for group in groups.values()
    ]


def _side_by_side(datasets: Sequence[xr.Dataset]) -> xr.Dataset:
    labels = [str(dataset["start"].item()) for dataset in datasets]
    ranks = [_rank(label, dataset) for label, dataset in zip(labels, datasets, strict=True)]
    shared = set.intersection(*(set(map(str, dataset.data_vars)) for dataset in datasets))
    plain = [d.drop_vars(["start", "rank"], errors="ignore")[sorted(shared)] for d in datasets]
    whole = xr.concat(plain, "start", join="exact").assign_coords(start=("start", labels))
    if all(rank is not None for rank in ranks) and any("rank" in d.coords for d in datasets):
        whole = whole.assign_coords(rank=("start", np.array(ranks)))
    texts = [text for d in datasets for text in np.atleast_1d(d.attrs.get("starts", []))]
    attrs = {n: v for n, v in datasets[0].attrs.items() if not n.startswith(("start", "study_"))}
    return whole.assign_attrs(attrs | ({"starts": texts} if texts else {}))


def _rank(label: str, dataset: xr.Dataset) -> Any:
    if "rank" in dataset.coords:
        return int(dataset["rank"])
    return dataset.attrs.get("n_hidden") if label == NULL else None
