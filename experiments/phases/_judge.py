"""What the plan asks of the courses of training, and how it is answered."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from ..findings import LEVEL, correlations, holm, mean_and_interval, pair_p, trend_p
from ._courses import Courses

# The look that the exploration named, and how near to the highest loss counts as equal.
EARLY, ALIKE = 200, 1.1


class Answer(NamedTuple):
    """One question on one task.

    - `question`, `task`: which.
    - `mean`, `low`, `high`: of its number over seeds, with a 95 % interval.
    - `seeds`: how many.
    - `p`: after Holm's correction over all questions and tasks.
    - `wanted`: the sign that says yes.
    - `said`: "yes", "no" or "open", on this task.
    """

    question: str
    task: str
    mean: float
    low: float
    high: float
    seeds: int
    p: float
    wanted: int
    said: str


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


# Each with the sign that says yes.
QUESTIONS: dict[str, tuple[Callable[[Courses], np.ndarray], int]] = {
    "rank orders the turn more at the end than at 200 updates": (_later, 1),
    "the kernel turns towards the task": (lambda c: _turns(c).mean(axis=1), 1),
    "low ranks turn more towards the task": (lambda c: correlations(_turns(c)), -1),
    "rank says more than weight change": (_given_change, 1),
    "rank orders the turn at equal loss": (_at_equal_loss, 1),
}


def answers(tasks: Sequence[Courses]) -> list[Answer]:
    """Each question on each task."""
    asked = [
        (question, courses.task, number(courses), wanted)
        for question, (number, wanted) in QUESTIONS.items()
        for courses in tasks
    ]
    adjusted = holm(np.array([pair_p(values) for _, _, values, _ in asked]))
    found = []
    for (question, task, values, wanted), p in zip(asked, adjusted, strict=True):
        mean, low, high = mean_and_interval(values)
        said = "open"
        if p < LEVEL:
            said = "yes" if mean * wanted > 0 else "no"
        found.append(Answer(question, task, mean, low, high, len(values), float(p), wanted, said))
    return found


def judge(found: Sequence[Answer]) -> dict[str, str]:
    """Each question over all tasks: yes on each of them, no on any, or open."""
    said: dict[str, list[str]] = {}
    for answer in found:
        said.setdefault(answer.question, []).append(answer.said)
    return {
        question: "no" if "no" in each else "yes" if set(each) == {"yes"} else "open"
        for question, each in said.items()
    }


def appears(courses: Courses) -> int | None:
    """The update from which on kernels are lazier with rank at every later look; None if never."""
    p = holm(np.array([trend_p(courses.alignment[:, :, k]) for k in range(len(courses.updates))]))
    lazier = [q < LEVEL and order(courses, k).mean() > 0 for k, q in enumerate(p)]
    if not lazier[-1]:
        return None
    first = next((k + 1 for k in reversed(range(len(lazier))) if not lazier[k]), 0)
    return courses.updates[first]
