"""How exact a number in a table is: intervals over seeds, errors over images."""

import numpy as np
import xarray as xr
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


def sampling_error(dataset: xr.Dataset) -> str:
    """How well the images of the kernel stand for all, in a sentence."""
    a = dataset.attrs
    images = a["kernel_trials"] if "kernel_trials" in a else a["kernel_images"]
    error = float(dataset["kernel_alignment_error"].mean())
    return (
        f"Kernels are on {images} test images drawn at random, the same for all networks; the "
        f"standard error of one network's alignment over images is {error:.3f} (jackknife, mean)."
    )
