"""What the plan asks, and what becomes of each claim."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..findings import (
    LAZIER,
    LAZIER_TREND,
    PAIR,
    RICHER,
    RICHER_TREND,
    UNCLEAR_TREND,
    Cell,
    Contrast,
    Family,
    Judged,
    Trend,
    answers,
    differences,
    mean_and_interval,
    outcome,
    shown_answer,
)
from ..kinds.recurrent import COGNITIVE
from ._cells import NULL, Place

MEASURE = "kernel_alignment"
LOW, STEP, LEADING = "rank 1", "step of rank 1", "rank 1, leading kept"
# At 100 units the leading singular value of the null, near twice its gain, is a fifth of its norm.
SMALL_GAIN = 0.25
RANKS = ("rank 1", "rank 4", "rank 16", NULL)
MATCHES = ("nothing", "lyapunov_exponent", "mean_activity")
# The time steps at which units of 100 ms were the exception, with their leak.
LEAKY: tuple[dict[str, Any], ...] = ({"dt": 50.0, "leak": 0.5}, {"dt": 25.0, "leak": 0.75})
FORMS: tuple[dict[str, Any], ...] = (
    {"leak_form": "rate"},
    {"leak_form": "current"},
    {"activation": "tanh"},
)


def _pair(start: str, reference: str, **where) -> tuple[Place, Place]:
    return Place(reference, **where), Place(start, **where)


def _over_ranks(task: str, match: str) -> tuple[Place, ...]:
    # The null is matched with itself.
    matches = [match if start != NULL else MATCHES[0] for start in RANKS]
    return tuple(
        Place(start, task, match=of, n_hidden=64) for start, of in zip(RANKS, matches, strict=True)
    )


# By the letters of the plan, each a list of tests: of a pair first the reference.
QUESTIONS: dict[str, list[tuple[Place, ...]]] = {
    "R": [_pair(LOW, NULL)],
    "A": [_pair(LOW, NULL, dt=50.0)],
    "B": [_pair(LOW, NULL, **leaky) for leaky in LEAKY],
    "C": [_pair(STEP, NULL, **leaky) for leaky in LEAKY],
    "D": [_pair(STEP, LOW, **leaky) for leaky in LEAKY],
    "E": [_pair(LOW, NULL, leak=0.5)],
    "F": [_pair(STEP, NULL, leak=0.5)],
    "forms": [
        pair
        for form in FORMS
        for pair in (
            _pair(LOW, NULL, **LEAKY[0], **form),
            _pair(STEP, NULL, **LEAKY[0], **form),
            _pair(STEP, LOW, **LEAKY[0], **form),
        )
    ],
    "G": [_pair(LEADING, LOW)],
    "H": [(Place(NULL, gain=SMALL_GAIN), Place(LEADING))],
    **{match: [_over_ranks(task, match) for task in COGNITIVE] for match in MATCHES},
}


def judged(cells: Mapping[Place, Cell]) -> list[Judged]:
    """The plan's claims, in its order, all tests corrected together.

    Args:
        cells: as `cells_of` gives them, with all that the plan names.

    Raises:
        ValueError: one of these is missing.
    """
    asked = [(letter, places) for letter, of in QUESTIONS.items() for places in of]
    lacking = {place for _, places in asked for place in places} - set(cells)
    if lacking:
        one = min(lacking)
        raise ValueError(
            f"the study lacks {len(lacking)} of the plan's cells, such as {one.start} "
            f"({one.where}, {one.n_hidden} units); allowed are studies with all of them."
        )
    found = answers([_question(places, cells) for _, places in asked])
    by_letter: dict[str, list[Trend | Contrast]] = {letter: [] for letter in QUESTIONS}
    for (letter, _), answer in zip(asked, found, strict=True):
        by_letter[letter].append(answer)
    said = {letter: [a.verdict.said for a in of] for letter, of in by_letter.items()}
    return [
        _judged("a leak hides rank by the identity it adds", _leak(said), "RABCDEF", by_letter),
        _judged("the same with other forms and units", "not judged", ["forms"], by_letter),
        _judged(
            "a smaller norm hides rank at equal leading singular value",
            outcome(
                [said["G"] == [LAZIER], said["H"] == [RICHER]],
                [said["G"] == [RICHER], said["H"] == [LAZIER]],
            ),
            "GH",
            by_letter,
        ),
        _judged("rank matters at equal regime", _regime(said), MATCHES, by_letter),
    ]


def _question(places: tuple[Place, ...], cells: Mapping[Place, Cell]) -> tuple[str, Family]:
    return MEASURE, Family(PAIR if len(places) == 2 else "order", [cells[p] for p in places])


def _leak(said: Mapping[str, list[str]]) -> str:
    without, step, beside_low = (said[letter] for letter in "ACD")
    confirms = [*without, *step, *beside_low]
    refutes = [
        without == [RICHER] and RICHER not in step,
        LAZIER in (*step, *beside_low),
    ]
    return outcome([each == RICHER for each in confirms], refutes)


def _regime(said: Mapping[str, list[str]]) -> str:
    plain, *matched = (said[match] for match in MATCHES)
    every = [each for of in matched for each in of]
    # Of each task, whether a trend that is there at equal norm is nowhere at equal regime.
    gone = [
        norm == LAZIER_TREND and set(of_task) == {UNCLEAR_TREND}
        for norm, *of_task in zip(plain, *matched, strict=True)
    ]
    return outcome([each == LAZIER_TREND for each in every], [RICHER_TREND in every, any(gone)])


def _judged(claim, verdict, letters, by_letter) -> Judged:
    shown = []
    for letter in letters:
        for places, answer in zip(QUESTIONS[letter], by_letter[letter], strict=True):
            where = max((place.where for place in places), key=len)
            shown.append(shown_answer(f"{letter}: {where}" if len(letter) == 1 else where, answer))
    return Judged(claim, verdict, shown)


class Beside(NamedTuple):
    """How near a matched start is to its null.

    - `place`: which.
    - `unmatched`, `networks`: how many no size brought there, of how many.
    - `factor`: the median size of the others' weights, in that of the null's norm.
    - `number`, `low`, `high`: the exponent less that of the null, or the activity less that of the
      null as a share of it; mean over seeds with its 95 % interval.
    """

    place: Place
    unmatched: int
    networks: int
    factor: float
    number: float
    low: float
    high: float


def beside(cells: Mapping[Place, Cell]) -> Iterator[Beside]:
    """Every matched start, beside the null of its task."""
    for match in MATCHES[1:]:
        for places in QUESTIONS[match]:
            null = cells[places[-1]]
            for place in places[:-1]:
                cell = cells[place]
                lost = cell.values["unmatched"].astype(bool)
                sizes = cell.values["norm"][~lost] / null.values["norm"][~lost]
                apart = differences(cell, null, match)
                if match == "mean_activity":
                    # A null may be unstable and its activity of any size.
                    apart = apart / null.values[match]
                yield Beside(
                    place,
                    int(lost.sum()),
                    len(lost),
                    float(np.median(sizes)),
                    *mean_and_interval(apart),
                )
