"""Structured starts: initial weights by their spectrum and their direction.

- `haar_orthonormal`, `weights_with_spectrum`, `equal_singular_values` (`_spectrum.py`).
- `aligned_weights` (`_aligned.py`): low rank, pointing along a task.
"""

from ._aligned import aligned_weights
from ._spectrum import equal_singular_values, haar_orthonormal, weights_with_spectrum

__all__ = ["aligned_weights", "equal_singular_values", "haar_orthonormal", "weights_with_spectrum"]
