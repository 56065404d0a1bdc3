"""How exact a number in a table is: intervals over seeds, errors over images."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from scipy import stats

# Resampling so few seeds says less than the dots themselves.
FEWEST_FOR_INTERVAL = 6
RESAMPLES = 5000
# Values that differ by rounding in float32 alone are one value.
ALIKE = 1e-6


def mean_and_interval(values: np.ndarray) -> tuple[float, float, float]:
    """The mean of what is finite, and the ends of its 95 % interval.

    The interval is the bias-corrected and accelerated bootstrap (BCa), which stays within the range
    of the values and so within the range of the measure. With fewer than six values its ends are
    NaN. Values that are all equal, up to rounding, give that value at both ends.

    Source: B. Efron (1987), J. Am. Stat. Assoc. 82:171.
    """
    kept = np.asarray(values, np.float64)
    kept = kept[np.isfinite(kept)]
    if not len(kept):
        return float("nan"), float("nan"), float("nan")
    mean = float(kept.mean())
    if len(kept) < FEWEST_FOR_INTERVAL:
        return mean, float("nan"), float("nan")
    if np.ptp(kept) <= ALIKE * abs(mean):
        return mean, mean, mean
    interval = stats.bootstrap(
        (kept,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    return mean, float(interval.low), float(interval.high)


def mean_with_interval(values: np.ndarray) -> str:
    """The mean of what is finite and its 95 % interval as text; without one, how many there are."""
    mean, low, high = mean_and_interval(values)
    n = int(np.isfinite(np.asarray(values, np.float64)).sum())
    if not n:
        return "–"
    if not np.isfinite(low):
        return f"{mean:.4g} (n = {n})"
    if low == high:
        return f"{mean:.4g} (all alike)"
    return f"{mean:.4g} ({low:.3g} to {high:.3g})"


def bars(values: Sequence[np.ndarray] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of each row, and the lengths of its bar below and above, as errorbar takes them.

    Args:
        values: a row for each place. Rows of fewer than six finite values have no bar.
    """
    means, lows, highs = np.array([mean_and_interval(row) for row in values]).reshape(-1, 3).T
    return means, np.stack([means - lows, highs - means])


def sampling_error(dataset: xr.Dataset) -> str:
    """How well the images of the kernel stand for all, in a sentence."""
    a = dataset.attrs
    images = a["kernel_trials"] if "kernel_trials" in a else a["kernel_images"]
    error = float(dataset["kernel_alignment_error"].mean())
    return (
        f"Kernels are on {images} test images drawn at random, the same for all networks; the "
        f"standard error of one network's alignment over images is {error:.3f} (jackknife, mean)."
    )
