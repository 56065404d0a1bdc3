"""Does a measure rise or fall with rank?"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy import stats

from ._setting import MEASURES

RESAMPLES = 2000


class Trend(NamedTuple):
    """How one measure goes with the rank of the start.

    - `measure`: its name.
    - `spearman`: the rank correlation over all runs.
    - `low`, `high`: a 95 % bootstrap interval, over seeds drawn with replacement.
    - `verdict`: "lazier with rank", "richer with rank", or "no clear trend" where the interval
      holds 0.
    - `steps`: how many steps from one rank to the next have means that get lazier, of how many.
    """

    measure: str
    spearman: float
    low: float
    high: float
    verdict: str
    steps: str


def rank_trends(dataset: xr.Dataset, random_seed: int = 0) -> list[Trend]:
    """The trend of each measure that the dataset has, positive where it rises with rank.

    Seeds and not runs are drawn anew, because networks of one seed share a Gaussian draw. Runs that
    diverged are left out.
    """
    rng = np.random.default_rng(random_seed)
    ranks = np.broadcast_to(dataset["rank"].values[:, None], dataset["loss"].shape)
    draws = rng.integers(0, ranks.shape[1], (RESAMPLES, ranks.shape[1]))
    trends = []
    for measure, lazier_is_larger in MEASURES.items():
        if measure not in dataset:
            continue
        values = dataset[measure].values
        seen = spearman(ranks, values)
        resampled = [spearman(ranks[:, d], values[:, d]) for d in draws]
        # A measure that does not vary, or that no run has, has no correlation to bracket.
        kept = np.array([r for r in resampled if np.isfinite(r)])
        low, high = np.quantile(kept, [0.025, 0.975]) if len(kept) else (np.nan, np.nan)
        sign = 1 if lazier_is_larger else -1
        # NaN, where a measure does not vary, is on no side of 0.
        if not (low > 0 or high < 0):
            verdict = "no clear trend"
        else:
            verdict = "lazier with rank" if sign * seen > 0 else "richer with rank"
        means = sign * np.nanmean(values[np.argsort(dataset["rank"].values)], axis=1)
        steps = f"{int((np.diff(means) > 0).sum())} of {len(means) - 1}"
        trends.append(Trend(measure, seen, float(low), float(high), verdict, steps))
    return trends


def spearman(ranks: np.ndarray, values: np.ndarray) -> float:
    """The rank correlation of what is finite; NaN where one of the two does not vary."""
    kept = np.isfinite(values)
    if len(np.unique(ranks[kept])) < 2 or len(np.unique(values[kept])) < 2:
        return float("nan")
    pair = stats.rankdata(ranks[kept]), stats.rankdata(values[kept])
    return float(np.corrcoef(*pair)[0, 1])
