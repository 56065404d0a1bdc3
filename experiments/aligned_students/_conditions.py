"""The students of each combination of choices, at equal updates and at equal loss."""

from pathlib import Path
from typing import NamedTuple

import xarray as xr

from ..engine import whole_study
from ..findings import MEASURES, Cell, Comparison, at_equal_loss, comparison_of
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
    for _, record, dataset in whole_study(study, Students.KIND):
        if record["kernel_weights"] != "both":
            raise ValueError(
                f"{study} asks for kernel_weights {record['kernel_weights']}; allowed is both."
            )
        if "update" not in dataset.coords:
            raise ValueError(f"{study} has no measure_at; allowed are students looked at.")
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
    # Looks would be compared at equal loss a second time.
    return _beside([cell._replace(looks=None) for cell in _cells(dataset)], kernel)


def equal_loss(dataset: xr.Dataset, kernel: str = "recurrent") -> Comparison:
    """Aligned beside random students where both had the same training loss.

    In each seed the loss is the higher of the two at the end. The student that came to it earlier
    is taken where it first did, as `findings.at_equal_loss` has it.

    Args:
        dataset, kernel: as `equal_updates`.

    Raises:
        ValueError: the students were not looked at on the way.
    """
    cells = at_equal_loss(_cells(dataset))
    if cells is None:
        raise ValueError("dataset has no looks on the way; allowed is one with some.")
    return _beside(cells, kernel)


def _cells(dataset: xr.Dataset) -> list[Cell]:
    cells = {cell.start: cell for cell in comparison_of(dataset).cells}
    return [cells[start] for start in (RANDOM, ALIGNED)]


def _beside(cells: list[Cell], kernel: str) -> Comparison:
    return Comparison(cells[0].task, {}, [_of_kernel(cell, kernel) for cell in cells])


def _of_kernel(cell: Cell, kernel: str) -> Cell:
    if kernel == "recurrent":
        return cell
    kept = {n: v for n, v in cell.values.items() if n not in MEASURES}
    return cell._replace(values=kept | {"kernel_alignment": cell.values[KERNELS[kernel]]})
