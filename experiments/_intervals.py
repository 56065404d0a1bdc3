"""Means over seeds, with intervals."""

import numpy as np
from scipy import stats


def mean_and_interval(values: np.ndarray) -> tuple[float, float]:
    """The mean of what is finite, and half its 95 % interval by Student's t."""
    kept = values[np.isfinite(values)]
    if len(kept) < 2:
        return (float(kept.mean()) if len(kept) else float("nan")), 0.0
    error = kept.std(ddof=1) / np.sqrt(len(kept))
    return float(kept.mean()), float(stats.t.ppf(0.975, len(kept) - 1) * error)


def mean_with_interval(values: np.ndarray) -> str:
    """The same as text."""
    mean, bar = mean_and_interval(values)
    return f"{mean:.4g} ± {bar:.2g}"
