"""What the second plan asks of leaky units with and without the identity that a leak adds."""

from collections.abc import Mapping

from ..findings import (
    LAZIER,
    PAIR,
    RICHER,
    Cell,
    Family,
    Judged,
    answers,
    common_seeds,
    differences,
    outcome,
    shown_answer,
)
from ._cells import NULL, Place
from ._judge import LEAKY, LOW, MEASURE

WITHOUT, NULL_WITHOUT = "rank 1 without leak", "rank 100 without leak"


def judged_again(cells: Mapping[Place, Cell]) -> list[Judged]:
    """The claim of the second plan.

    Args:
        cells: as `cells_of` gives them, of a study of its specification.

    Raises:
        ValueError: one of the plan's cells is missing.
    """
    asked: list[tuple[str, str, Cell, Cell]] = []
    for leaky in LEAKY:
        found = {}
        for start in (LOW, NULL, WITHOUT, NULL_WITHOUT):
            place = Place(start, **leaky)
            if place not in cells:
                raise ValueError(
                    f"the study lacks {start} ({place.where}); allowed are studies with all of "
                    "the plan's cells."
                )
            found[start] = cells[place]
        where = Place(NULL, **leaky).where
        asked += [
            ("I", where, found[NULL], found[LOW]),
            ("J", where, found[NULL_WITHOUT], found[WITHOUT]),
            (
                "K",
                where,
                _gap("I", found[LOW], found[NULL]),
                _gap("J", found[WITHOUT], found[NULL_WITHOUT]),
            ),
        ]
    families = [(MEASURE, Family(PAIR, [one, other])) for _, _, one, other in asked]
    answered = list(zip(asked, answers(families), strict=True))
    said = {
        letter: [answer.verdict.said for (of, *_), answer in answered if of == letter]
        for letter in "JK"
    }
    verdict = outcome(
        [each == RICHER for of in said.values() for each in of],
        [LAZIER in said["K"], RICHER not in said["J"]],
    )
    shown = [shown_answer(f"{letter}: {where}", answer) for (letter, where, *_), answer in answered]
    return [Judged("a leak hides rank by the identity it adds", verdict, shown)]


def _gap(letter: str, low: Cell, null: Cell) -> Cell:
    """How much richer rank 1 is than the null, seed by seed, as a cell that can be compared."""
    values = {MEASURE: differences(low, null, MEASURE)}
    seeds = common_seeds([low, null])
    return low._replace(start=f"difference of {letter}", seeds=seeds, values=values)
