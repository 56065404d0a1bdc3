"""How far forecasts were from outcomes, on the calibration networks."""

import csv
import functools
from importlib import resources

import numpy as np

# Nine in ten lie between.
_QUANTILES = (0.05, 0.95)


def interval_of(forecast: float) -> tuple[float, float]:
    """Where nine in ten outcomes lie, if errors are those of the calibration networks."""
    low, high = (float(np.clip(forecast + error, 0.0, 1.0)) for error in _errors())
    return low, high


@functools.cache
def _errors() -> tuple[float, float]:
    """Quantiles of outcome minus forecast."""
    table = resources.files("richlazy_jax.forecasts") / "data" / "calibration.csv"
    with table.open(encoding="utf-8") as file:
        lines = csv.DictReader(line for line in file if not line.startswith("#"))
        found = [float(line["outcome"]) - float(line["forecast"]) for line in lines]
    low, high = np.quantile(found, _QUANTILES)
    return float(low), float(high)
