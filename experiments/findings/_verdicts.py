"""The one rule by which anything here is called lazier or richer."""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ._cell import Cell
from ._comparison import Comparison, Family, at_equal_loss, common_seeds, families_of, paired
from ._intervals import mean_and_interval
from ._measures import MEASURES
from ._tests import (
    correlations,
    glass_delta,
    holm,
    least_pair_p,
    least_trend_p,
    pair_p,
    trend_p,
)
from ._training import FarRun, Training, far_runs, training, unreadable

LEVEL = 0.05
# What orders the two starts of a contrast: nothing but that the first is the reference.
PAIR = "pair"
TOO_FEW = "nothing can be said"
UNCLEAR_TREND, UNCLEAR_CONTRAST = "no clear trend", "no clear difference"
LAZIER_TREND, RICHER_TREND = "lazier with rank", "richer with rank"
LAZIER, RICHER = "lazier", "richer"


class Verdict(NamedTuple):
    """What a test says, once all that its table says is taken together.

    - `said`: "lazier", "richer" ("lazier with rank" and "richer with rank" of a trend), "no clear
      difference" ("no clear trend"), or "nothing can be said".
    - `p`: of the test alone; `p_holm`: after Holm's correction for all tests of the table.
    - `seeds`: in which all networks have the measure.
    - `needed`: the fewest seeds with which one test of this table can come out at 0.05.
    - `problem`: why nothing can be said, other than too few seeds; else empty.
    - `left_out`: networks and starts without which the question was asked again; empty where there
      are none.
    - `without`: what is said then.
    """

    said: str
    p: float
    p_holm: float
    seeds: int
    needed: int
    problem: str = ""
    left_out: str = ""
    without: str = ""


class Trend(NamedTuple):
    """One measure over starts in the order of their rank, with seeds as blocks.

    - `measure`: its name.
    - `family`: the starts.
    - `correlation`: the mean over seeds of Spearman's correlation within the seed.
    - `low`, `high`: its 95 % interval over seeds, NaN below six.
    - `steps`: how many steps from one start to the next have means that get lazier, of how many.
    - `verdict`: by Page's test.
    - `at_equal_loss`: the same of these networks where they had the same loss, without starts that
      ran away or hardly learned; None where they were not looked at on the way.
    """

    measure: str
    family: Family
    correlation: float
    low: float
    high: float
    steps: str
    verdict: Verdict
    at_equal_loss: "Trend | None" = None


class Contrast(NamedTuple):
    """One measure of one start beside that of a reference, seed by seed.

    - `measure`: its name.
    - `start`, `reference`: theirs.
    - `mean`, `reference_mean`: over the seeds of both.
    - `difference`: the mean of start less reference.
    - `low`, `high`: its 95 % interval over seeds, NaN below six.
    - `effect`: Glass's delta, as `glass_delta`.
    - `verdict`: by the exact permutation test of pairs.
    - `at_equal_loss`: the same of these networks where they had the same loss; None where they were
      not looked at on the way, or where one start ran away or hardly learned.
    """

    measure: str
    start: str
    reference: str
    mean: float
    reference_mean: float
    difference: float
    low: float
    high: float
    effect: float
    verdict: Verdict
    at_equal_loss: "Contrast | None" = None


class Findings(NamedTuple):
    """All that one table says.

    - `trends`, `contrasts`: measure by measure.
    - `training`: how well the starts of each comparison were trained.
    - `far`: networks that did not diverge and yet moved far more than others of their start.
    """

    trends: list[Trend]
    contrasts: list[Contrast]
    training: list[Training]
    far: list[FarRun]


class _Question(NamedTuple):
    """One test to be made: a measure of a family of starts, or of a start and its reference.

    - `dropped`: seeds that are left out.
    - `left_out`: what was taken away since the question was first asked, in words.
    """

    measure: str
    family: Family
    is_trend: bool
    dropped: frozenset[int] = frozenset()
    left_out: str = ""

    @property
    def values(self) -> np.ndarray:
        """A row for each seed in which all networks have the measure, a column for each start."""
        cells = self.family.cells
        rows = paired(cells, self.measure).T
        seeds = common_seeds(cells)
        kept = np.isfinite(rows).all(axis=1) & ~np.isin(seeds, list(self.dropped))
        return rows[kept]

    def p(self, values: np.ndarray) -> float:
        """The p-value of this test alone."""
        return trend_p(values) if self.is_trend else pair_p(values[:, 1] - values[:, 0])

    def least_p(self, seeds: int) -> float:
        """The smallest p-value that so many seeds could give."""
        return (
            least_trend_p(seeds, len(self.family.cells)) if self.is_trend else least_pair_p(seeds)
        )


def findings(
    comparisons: Sequence[Comparison], pairs: Sequence[tuple[str, str]] | None = None
) -> Findings:
    """What each measure says of the starts of one table.

    Starts that differ in their rank only, the null among them, have a trend; every other start has
    a contrast with the null, or, where there is none, with the start of highest rank, or with the
    first. All of these together are corrected by Holm's method at the level of 0.05. The rule:

    - A trend is tested by Page's test with seeds as blocks, a contrast by the permutation of pairs,
      both two-sided and exact. The direction is that of the mean correlation or difference.
    - Where no p-value of so few seeds could be small enough, nothing can be said.
    - Nor where one of the starts ran away (more than half of its networks diverged), hardly learned
      (its loss fell by less than half) or stayed behind the others (its mean loss by more than
      0.005 of the least first loss). Where two starts or more are left, a trend is asked again of
      these.
    - Where a network did not diverge and yet moved its weights more than three times as far as the
      median of its start, the question is asked again without its seed.
    - Where all networks were looked at on their way through training, the question is asked a
      second time of these networks where they had the same loss (`at_equal_loss`), whether or not a
      start stayed behind the others. These questions are corrected together, apart from the first.

    Args:
        comparisons: what stands in one table, such as all sizes of one task.
        pairs: contrasts of (start, reference) in place of the trends and contrasts above, in each
            comparison that has both.
    """
    found = answers([question for each in comparisons for question in _questions(each, pairs)])
    return Findings(
        [a for a in found if isinstance(a, Trend)],
        [a for a in found if isinstance(a, Contrast)],
        [training(comparison.cells) for comparison in comparisons],
        [run for comparison in comparisons for run in far_runs(comparison.cells)],
    )


def answers(asked: Sequence[tuple[str, Family]]) -> list[Trend | Contrast]:
    """What each of some questions says, all of them taken together, by the rule of `findings`.

    Args:
        asked: a measure, and the starts that it is asked of: a trend over them in their order, or,
            of a family that is called `PAIR`, the contrast of its second start with its first.
    """
    first = [_Question(measure, family, family.by != PAIR) for measure, family in asked]
    second = [_reduced(question, far_runs(question.family.cells)) for question in first]
    found = _judged(first)
    if any(question.left_out for question in second):
        repeated = _judged(second)
        found = [
            a._replace(verdict=a.verdict._replace(left_out=q.left_out, without=b.verdict.said))
            if q.left_out
            else a
            for a, b, q in zip(found, repeated, second, strict=True)
        ]
    return _with_equal_loss(found, first)


def _with_equal_loss(
    found: list[Trend | Contrast], asked: Sequence[_Question]
) -> list[Trend | Contrast]:
    """Each answer with that of the same question at equal loss, where it can be asked."""
    again = {i: q for i, q in enumerate(map(_where_as_low, asked)) if q is not None}
    matched = dict(zip(again, _judged(list(again.values())), strict=True))
    return [
        answer._replace(at_equal_loss=matched[i]) if i in matched else answer
        for i, answer in enumerate(found)
    ]


def _questions(
    comparison: Comparison, pairs: Sequence[tuple[str, str]] | None
) -> Iterator[tuple[str, Family]]:
    for measure in MEASURES:
        cells = [cell for cell in comparison.cells if measure in cell.values]
        by_name = {cell.start: cell for cell in cells}
        families = families_of(cells) if pairs is None else []
        for family in families:
            yield measure, family
        asked = pairs
        if asked is None:
            in_families = {cell.start for family in families for cell in family.cells}
            reference = _reference(cells, families)
            asked = [
                (cell.start, reference)
                for cell in cells
                if cell.start not in in_families and cell.start != reference
            ]
        for start, reference in asked:
            if start in by_name and reference in by_name:
                yield measure, Family(PAIR, [by_name[reference], by_name[start]])


def _reference(cells: Sequence[Cell], families: Sequence[Family]) -> str:
    null = next((cell.start for cell in cells if cell.is_null), None)
    if null is not None or not cells:
        return null or ""
    return families[0].cells[-1].start if families else cells[0].start


def _reduced(question: _Question, far: Sequence[FarRun]) -> _Question:
    """The same question without starts that say nothing and networks that went far."""
    cells = question.family.cells
    # Of a pair without one of its starts nothing is left.
    bad = unreadable(cells) if question.is_trend else {}
    kept = [cell for cell in cells if cell.start not in bad]
    if len(kept) < 2:
        bad, kept = {}, cells
    gone = [run for run in far if run.start in {cell.start for cell in kept}]
    named = [*bad, *(f"seed {run.seed} of {run.start}" for run in gone)]
    return question._replace(
        family=question.family._replace(cells=kept),
        dropped=frozenset(run.seed for run in gone),
        left_out=" and ".join(named),
    )


def _where_as_low(question: _Question) -> _Question | None:
    """The same question of networks at equal loss, of starts that learned at all."""
    # Nothing can stay behind alone.
    learned = [cell for cell in question.family.cells if not unreadable([cell])]
    if len(learned) < 2:
        return None
    cells = at_equal_loss(learned)
    if cells is None or any(question.measure not in cell.values for cell in cells):
        return None
    return question._replace(family=question.family._replace(cells=cells))


def _judged(questions: Sequence[_Question]) -> list[Trend | Contrast]:
    """The answers to all questions of one table, taken together."""
    problems = ["; ".join(map(" ".join, unreadable(q.family.cells).items())) for q in questions]
    asked = list(zip(questions, (q.values for q in questions), problems, strict=True))
    p = np.array([q.p(v) if not problem else np.nan for q, v, problem in asked])
    least = np.array([q.least_p(len(v)) for q, v, _ in asked])
    adjusted, possible = holm(p), holm(np.where(np.isnan(p), np.nan, least))
    together = max(int(np.isfinite(p).sum()), 1)
    answers = []
    for i, (question, values, problem) in enumerate(asked):
        said = _said(question, values, adjusted[i], possible[i])
        needed = next(n for n in itertools.count(2) if question.least_p(n) * together <= LEVEL)
        verdict = Verdict(said, float(p[i]), float(adjusted[i]), len(values), needed, problem)
        answers.append((_trend if question.is_trend else _contrast)(question, values, verdict))
    return answers


def _said(question: _Question, values: np.ndarray, p: float, possible: float) -> str:
    lazier, richer, unclear = (
        (LAZIER_TREND, RICHER_TREND, UNCLEAR_TREND)
        if question.is_trend
        else (LAZIER, RICHER, UNCLEAR_CONTRAST)
    )
    # NaN, where the question was not asked, is not at most anything.
    if p <= LEVEL:
        return (
            lazier if (_direction(question, values) > 0) == MEASURES[question.measure] else richer
        )
    return unclear if possible <= LEVEL else TOO_FEW


def _direction(question: _Question, values: np.ndarray) -> float:
    if question.is_trend and values.shape[1] > 2:
        return float(correlations(values).mean())
    return float((values[:, -1] - values[:, 0]).mean())


def _trend(question: _Question, values: np.ndarray, verdict: Verdict) -> Trend:
    correlation, low, high = mean_and_interval(correlations(values))
    sign = 1 if MEASURES[question.measure] else -1
    means = sign * values.mean(axis=0) if len(values) else np.full(values.shape[1], np.nan)
    steps = f"{int((np.diff(means) > 0).sum())} of {len(means) - 1}"
    return Trend(question.measure, question.family, correlation, low, high, steps, verdict)


def _contrast(question: _Question, values: np.ndarray, verdict: Verdict) -> Contrast:
    reference, start = question.family.cells
    b, a = values.T
    difference, low, high = mean_and_interval(a - b)
    return Contrast(
        question.measure,
        start.start,
        reference.start,
        mean_and_interval(a)[0],
        mean_and_interval(b)[0],
        difference,
        low,
        high,
        glass_delta(a, b),
        verdict,
    )
