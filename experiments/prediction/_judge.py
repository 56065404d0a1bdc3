"""What the plan asks of each population, and the verdict over all of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import scipy.stats

from richlazy_jax.forecasts import interval_of

from ._networks import Network

RESAMPLES = 2000
# What a population must show: docs/predictions.md.
_LEAST, _MOST_ERROR, _AHEAD = 0.5, 0.10, 0.05
_SHARE = 0.8


class Population(NamedTuple):
    """How well the networks of one population were foretold.

    - `size`: networks that count; `out`: how many do not, by the reason.
    - `correlation`: Spearman's, of forecast and outcome, with its 95 % bootstrap interval.
    - `error`: mean absolute, on the identity line; `bias`: mean of outcome minus forecast.
    - `inside`: the share of outcomes in their interval.
    - `rivals`: the absolute correlation of each rival with the outcome.
    - `confirms`: whether it does all that the plan asks.
    """

    name: str
    size: int
    out: Mapping[str, int]
    correlation: float
    low: float
    high: float
    error: float
    bias: float
    inside: float
    rivals: Mapping[str, float]
    confirms: bool


def judge(networks: Sequence[Network], seed: int = 0) -> list[Population]:
    """Each population, in the order of the networks."""
    names = dict.fromkeys(each.population for each in networks)
    return [_judged(name, [n for n in networks if n.population == name], seed) for name in names]


def verdict(populations: Sequence[Population]) -> str:
    """How many populations confirm the rule, and whether that is enough."""
    confirmed = sum(each.confirms for each in populations)
    inside = float(
        np.average([p.inside for p in populations], weights=[p.size for p in populations])
    )
    enough = "" if confirmed >= _SHARE * len(populations) else "not "
    return (
        f"{confirmed} of {len(populations)} populations confirm the rule, which is {enough}enough; "
        f"{100 * inside:.0f} % of all outcomes lie in their 90 % interval."
    )


def _judged(name: str, networks: Sequence[Network], seed: int) -> Population:
    kept = [each for each in networks if not each.out]
    out = Counter(each.out for each in networks if each.out)
    forecast = np.array([each.forecast for each in kept])
    outcome = np.array([each.outcome for each in kept])
    if len(kept) < 3:
        nan = float("nan")
        return Population(name, len(kept), out, nan, nan, nan, nan, nan, nan, {}, False)
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(kept), (RESAMPLES, len(kept)))
    resampled = [_spearman(forecast[at], outcome[at]) for at in draws]
    low, high = np.nanquantile(resampled, (0.025, 0.975))
    correlation = _spearman(forecast, outcome)
    rivals = {
        # A rival may foretell with either sign, and is given the better one.
        rival: abs(_spearman(np.array([each.rivals[rival] for each in kept]), outcome))
        for rival in kept[0].rivals
    }
    error = float(np.abs(outcome - forecast).mean())
    intervals = [interval_of(each) for each in forecast]
    inside = np.mean([a <= o <= b for o, (a, b) in zip(outcome, intervals, strict=True)])
    confirms = low > _LEAST and error <= _MOST_ERROR
    confirms = confirms and max(rivals.values()) <= correlation + _AHEAD
    bias = float((outcome - forecast).mean())
    numbers = (correlation, float(low), float(high), error, bias, float(inside))
    return Population(name, len(kept), out, *numbers, rivals, bool(confirms))


def _spearman(a: np.ndarray, b: np.ndarray) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(scipy.stats.spearmanr(a, b)[0])  # pyright: ignore[reportArgumentType]
