"""Structured starts: initial weights by their spectrum and their direction.

- `haar_orthonormal`, `weights_with_spectrum`, `equal_singular_values` (`_spectrum.py`).
- `low_rank`, `with_singular_values`, `power_law_spectrum`, `spectrum_of_participation_ratio`
  (`_low_rank.py`): given weights made low-rank or given another spectrum.
- `aligned_weights` (`_aligned.py`): low rank, pointing along a task.
"""

from ._aligned import aligned_weights
from ._low_rank import (
    low_rank,
    power_law_spectrum,
    spectrum_of_participation_ratio,
    with_singular_values,
)
from ._spectrum import equal_singular_values, haar_orthonormal, weights_with_spectrum

__all__ = [
    "aligned_weights",
    "equal_singular_values",
    "haar_orthonormal",
    "low_rank",
    "power_law_spectrum",
    "spectrum_of_participation_ratio",
    "weights_with_spectrum",
    "with_singular_values",
]
