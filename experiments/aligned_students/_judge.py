"""What the plan asks of the conditions that were confirmed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import xarray as xr

from ..findings import LAZIER, MEASURES, RICHER, UNCLEAR_CONTRAST, Comparison, Contrast, findings
from ._conditions import ALIGNED, FLOOR, KERNELS, RANDOM, Condition, equal_loss, equal_updates

HOW = {"updates": equal_updates, "loss": equal_loss}
# Where a difference of two alignments is as good as none: the plan.
NEGLIGIBLE = 0.02
KERNEL_OF_ALL = KERNELS["all"]
# What decides; weight change and sign agreement are reported beside.
DECIDING = ("kernel_alignment", KERNEL_OF_ALL, "representation_alignment")


class Answer(NamedTuple):
    """What one measure says of aligned beside random students in one condition.

    - `how`: at equal "updates" or at equal "loss".
    - `measure`: one of `MEASURES`, or `kernel_alignment_all`.
    - `contrast`: by the one rule, all answers of a study corrected together.
    """

    condition: Condition
    how: str
    measure: str
    contrast: Contrast

    @property
    def said(self) -> str:
        """The verdict, in the words of the rule."""
        return self.contrast.verdict.said

    @property
    def at_floor(self) -> bool:
        """Whether two kernel alignments are both too low to be told from none."""
        of_kernel = self.measure.startswith("kernel")
        means = (self.contrast.mean, self.contrast.reference_mean)
        return of_kernel and not max(means) >= FLOOR

    @property
    def no_difference(self) -> bool:
        """Whether what difference there may be is negligible."""
        low, high = self.contrast.low, self.contrast.high
        return self.said == UNCLEAR_CONTRAST and low >= -NEGLIGIBLE and high <= NEGLIGIBLE


def answers_of(conditions: Mapping[Condition, xr.Dataset]) -> list[Answer]:
    """Every measure in every condition, at equal updates and at equal loss.

    Args:
        conditions: of a confirmation.
    """
    asked: list[tuple[Condition, str, str]] = []
    comparisons: list[Comparison] = []
    for condition, dataset in conditions.items():
        for how, compared in HOW.items():
            comparisons.append(compared(dataset))
            asked += [(condition, how, measure) for measure in MEASURES]
            comparisons.append(compared(dataset, "all"))
            asked.append((condition, how, KERNEL_OF_ALL))
    contrasts = findings(comparisons, [(ALIGNED, RANDOM)]).contrasts
    return [Answer(*of, contrast) for of, contrast in zip(asked, contrasts, strict=True)]


def reading(answers: Sequence[Answer], how: str, measure: str) -> str:
    """What becomes of the claim that aligned students are lazier, by one measure.

    - "holds": lazier in every condition that can be judged, and judged at every rank.
    - "fails": richer in one or more and lazier in none, or a negligible difference in all judged.
    - "depends": lazier in some, and richer or negligibly different in others.
    - "at the floor": nothing off the floor can be judged, and something at it could.
    - "open": anything else.

    Answers at the floor count for nothing else.
    """
    asked = [a for a in answers if (a.how, a.measure) == (how, measure)]
    off = [a for a in asked if not a.at_floor]
    lazier = [a for a in off if a.said == LAZIER]
    richer = [a for a in off if a.said == RICHER]
    none = [a for a in off if a.no_difference]
    unclear = [a for a in off if a.said == UNCLEAR_CONTRAST and not a.no_difference]
    judged = {a.condition.rank for a in (*lazier, *richer, *none, *unclear)}
    if not judged:
        return "at the floor" if any(a.said in _SAYS for a in asked) else "open"
    if lazier and (richer or none):
        return "depends"
    if lazier:
        ranks = {a.condition.rank for a in asked}
        return "holds" if not unclear and judged == ranks else "open"
    if richer:
        return "fails"
    return "fails" if none and not unclear else "open"


_SAYS = (LAZIER, RICHER, UNCLEAR_CONTRAST)
