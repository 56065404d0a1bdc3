"""What the atlas says of each first look: confirmed, refuted or open, as its plan has it.

The plan, with what would confirm and refute each, was written before the study was run
(results/atlas_plan.md). All tests, on all tasks, are taken together.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ...findings import (
    LAZIER,
    LAZIER_TREND,
    PAIR,
    RICHER,
    RICHER_TREND,
    Cell,
    Contrast,
    Family,
    Judged,
    Shown,
    Trend,
    answers,
    differences,
    mean_and_interval,
    outcome,
    shown_answer,
    shown_difference,
)
from ...kinds.recurrent import COGNITIVE
from ._rows import Row

MEASURE = "kernel_alignment"
# Of the two choices at the decision.
CHANCE = 0.5
# An interval is as good as nothing within this share of another difference.
SHARE = 0.1
NULL = "null"
# The names of starts in the atlas, by what they stand for here. The null is the rank of all units.
FEW, MANY = ("rank 1", "rank 2", "rank 4", "rank 8"), ("rank 8", "rank 16", "rank 32", NULL)
RANKS, LOWER = (8, 16), {gain: f"null, gain {gain}" for gain in ("0.5", "0.75", "1")}
DENSE, SPARSE, ROWS = "Dale", "Dale, density 0.1", "Dale, balance rows"
SHIFTED = "mean shifted, mean 2"
# Gaussian weights beside a part of rank one as large as the column means of dense Dale.
TWIN = "low rank plus noise, overlap 0, orthogonal 13.3"
GAINS = (*(f"{NULL}, gain {gain}" for gain in ("0.3", "0.5", "0.7", "0.9")), NULL)
GAINS = (*GAINS, f"{NULL}, gain 1.5")
LOW, PEAK, HIGH = GAINS[0], GAINS[2], GAINS[-1]
UNSIGNED, BALANCED = "worm of 279, unsigned", "worm of 279, balanced"
CHAINS = "motifs, chain 0.05, convergent 0.06, divergent 0.06"
NEEDED = {
    *(*FEW, *MANY, *GAINS, DENSE, SPARSE, ROWS, SHIFTED, TWIN, UNSIGNED, BALANCED, CHAINS),
    *LOWER.values(),
    *(f"rank {rank}, gain {gain}" for rank in RANKS for gain in LOWER),
}


class _Task(NamedTuple):
    """What is known of one task: its starts, and the answers to all questions asked of them."""

    name: str
    cells: Mapping[str, Cell]
    answers: Mapping[tuple[str, ...], Trend | Contrast]

    def said(self, *starts: str) -> str:
        return self.answers[starts].verdict.said

    def difference(self, start: str, reference: str) -> tuple[float, float, float]:
        """The mean over seeds of start less reference, and its interval."""
        return mean_and_interval(differences(self.cells[start], self.cells[reference], MEASURE))

    def mean(self, start: str) -> float:
        return mean_and_interval(self.cells[start].values[MEASURE])[0]

    def within(self, pair: tuple[str, str], other: tuple[str, str]) -> bool:
        """Whether the interval of one difference is within a tenth of another difference."""
        _, low, high = self.difference(*pair)
        return max(abs(low), abs(high)) <= SHARE * abs(self.difference(*other)[0])


def judged(rows: Sequence[Row], units: str = "relu") -> list[Judged]:
    """The verdicts of the plan's hypotheses, in its order.

    A look is confirmed where every task says what would confirm it, refuted where any task says
    what would refute it, and otherwise open.

    Args:
        rows: as `rows_of` gives them, of all three tasks and all starts that a hypothesis needs.
        units: which of them.

    Raises:
        ValueError: a task or a start is missing.
    """
    if absent := lacking(rows, units):
        raise ValueError(
            f"the study lacks {', '.join(absent)} with {units}; allowed is one that has all starts "
            "of the plan."
        )
    by_task = _by_task(rows, units)
    places = [(task, question) for task in COGNITIVE for question in _questions()]
    found = answers(
        [
            (
                MEASURE,
                Family(PAIR if len(names) == 2 else "order", [by_task[task][n] for n in names]),
            )
            for task, names in places
        ]
    )
    known = dict(zip(places, found, strict=True))
    tasks = [
        _Task(task, cells, {names: a for (of, names), a in known.items() if of == task})
        for task, cells in by_task.items()
    ]
    return [
        _few_ranks(tasks),
        _lower_gain(tasks),
        _dale(tasks),
        _mean_column(tasks),
        _gain(tasks),
        _worm(tasks),
        _chains(tasks),
    ]


def lacking(rows: Sequence[Row], units: str = "relu") -> list[str]:
    """What a study needs for `judged` and does not have, each a start on a task."""
    by_task = _by_task(rows, units)
    return [
        f"{name} on {task}" for task in COGNITIVE for name in sorted(NEEDED - set(by_task[task]))
    ]


def _by_task(rows: Sequence[Row], units: str) -> dict[str, dict[str, Cell]]:
    found: dict[str, dict[str, Cell]] = {task: {} for task in COGNITIVE}
    for row in rows:
        if row.units == units:
            found[row.cell.task][row.cell.start] = row.cell
    return found


def _questions() -> Iterator[tuple[str, ...]]:
    """The names of starts of each test of a task: of a pair first the reference."""
    yield FEW
    yield MANY
    for rank, (gain, null) in itertools.product(RANKS, LOWER.items()):
        yield null, f"rank {rank}, gain {gain}"
    yield NULL, DENSE
    yield NULL, SPARSE
    yield DENSE, ROWS
    yield NULL, SHIFTED
    yield NULL, TWIN
    yield LOW, PEAK
    yield HIGH, PEAK
    yield GAINS
    yield BALANCED, UNSIGNED


def _few_ranks(tasks: Sequence[_Task]) -> Judged:
    alike = [t.within((NULL, "rank 8"), ("rank 8", "rank 1")) for t in tasks]
    confirms = [t.said(*FEW) == LAZIER_TREND and a for t, a in zip(tasks, alike, strict=True)]
    refutes = [
        t.said(*MANY) in (LAZIER_TREND, RICHER_TREND) and not a
        for t, a in zip(tasks, alike, strict=True)
    ]
    shown = [
        each
        for t in tasks
        for each in (
            _of_test(t, *FEW),
            _of_test(t, *MANY),
            _of_pair(t, NULL, "rank 8"),
            _of_pair(t, "rank 8", "rank 1"),
        )
    ]
    look = "rank stops mattering at about 8 of 64"
    return Judged(look, outcome(confirms, refutes), shown)


def _lower_gain(tasks: Sequence[_Task]) -> Judged:
    pairs = [
        (null, f"rank {rank}, gain {gain}")
        for rank, (gain, null) in itertools.product(RANKS, LOWER.items())
    ]
    somewhere = any(all(t.said(*pair) == LAZIER for t in tasks) for pair in pairs)
    refutes = [all(t.said(*pair) == RICHER for pair in pairs) for t in tasks]
    shown = [_of_test(t, *pair) for t in tasks for pair in pairs]
    look = "moderate ranks at lower gain are lazier than full rank"
    return Judged(look, outcome([somewhere], refutes), shown)


def _dale(tasks: Sequence[_Task]) -> Judged:
    confirms = [
        t.said(NULL, DENSE) == RICHER and t.within((SPARSE, NULL), (DENSE, NULL)) for t in tasks
    ]
    refutes = [
        t.said(NULL, SPARSE) == RICHER
        and abs(t.difference(SPARSE, NULL)[0]) > 0.5 * abs(t.difference(DENSE, NULL)[0])
        for t in tasks
    ]
    shown = [_of_test(t, NULL, start) for t in tasks for start in (DENSE, SPARSE)]
    look = "sparse Dale is as lazy as Gaussian, dense Dale rich"
    return Judged(look, outcome(confirms, refutes), shown)


def _mean_column(tasks: Sequence[_Task]) -> Judged:
    # Where dense Dale is not richer there is nothing to explain.
    rich = [t.said(NULL, DENSE) == RICHER for t in tasks]
    share = [t.difference(TWIN, NULL)[0] / t.difference(DENSE, NULL)[0] for t in tasks]
    confirms = [
        r and s >= 0.5 and t.said(NULL, TWIN) == RICHER
        for t, r, s in zip(tasks, rich, share, strict=True)
    ]
    refutes = [r and s < SHARE for r, s in zip(rich, share, strict=True)]
    pairs = ((NULL, DENSE), (NULL, TWIN), (DENSE, ROWS), (NULL, SHIFTED))
    shown = [_of_test(t, *pair) for t in tasks for pair in pairs]
    return Judged("it is the mean column of dense Dale", outcome(confirms, refutes), shown)


def _gain(tasks: Sequence[_Task]) -> Judged:
    confirms = [t.said(LOW, PEAK) == LAZIER and t.said(HIGH, PEAK) == LAZIER for t in tasks]
    refutes = [
        t.said(*GAINS) in (LAZIER_TREND, RICHER_TREND)
        and min(t.mean(LOW), t.mean(HIGH)) <= t.mean(PEAK) <= max(t.mean(LOW), t.mean(HIGH))
        for t in tasks
    ]
    shown = [_of_test(t, *names) for t in tasks for names in ((LOW, PEAK), (HIGH, PEAK), GAINS)]
    look = "gain is not monotone, with a peak near 0.7"
    return Judged(look, outcome(confirms, refutes), shown)


def _worm(tasks: Sequence[_Task]) -> Judged:
    said = [t.said(BALANCED, UNSIGNED) for t in tasks]
    verdict = outcome([each == LAZIER for each in said], [each == RICHER for each in said])
    look = "the unsigned worm is lazier than the balanced one"
    return Judged(look, verdict, [_of_test(t, BALANCED, UNSIGNED) for t in tasks])


def _chains(tasks: Sequence[_Task]) -> Judged:
    confirms, refutes, shown = [], [], []
    for t in tasks:
        mean, low, high = mean_and_interval(t.cells[CHAINS].values["accuracy"])
        of_null = mean_and_interval(t.cells[NULL].values["accuracy"])[0]
        confirms.append(high < (CHANCE + of_null) / 2)
        refutes.append(low <= of_null <= high)
        seeds = int(np.isfinite(t.cells[CHAINS].values["accuracy"]).sum())
        compared = f"accuracy of {CHAINS}, beside {of_null:.3f} of the null"
        shown.append(Shown(t.name, compared, mean, low, high, seeds, float("nan"), ""))
    return Judged("chain motifs are never learned", outcome(confirms, refutes), shown)


def _of_test(task: _Task, *names: str) -> Shown:
    compared = "" if len(names) == 2 else f"trend over {'; '.join(names)}"
    return shown_answer(task.name, task.answers[names], compared)


def _of_pair(task: _Task, start: str, reference: str) -> Shown:
    """A difference that is read without a test of its own."""
    return shown_difference(task.name, task.cells[start], task.cells[reference], MEASURE)
