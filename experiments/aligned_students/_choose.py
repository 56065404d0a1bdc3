"""Which conditions are worth fresh seeds, by the rule of the plan."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ..findings import HARDLY
from ._conditions import ALIGNED, FLOOR, RANDOM, Condition, equal_loss

# A condition counts in the pilot where as many of its six seeds can be compared.
LEAST_SEEDS = 4
SEEDS, RANDOM_SEED = 20, 100


class Choice(NamedTuple):
    """What a pilot says of one condition, by one kernel, at equal loss.

    - `seeds`: in which both students can be compared.
    - `random`, `aligned`: mean alignments over these.
    - `difference`: the mean of aligned less random; `t`: the same in standard errors.
    - `learned`: whether the loss fell by half or more.
    """

    condition: Condition
    kernel: str
    seeds: int
    random: float
    aligned: float
    difference: float
    t: float
    learned: bool

    @property
    def counts(self) -> bool:
        """Whether it may be chosen for what it says."""
        return self.seeds >= LEAST_SEEDS and self.learned and math.isfinite(self.t)

    @property
    def at_floor(self) -> bool:
        """Whether neither kind of student has an alignment that could be told from none."""
        return not max(self.random, self.aligned) >= FLOOR


def piloted(conditions: Mapping[Condition, xr.Dataset], kernel: str) -> list[Choice]:
    """What the pilot says of each condition."""
    return [_piloted(condition, dataset, kernel) for condition, dataset in conditions.items()]


def choose(conditions: Mapping[Condition, xr.Dataset]) -> dict[Condition, list[str]]:
    """The conditions that are confirmed, each with the reasons for it.

    Our reading of the paper at every rank; of those that count and are off the floor, the ones in
    which aligned students are furthest above and furthest below random ones, in standard errors, by
    each kernel; and of each rank the one furthest off the floor by the recurrent kernel.

    Args:
        conditions: of a pilot.
    """
    chosen: dict[Condition, list[str]] = {}

    def add(condition: Condition, why: str) -> None:
        chosen.setdefault(condition, []).append(why)

    for condition in conditions:
        if condition.is_usual:
            add(condition, "our reading of the paper")
    for kernel in ("recurrent", "all"):
        found = [each for each in piloted(conditions, kernel) if each.counts and not each.at_floor]
        if found:
            most, least = max(found, key=lambda c: c.t), min(found, key=lambda c: c.t)
            add(most.condition, f"aligned furthest above random, kernel of {kernel} weights")
            add(least.condition, f"aligned furthest below random, kernel of {kernel} weights")
    found = [each for each in piloted(conditions, "recurrent") if each.counts]
    for rank in sorted({each.condition.rank for each in found}):
        of_rank = [each for each in found if each.condition.rank == rank]
        best = max(of_rank, key=lambda c: max(c.random, c.aligned))
        add(best.condition, f"furthest off the floor at rank {rank}")
    return chosen


def confirmation(chosen: Mapping[Condition, list[str]], pilot: xr.Dataset) -> str:
    """The specification of fresh seeds, with the sizes of the pilot.

    Args:
        chosen: as `choose` gives them.
        pilot: any cell of the pilot.
    """
    said = pilot.attrs
    updates = sorted(int(update) for update in pilot["update"].values)
    shared: dict[str, Any] = {name: said[name] for name in _SIZES}
    blocks = ["# Fresh seeds for the conditions that the pilot chose; see results/fig3c_plan.md."]
    for condition, reasons in chosen.items():
        lines = [f"# {'; '.join(reasons)}", "- experiment: students", "  task: sMNIST"]
        lines += ["  images: mnist-5k"]
        lines += [f"  start: {{kind: low_rank, rank: {condition.rank}}}"]
        lines += [f"  {name}: {value}" for name, value in shared.items()]
        lines += [f"  measure_at: {updates}", "  kernel_weights: both"]
        lines += [f"  students: [{RANDOM}, {ALIGNED}]"]
        lines += [f"  {n}: {getattr(condition, n)}" for n in Condition._fields[1:]]
        lines += [f"  seeds: {SEEDS}", f"  random_seed: {RANDOM_SEED}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


_SIZES = (
    "n_hidden",
    "gain",
    "iterations",
    "teacher_iterations",
    "batch",
    "kernel_trials",
    "activity_trials",
)


def _piloted(condition: Condition, dataset: xr.Dataset, kernel: str) -> Choice:
    cells = {cell.start: cell for cell in equal_loss(dataset, kernel).cells}
    random, aligned = (cells[start].values["kernel_alignment"] for start in (RANDOM, ALIGNED))
    there = np.isfinite(random) & np.isfinite(aligned)
    n = int(there.sum())
    if not n:
        nan = float("nan")
        return Choice(condition, kernel, 0, nan, nan, nan, nan, False)
    apart = (aligned - random)[there]
    spread = apart.std(ddof=1) if n > 1 else 0.0
    t = float(apart.mean() / (spread / math.sqrt(n))) if spread > 0 else float("nan")
    fell = all(
        cell.values["loss"][there].mean() <= HARDLY * cell.values["first_loss"][there].mean()
        for cell in cells.values()
    )
    means = float(random[there].mean()), float(aligned[there].mean())
    return Choice(condition, kernel, n, *means, float(apart.mean()), t, fell)
