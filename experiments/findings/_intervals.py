"""How exact a number in a table is: intervals over seeds, errors over images."""

import functools
from collections.abc import Sequence

import numpy as np
import xarray as xr
from scipy import special

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
    return _of_finite(kept[np.isfinite(kept)].tobytes())


# A report asks for the same values in its table, its figures and their limits.
@functools.lru_cache(maxsize=2**14)
def _of_finite(content: bytes) -> tuple[float, float, float]:
    kept = np.frombuffer(content)
    if not len(kept):
        return float("nan"), float("nan"), float("nan")
    mean = float(kept.mean())
    if len(kept) < FEWEST_FOR_INTERVAL:
        return mean, float("nan"), float("nan")
    if np.ptp(kept) <= ALIKE * abs(mean):
        return mean, mean, mean
    return mean, *_bca(kept)


def _bca(values: np.ndarray) -> tuple[float, float]:
    """The BCa interval of the mean, that of `scipy.stats.bootstrap` in a tenth of its time.

    Resamples are the same for all values of one number, and so drawn once.
    """
    n, mean = len(values), values.mean()
    means = values.take(_resamples(n)).sum(axis=0) / n
    # The same values summed in another order are as far from the mean as rounding puts them.
    edge = 1e-13 * abs(values).max()
    within = np.count_nonzero(means < mean - edge) + np.count_nonzero(means <= mean + edge)
    below = within / (2 * RESAMPLES)
    bias = special.ndtri(below)
    # Of the jackknife: how the mean moves with each value that is left out.
    moves = (values - mean) / (n - 1)
    acceleration = (moves**3).sum() / (6 * (moves**2).sum() ** 1.5)
    z = bias + special.ndtri([0.025, 0.975])
    low, high = np.quantile(means, special.ndtr(bias + z / (1 - acceleration * z)))
    return float(low), float(high)


@functools.lru_cache(maxsize=4)
def _resamples(n: int) -> np.ndarray:
    # A column for each, as sums go faster over rows.
    return np.ascontiguousarray(np.random.default_rng(0).integers(0, n, (RESAMPLES, n)).T)


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
    said = f"Kernels are on {images} test images drawn at random, the same for all networks"
    error = float(dataset["kernel_alignment_error"].mean())
    # Where all networks diverged there is none.
    if not np.isfinite(error):
        return f"{said}."
    return (
        f"{said}; the standard error of one network's alignment over images is {error:.3f} "
        "(jackknife, mean)."
    )


def means_table(dataset: xr.Dataset, columns: Sequence[str]) -> list[str]:
    """A row for each start with the means of what the dataset has of `columns`, in Markdown."""
    columns = [name for name in columns if name in dataset]
    lines = [
        "| start | " + " | ".join(c.replace("_", " ") for c in columns) + " | diverged |",
        "| --- |" + " --: |" * (len(columns) + 1),
    ]
    for at in (dataset.isel(start=i) for i in range(dataset.sizes["start"])):
        label = at["start"].item() if "start" in at.coords else f"rank {int(at['rank'])}"
        cells = [mean_with_interval(at[name].values) for name in columns]
        lines.append(f"| {label} | {' | '.join(cells)} | {int(at['diverged'].sum())} |")
    return lines
