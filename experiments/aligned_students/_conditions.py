"""The students of each combination of choices, at equal updates and at equal loss."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from richlazy_jax.studies import read_cell, wanted_cells

from ..findings import MEASURES, Cell, Comparison, comparison_of
from ..kinds.students import Students

# The laziest mean of the published full-size runs on MNIST, that of full rank: where both kinds of
# student lie below it, an alignment is said to be at the floor.
FLOOR = 0.111
ALIGNED, RANDOM = "aligned", "random"
# What the kernels of the recurrent weights and of all weights are called in a dataset.
KERNELS = {"recurrent": "kernel_alignment", "all": "kernel_alignment_all"}


class Condition(NamedTuple):
    """One combination of choices: the rank of students, and fields of `Students`."""

    rank: int
    teacher_rank: str
    readout: str
    learns_from: str
    student_norm: str

    @property
    def text(self) -> str:
        """The choices in words."""
        return (
            f"rank {self.rank}, teacher of {self.teacher_rank} rank, readout {self.readout}, "
            f"learns from {self.learns_from}, norm of {self.student_norm}"
        )

    @property
    def is_usual(self) -> bool:
        """Whether it is our reading of the paper, which the figure is of."""
        return all(getattr(self, name) == getattr(Students, name) for name in self._fields[1:])


def conditions_of(study: Path | str) -> dict[Condition, xr.Dataset]:
    """The finished cells of a study by their conditions.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, it holds other than students of both kernels that were looked at
            on the way, two of its cells have one condition, or a cell is not finished.
    """
    found: dict[Condition, xr.Dataset] = {}
    for name, wanted in wanted_cells(study).items():
        record = wanted.record
        if record.get("experiment") != Students.KIND or record["kernel_weights"] != "both":
            raise ValueError(
                f"{study} asks for other than students with kernel_weights both; allowed are "
                "studies of them alone."
            )
        if "update" not in wanted.coordinates:
            raise ValueError(f"{study} has no measure_at; allowed are students looked at.")
        dataset = read_cell(study, name)
        if dataset is None or wanted.lacks(dataset):
            raise ValueError(f"cell {name} of {study} is not finished; allowed are finished ones.")
        choices = (record.get(n, getattr(Students, n)) for n in Condition._fields[1:])
        condition = Condition(record["start"]["rank"], *choices)
        if condition in found:
            raise ValueError(f"{study} has two cells of {condition.text}; allowed is one.")
        found[condition] = dataset
    return found


def equal_updates(dataset: xr.Dataset, kernel: str = "recurrent") -> Comparison:
    """Aligned beside random students after the same number of updates.

    Args:
        dataset: a cell of `Students`.
        kernel: whose alignment is compared, one of `KERNELS`. That of all weights comes alone, as
            the other measures are those of the same networks.
    """
    cells = {cell.start: cell for cell in comparison_of(dataset).cells}
    return _beside([_of_kernel(cells[start], kernel) for start in (RANDOM, ALIGNED)])


def equal_loss(dataset: xr.Dataset, kernel: str = "recurrent") -> Comparison:
    """Aligned beside random students where both had the same training loss.

    In each seed the loss is the higher of the two at the end. The student that came to it earlier
    is taken where it first did: between the two looks around it, linearly in the logarithm of the
    loss. A seed whose better student was there before the first look has no value.

    Args:
        dataset, kernel: as `equal_updates`.
    """
    found = []
    at = {name: _path(dataset, name) for name in (*MEASURES, KERNELS["all"])}
    losses = _path(dataset, "loss")
    ends = {start: losses[start][:, -1] for start in (RANDOM, ALIGNED)}
    target = np.maximum(ends[RANDOM], ends[ALIGNED])
    for cell in equal_updates(dataset).cells:
        values = dict(cell.values, loss=target)
        for name, paths in at.items():
            pairs = zip(losses[cell.start], paths[cell.start], target, strict=True)
            values[name] = np.array([_reached(*each) for each in pairs])
        found.append(_of_kernel(cell._replace(values=values), kernel))
    return _beside(found)


def _beside(cells: list[Cell]) -> Comparison:
    return Comparison(cells[0].task, {}, cells)


def _of_kernel(cell: Cell, kernel: str) -> Cell:
    if kernel == "recurrent":
        return cell
    kept = {n: v for n, v in cell.values.items() if n not in MEASURES}
    return cell._replace(values=kept | {"kernel_alignment": cell.values[KERNELS[kernel]]})


def _path(dataset: xr.Dataset, name: str) -> dict[str, np.ndarray]:
    """A measure at each look and at the end, with a row for each seed, by kind of student."""
    through = "training_loss_through" if name == "loss" else f"{name}_through"
    last = int(dataset.attrs["iterations"])
    ordered = dataset.sortby("update")
    before = ordered.sel(update=[u for u in ordered["update"].values if u < last])
    return {
        start: np.column_stack(
            [
                before[through].sel(start=start).transpose("seed", "update").values,
                dataset[name].sel(start=start).values,
            ]
        ).astype(np.float64)
        for start in (RANDOM, ALIGNED)
    }


def _reached(losses: np.ndarray, values: np.ndarray, target: float) -> float:
    """The value where the loss first was as low as the target; NaN before the first look."""
    if not (np.isfinite(target) and np.isfinite(losses).all()):
        return float("nan")
    if target == losses[-1]:
        return float(values[-1])
    first = int(np.argmax(losses <= target))
    if first == 0:
        return float("nan")
    high, low = np.log(losses[first - 1]), np.log(losses[first])
    share = (high - np.log(target)) / (high - low)
    return float(values[first - 1] + share * (values[first] - values[first - 1]))
