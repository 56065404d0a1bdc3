"""What the plan asks of the courses of training, and how it is answered."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from ..findings import (
    LEVEL,
    Judged,
    Shown,
    correlations,
    holm,
    mean_and_interval,
    outcome,
    pair_p,
    trend_p,
)
from ._courses import Courses

# The look that the exploration named, and how near to the highest loss counts as equal.
EARLY, ALIKE = 200, 1.1


def order(courses: Courses, look: int) -> Float[np.ndarray, " seeds"]:
    """Spearman's correlation of kernel alignment with rank, for each seed."""
    return correlations(courses.alignment[:, :, look])


def _later(courses: Courses) -> np.ndarray:
    return order(courses, -1) - order(courses, courses.updates.index(EARLY))


def _turns(courses: Courses) -> np.ndarray:
    return courses.towards[:, :, -1] - courses.first_towards


def _given_change(courses: Courses) -> np.ndarray:
    """Partial correlation of alignment and rank given weight change, all as ranks over starts."""
    found = []
    rank = np.arange(len(courses.ranks), dtype=float)
    for alignment, change in zip(
        courses.alignment[:, :, -1], courses.change[:, :, -1], strict=True
    ):
        of = np.asarray(np.corrcoef([rank, stats.rankdata(alignment), stats.rankdata(change)]))
        left = np.sqrt((1 - of[0, 2] ** 2) * (1 - of[1, 2] ** 2))
        # Where weight change has the order of rank or of alignment itself, nothing is left to say.
        found.append((of[0, 1] - of[0, 2] * of[1, 2]) / left if left > 1e-6 else 0.0)
    return np.array(found)


def _at_equal_loss(courses: Courses) -> np.ndarray:
    level = ALIKE * courses.loss.min(axis=2).max(axis=1)
    first = (courses.loss <= level[:, None, None]).argmax(axis=2)
    return correlations(np.take_along_axis(courses.alignment, first[..., None], axis=2)[..., 0])


class Claim(NamedTuple):
    """What a plan claims of each task.

    - `number`: has a value for each seed.
    - `named`: what it is, in words.
    - `sign`: that of its mean by the claim.
    """

    number: Callable[[Courses], np.ndarray]
    named: str
    sign: int


CLAIMS = {
    "rank orders the turn more at the end than at 200 updates": Claim(
        _later, "order at the end less that at 200 updates", 1
    ),
    "the kernel turns towards the task": Claim(
        lambda c: _turns(c).mean(axis=1), "alignment with the targets, end less start", 1
    ),
    "low ranks turn more towards the task": Claim(
        lambda c: correlations(_turns(c)), "correlation of that with rank", -1
    ),
    "rank says more than weight change": Claim(
        _given_change, "partial correlation of kernel alignment and rank", 1
    ),
    "rank orders the turn at equal loss": Claim(_at_equal_loss, "order at equal loss", 1),
}


def judged(tasks: Sequence[Courses]) -> list[Judged]:
    """Each claim, confirmed where it is clear on every task, refuted where its reverse is on any.

    p-values are after Holm's correction over all claims and tasks.
    """
    numbers = [claim.number(of) for claim in CLAIMS.values() for of in tasks]
    adjusted = iter(zip(numbers, holm(np.array(list(map(pair_p, numbers)))), strict=True))
    found = []
    for text, claim in CLAIMS.items():
        shown, confirms, refutes = [], [], []
        for of in tasks:
            values, p = next(adjusted)
            mean, low, high = mean_and_interval(values)
            confirms.append(bool(p < LEVEL and mean * claim.sign > 0))
            refutes.append(bool(p < LEVEL and mean * claim.sign < 0))
            said = "as claimed" if confirms[-1] else "the reverse" if refutes[-1] else "unclear"
            seeds = len(values)
            shown.append(Shown(of.task, claim.named, mean, low, high, seeds, float(p), said))
        found.append(Judged(text, outcome(confirms, refutes), shown))
    return found


def appears(courses: Courses) -> int | None:
    """The update from which on kernels are lazier with rank at every later look; None if never."""
    p = holm(np.array([trend_p(courses.alignment[:, :, k]) for k in range(len(courses.updates))]))
    lazier = [q < LEVEL and order(courses, k).mean() > 0 for k, q in enumerate(p)]
    if not lazier[-1]:
        return None
    first = next((k + 1 for k in reversed(range(len(lazier))) if not lazier[k]), 0)
    return courses.updates[first]
