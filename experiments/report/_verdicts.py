"""Lazier or richer, with the statistics of `experiments.recurrent`."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from ..recurrent import MEASURES, Contrast, Trend, contrast, holm, rank_trends
from ..recurrent._trend import spearman
from ._cell import Cell
from ._settings import Setting, paired

LEVEL = 0.05
UNCLEAR_TREND, UNCLEAR_CONTRAST, TOO_FEW = (
    "no clear trend",
    "no clear difference",
    "nothing can be said",
)


class RankTrend(NamedTuple):
    """One measure against the rank of the start, within one setting.

    - `trend`: as in `experiments.recurrent.rank_trends`.
    - `ranks`: those of the starts.
    - `p`: two-sided, by the exact permutation test of the correlations of single seeds with rank,
      whose signs are turned.
    - `seeds`: how many have such a correlation.
    - `verdict`: that of the trend where `p` is below 0.05 too, "no clear trend" where it is not,
      and "nothing can be said" where no p-value of so few seeds could be.
    """

    trend: Trend
    ranks: tuple[int, ...]
    p: float
    seeds: int
    verdict: str


class StartContrast(NamedTuple):
    """One measure of one start beside that of a reference, within one setting.

    - `start`, `reference`: their names.
    - `contrast`: start less reference, seed by seed.
    - `p_holm`: for all starts of the measure in this setting taken together.
    - `verdict`: "lazier", "richer" or "no clear difference" at 0.05, and "nothing can be said"
      where no p-value of so few seeds could be below it.
    """

    start: str
    reference: str
    contrast: Contrast
    p_holm: float
    verdict: str


class Finding(NamedTuple):
    """What one measure says in one setting.

    - `measure`: its name.
    - `trends`: against rank, one for each family of starts that differ in rank only.
    - `contrasts`: beside the null, or beside the first start where there is no null.
    """

    measure: str
    trends: list[RankTrend]
    contrasts: list[StartContrast]


def findings(setting: Setting) -> list[Finding]:
    """What each measure that the cells have says of their starts.

    Trends are taken over starts that differ in their rank only. Contrasts are taken with the null;
    where there is none, with the first start, unless all starts differ in rank only.
    """
    found = []
    for measure in MEASURES:
        cells = [cell for cell in setting.cells if measure in cell.values]
        if len(cells) < 2:
            continue
        families = rank_families(cells)
        trends = [_trend(family, measure) for family in families]
        one_family = bool(families) and len(families[0]) == len(cells)
        found.append(Finding(measure, trends, [] if one_family else _contrasts(cells, measure)))
    return found


def rank_families(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells whose starts differ in their rank only, in the order of ranks, two or more each."""
    families: dict[str, dict[int, Cell]] = {}
    for cell in cells:
        if cell.rank is not None and not cell.is_null:
            families.setdefault(cell.family, {})[cell.rank] = cell
    return [[f[rank] for rank in sorted(f)] for f in families.values() if len(f) > 1]


def enough_seeds(comparisons: int) -> int:
    """The fewest seeds with which one of so many comparisons may come out at 0.05 after Holm.

    An exact permutation test of n pairs has no p-value below 2^(1-n).
    """
    seeds = 2
    while comparisons * 2.0 ** (1 - seeds) >= LEVEL:
        seeds += 1
    return seeds


def _trend(family: list[Cell], measure: str) -> RankTrend:
    values = paired(family, measure)
    ranks = tuple(cell.rank for cell in family if cell.rank is not None)
    dims = ("start", "seed")
    dataset = xr.Dataset(
        # The trend asks for a loss only to know the shape.
        {measure: (dims, values), "loss": (dims, np.zeros_like(values))},
        {"rank": ("start", list(ranks))},
    )
    if not values.shape[1]:
        nan = float("nan")
        empty = Trend(measure, nan, nan, nan, UNCLEAR_TREND, f"0 of {len(ranks) - 1}")
        return RankTrend(empty, ranks, nan, 0, TOO_FEW)
    with warnings.catch_warnings():
        # Of a rank at which all diverged.
        warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
        (trend,) = rank_trends(dataset)
    single = np.array([_of_seed(ranks, column) for column in values.T])
    tested = contrast(single, np.zeros_like(single))
    verdict = trend.verdict if tested.p < LEVEL else UNCLEAR_TREND
    if tested.seeds < enough_seeds(1):
        verdict = TOO_FEW
    return RankTrend(trend, ranks, tested.p, tested.seeds, verdict)


def _contrasts(cells: list[Cell], measure: str) -> list[StartContrast]:
    reference = next((cell for cell in cells if cell.is_null), cells[0])
    others = [cell for cell in cells if cell is not reference]
    contrasts = [contrast(*paired((cell, reference), measure)) for cell in others]
    adjusted = holm(np.array([c.p for c in contrasts]))
    possible = holm(np.array([2.0 ** (1 - c.seeds) if c.seeds > 1 else np.nan for c in contrasts]))
    found = []
    for cell, c, p, best in zip(others, contrasts, adjusted, possible, strict=True):
        verdict = UNCLEAR_CONTRAST
        if p < LEVEL:
            verdict = "lazier" if (c.difference > 0) == MEASURES[measure] else "richer"
        elif not best < LEVEL:
            verdict = TOO_FEW
        found.append(StartContrast(cell.start, reference.start, c, float(p), verdict))
    return found


def _of_seed(ranks: Sequence[int], values: np.ndarray) -> float:
    found = spearman(np.asarray(ranks), values)
    # All equal is no correlation, where it is measured at all.
    return 0.0 if np.isnan(found) and np.isfinite(values).sum() > 1 else found
