"""The tests behind every verdict, exact for the numbers of seeds and starts that people have."""

import math

import numpy as np
from scipy import special

# Beyond these, Page's test is by its normal limit, and swaps are sampled and not listed.
MOST_EXACT_STARTS, MOST_LISTED_PAIRS = 8, 16


def trend_p(values: np.ndarray) -> float:
    """Two-sided p-value of a trend over ordered starts, with seeds as blocks.

    Page's test: each seed ranks its own starts, so that what the networks of one seed share does
    not count. The p-value is exact for up to eight starts, conservative where values of a seed tie,
    and of the normal limit beyond. It is twice the lesser of the two one-sided values. Two starts
    are a pair and have `pair_p`. One seed has 1, whatever it looks like: it cannot tell a trend
    from what is particular to it.

    Args:
        values: a row for each seed, a column for each start (two or more), all finite.

    Source: E. B. Page (1963), J. Am. Stat. Assoc. 58:216.
    """
    seeds, starts = values.shape
    if starts == 2:
        return pair_p(values[:, 1] - values[:, 0])
    if seeds < 2:
        return 1.0 if seeds else float("nan")
    # It takes a second to import, which commands that test nothing need not wait for.
    from scipy import stats

    method = "exact" if starts <= MOST_EXACT_STARTS else "asymptotic"
    sides = (stats.page_trend_test(v, method=method).pvalue for v in (values, values[:, ::-1]))
    return min(1.0, 2 * float(min(sides)))


def least_trend_p(seeds: int, starts: int) -> float:
    """The smallest p-value that `trend_p` can give: all seeds in the same order."""
    if starts == 2 or seeds < 2:
        return least_pair_p(seeds)
    return min(1.0, 2.0 * math.exp(-seeds * math.lgamma(starts + 1)))


def correlations(values: np.ndarray) -> np.ndarray:
    """Spearman's correlation of each seed's values with the order of starts.

    Args:
        values: a row for each seed, a column for each start. A row of equal values has 0.
    """
    order = np.arange(values.shape[1], dtype=float)
    order -= order.mean()
    from scipy import stats

    ranks = stats.rankdata(values, axis=1)
    ranks = ranks - ranks.mean(axis=1, keepdims=True)
    size = np.linalg.norm(ranks, axis=1) * np.linalg.norm(order)
    return np.divide(ranks @ order, size, out=np.zeros(len(values)), where=size > 0)


def pair_p(differences: np.ndarray) -> float:
    """Two-sided p-value of a difference within pairs, by exact permutation.

    The share of the 2^n ways to swap the two networks within seeds whose mean difference is at
    least as far from 0. Beyond 16 seeds 2^16 ways are drawn, always the same.

    Source: R. A. Fisher (1935), "The Design of Experiments", chapter 3.
    """
    n = len(differences)
    if n < 2:
        return 1.0 if n else float("nan")
    from scipy import stats

    return float(
        stats.permutation_test(
            (differences,),
            lambda values, axis: values.mean(axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=2**n if n <= MOST_LISTED_PAIRS else 2**MOST_LISTED_PAIRS,
            rng=np.random.default_rng(0),
        ).pvalue
    )


def least_pair_p(seeds: int) -> float:
    """The smallest p-value that `pair_p` can give: all differences of one sign."""
    return min(1.0, 2.0 ** (1 - seeds))


def glass_delta(values: np.ndarray, reference: np.ndarray) -> float:
    r"""The difference of two means in standard deviations of the reference, made unbiased.

    $$\Delta = J(n - 1)\, \frac{\bar a - \bar b}{s_b}, \qquad
        J(\nu) = \sqrt{\frac 2\nu}\, \frac{\Gamma(\nu / 2)}{\Gamma((\nu - 1) / 2)}$$

    The mean of normal values is independent of their standard deviation, pairs or not, so that
    this is unbiased however strongly pairs are correlated; Hedges' g, which pools two standard
    deviations as if they were independent, is not. NaN for fewer than three pairs, and where the
    reference does not vary.

    Source: G. V. Glass (1976), Educ. Res. 5:3; L. V. Hedges (1981), J. Educ. Stat. 6:107, for J.
    """
    n = len(reference)
    spread = reference.std(ddof=1) if n > 2 else 0.0
    if not spread > 0:
        return float("nan")
    nu = n - 1
    unbiased = math.sqrt(2 / nu) * math.exp(special.gammaln(nu / 2) - special.gammaln((nu - 1) / 2))
    return float(unbiased * (values.mean() - reference.mean()) / spread)


def holm(p: np.ndarray) -> np.ndarray:
    """p-values made larger for having been taken together; NaN stays NaN and does not count.

    Source: S. Holm (1979), Scand. J. Stat. 6:65.
    """
    adjusted = np.full(len(p), np.nan)
    order = np.argsort(p)[: np.isfinite(p).sum()]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
