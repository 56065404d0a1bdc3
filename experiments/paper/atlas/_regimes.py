"""Does rank still count among starts of one regime? Partial correlations, seed by seed."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from ...findings import mean_and_interval
from ._rows import Row

RANK, REGIME = "participation_ratio", ("spectral_radius", "lyapunov_exponent", "mean_activity")
_OF = ("kernel_alignment", RANK, *REGIME)
# A partial correlation of so many variables takes more starts than variables.
_FEWEST = len(_OF) + 2


class Partial(NamedTuple):
    """How kernel alignment goes with rank, given the regime of the start.

    - `units`, `task`: of which networks.
    - `which`: "all starts", or "starts that learned".
    - `starts`: how many.
    - `plain`: the mean over seeds of the correlation without anything given.
    - `partial`, `low`, `high`: that of the partial correlation, with its 95 % interval.
    - `seeds`: how many.
    """

    units: str
    task: str
    which: str
    starts: int
    plain: float
    partial: float
    low: float
    high: float
    seeds: int

    @property
    def counts(self) -> bool | None:
        """Whether rank counts beside the regime; None where there are too few seeds to say."""
        return not self.low <= 0 <= self.high if np.isfinite(self.low) else None


def beside_regime(rows: Sequence[Row]) -> list[Partial]:
    """Partial correlations for each kind of unit and task, of all starts and of those that learned.

    Ranks take the place of values (Spearman), as exponents may be minus infinity. A group of fewer
    than seven starts is left out.

    Args:
        rows: as `rows_of` gives them.
    """
    found = []
    for (units, task), group in groupby(rows, lambda row: (row.units, row.cell.task)):
        every = list(group)
        learned = [row for row in every if row.learned == "yes"]
        for which, of in (("all starts", every), ("starts that learned", learned)):
            plain, partial, starts = _by_seed(of)
            if partial:
                numbers = mean_and_interval(np.array(partial))
                plain_mean = float(np.mean(plain))
                found.append(
                    Partial(units, task, which, starts, plain_mean, *numbers, len(partial))
                )
    return found


def _by_seed(rows: Sequence[Row]) -> tuple[list[float], list[float], int]:
    """Correlations of each seed, plain and partial, and the fewest starts of any."""
    seeds = sorted({int(seed) for row in rows for seed in row.cell.seeds})
    plain, partial, starts = [], [], []
    for seed in seeds:
        values = np.array([_values(row, seed) for row in rows]).reshape(len(rows), len(_OF))
        values = values[~np.isnan(values).any(axis=1)]
        if len(values) >= _FEWEST:
            starts.append(len(values))
            plain.append(partial_correlation(values[:, :2]))
            partial.append(partial_correlation(values))
    return plain, partial, min(starts, default=0)


def _values(row: Row, seed: int) -> list[float]:
    at = np.flatnonzero(row.cell.seeds == seed)
    if not len(at):
        return [np.nan] * len(_OF)
    return [float(row.cell.values[name][at[0]]) for name in _OF]


def partial_correlation(values: np.ndarray) -> float:
    """Spearman's correlation of the first two columns, given all others.

    What is left of the ranks of each after a linear fit to the ranks of the others is correlated.

    Args:
        values: a row for each start; infinite numbers have a rank like others.
    """
    # It takes a second to import, which `richlazy --help` need not wait for.
    from scipy import stats

    ranks = stats.rankdata(values, axis=0)
    ranks -= ranks.mean(axis=0)
    given = ranks[:, 2:]
    left = ranks[:, :2] - given @ np.linalg.lstsq(given, ranks[:, :2], rcond=None)[0]
    one, other = left.T
    size = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / size) if size else float("nan")
