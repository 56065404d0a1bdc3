"""Whether networks learned their task, without which no measure of laziness can be read."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ._cell import Cell
from ._settings import Setting

# As shares of the first loss, which is near 1 nat on the cognitive tasks: how far above the lowest
# mean loss of its setting a start has learned alike, and above which loss it has hardly learned.
ALIKE = 0.005
HARDLY = 0.5


class Training(NamedTuple):
    """How well the starts of a setting were trained.

    - `losses`, `accuracies`: the start with the least mean, its mean, the start with the greatest,
      and its mean; None where no cell has any.
    - `diverged`, `networks`: how many, of all starts.
    - `hardly`: starts whose loss fell by less than half.
    - `behind`: starts whose loss stayed clearly above the lowest, and that are not in `hardly`.
    """

    losses: tuple[str, float, str, float] | None
    accuracies: tuple[str, float, str, float] | None
    diverged: int
    networks: int
    hardly: list[str]
    behind: list[str]


def training(setting: Setting) -> Training:
    """How well the starts of a setting were trained."""
    means = {cell.start: finite_mean(cell, "loss") for cell in setting.cells}
    firsts = {cell.start: finite_mean(cell, "first_loss") for cell in setting.cells}
    known = [mean for mean in means.values() if math.isfinite(mean)]
    # What is not known, NaN, compares as nothing: such a start is in neither list.
    hardly = [start for start in means if means[start] > HARDLY * firsts[start]]
    behind = [
        start
        for start in means
        if start not in hardly and means[start] - min(known, default=0.0) > ALIKE * firsts[start]
    ]
    diverged = [diverged_networks(cell) for cell in setting.cells]
    return Training(
        _extremes(setting.cells, "loss"),
        _extremes(setting.cells, "accuracy"),
        sum(diverged),
        sum(len(cell.seeds) for cell in setting.cells),
        hardly,
        behind,
    )


def diverged_networks(cell: Cell) -> int:
    """How many networks of a cell met a loss that is not finite."""
    return int(np.nansum(cell.values.get("diverged", np.zeros(1))))


def finite_mean(cell: Cell, name: str) -> float:
    """The mean of what is finite; NaN where nothing is."""
    values = cell.values.get(name, np.empty(0))
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")


def _extremes(cells: Sequence[Cell], name: str) -> tuple[str, float, str, float] | None:
    means = {cell.start: finite_mean(cell, name) for cell in cells}
    means = {start: mean for start, mean in means.items() if math.isfinite(mean)}
    if not means:
        return None
    least, greatest = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    return least, means[least], greatest, means[greatest]
