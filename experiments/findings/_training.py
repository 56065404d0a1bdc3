"""Whether networks learned their task, without which no measure of laziness can be read."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ._cell import Cell
from ._words import counted

# How far above the lowest mean loss a start has learned alike, as a share of the least first loss
# of all starts; and above which share of its own first loss a start has hardly learned. Unstable
# starts begin with a loss far above that of any fixed answer, and a small share of it is all that
# the task leaves to learn.
ALIKE, HARDLY = 0.005, 0.5
# A start has run away when a larger share of its networks diverged; those left were selected.
LOST = 0.5
# A network has run away, though it did not diverge, when its weights moved this many times farther
# than the median of its start.
FAR = 3.0


class Training(NamedTuple):
    """How well starts were trained.

    - `losses`, `accuracies`: the start with the least mean, its mean, the start with the greatest,
      and its mean; None where no cell has any.
    - `diverged`, `networks`: how many, of all starts.
    - `unmatched`: networks that no size brought into the regime that was asked for, of all starts.
    - `hardly`: starts whose loss fell by less than half.
    - `behind`: starts whose loss stayed clearly above the lowest, and that are not in `hardly`.
    """

    losses: tuple[str, float, str, float] | None
    accuracies: tuple[str, float, str, float] | None
    diverged: int
    networks: int
    unmatched: int
    hardly: list[str]
    behind: list[str]


class FarRun(NamedTuple):
    """A network that did not diverge and yet left those of its start far behind.

    - `start`, `seed`: which.
    - `change`: its weight change.
    - `median`: that of its start.
    """

    start: str
    seed: int
    change: float
    median: float

    @property
    def text(self) -> str:
        """The network in words."""
        return (
            f"{self.start}, seed {self.seed} (weight change {self.change:.3g}, "
            f"{self.change / self.median:.1f} times the median of its start)"
        )


def training(cells: Sequence[Cell]) -> Training:
    """How well starts of one task were trained."""
    hardly = [cell.start for cell in cells if _hardly(cell)]
    diverged = [diverged_networks(cell) for cell in cells]
    return Training(
        _extremes(cells, "loss"),
        _extremes(cells, "accuracy"),
        sum(diverged),
        sum(len(cell.seeds) for cell in cells),
        sum(_networks(cell, "unmatched") for cell in cells),
        hardly,
        [cell.start for cell in _behind(cells) if cell.start not in hardly],
    )


def unreadable(cells: Sequence[Cell]) -> dict[str, str]:
    """Starts that say nothing beside the others, and why.

    A start that ran away, that hardly learned, or whose mean loss stayed clearly above the lowest
    of these.
    """
    found = {}
    losses = [finite_mean(cell, "loss") for cell in cells]
    lowest = min((loss for loss in losses if math.isfinite(loss)), default=math.nan)
    behind = {cell.start for cell in _behind(cells)}
    for cell, loss in zip(cells, losses, strict=True):
        lost = diverged_networks(cell)
        if lost > LOST * len(cell.seeds):
            found[cell.start] = f"{lost} of {counted(len(cell.seeds), 'network')} diverged"
        elif _hardly(cell):
            found[cell.start] = f"hardly learned (loss {loss:.3g})"
        elif cell.start in behind:
            found[cell.start] = (
                f"did not train as the others did (loss {loss:.3g}, lowest {lowest:.3g})"
            )
    return found


def far_runs(cells: Sequence[Cell]) -> list[FarRun]:
    """Networks whose weights moved more than three times as far as the median of their start."""
    found = []
    for cell in cells:
        change = cell.values.get("weight_change_norm", np.empty(0))
        finite = change[np.isfinite(change)]
        if len(finite) < 3:
            continue
        median = float(np.median(finite))
        found += [
            FarRun(cell.start, int(seed), float(moved), median)
            for seed, moved in zip(cell.seeds, change, strict=True)
            if moved > FAR * median > 0
        ]
    return found


def diverged_networks(cell: Cell) -> int:
    """How many networks of a cell met a loss that is not finite."""
    return _networks(cell, "diverged")


def _networks(cell: Cell, fault: str) -> int:
    return int(np.nansum(cell.values.get(fault, np.zeros(1))))


def finite_mean(cell: Cell, name: str) -> float:
    """The mean of what is finite; NaN where nothing is."""
    values = cell.values.get(name, np.empty(0))
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")


# What is not known, NaN, compares as nothing: such a start has neither fault.
def _hardly(cell: Cell) -> bool:
    return finite_mean(cell, "loss") > HARDLY * finite_mean(cell, "first_loss")


def _behind(cells: Sequence[Cell]) -> list[Cell]:
    means = [finite_mean(cell, "loss") for cell in cells]
    lowest = min((mean for mean in means if math.isfinite(mean)), default=0.0)
    firsts = [finite_mean(cell, "first_loss") for cell in cells]
    first = min((each for each in firsts if math.isfinite(each)), default=math.nan)
    return [cell for cell, mean in zip(cells, means, strict=True) if mean - lowest > ALIKE * first]


def _extremes(cells: Sequence[Cell], name: str) -> tuple[str, float, str, float] | None:
    means = {cell.start: finite_mean(cell, name) for cell in cells}
    means = {start: mean for start, mean in means.items() if math.isfinite(mean)}
    if not means:
        return None
    least, greatest = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    return least, means[least], greatest, means[greatest]
