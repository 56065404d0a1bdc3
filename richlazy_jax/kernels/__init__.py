"""Kernels of finite networks.

- `empirical_ntk` (`_empirical.py`): the neural tangent kernel of any function `apply(params, x)`,
  by one of five interchangeable implementations. Ours is in `_factors.py`: it plans the kernel and
  folds it over blocks of examples (`_pairs.py`), with the factors of each weight's gradient
  (`_linear_program.py`, `_views.py`, `_uses.py`), what depends on what (`_reach.py`), and three
  ways to arrange the sum (`_arrangements.py`).
- `kernel_alignment_between` (`_alignment_between.py`): the alignment of two such kernels;
  `kernels_between` is what it compares.
- `recurrent_ntk` and `recurrent_kernel_alignment` (`_recurrent.py`): the same kernel of a vanilla
  recurrent network, with no gradient ever formed, and the alignment of two such kernels.
- `NeuralTangentsUnavailable` (`_neural_tangents.py`): raised where neural-tangents cannot be
  imported; that file holds all that current JAX needs in order to run neural-tangents 0.6.5.
"""

from ._alignment_between import KernelsBetween, Wrt, kernel_alignment_between, kernels_between
from ._empirical import empirical_ntk
from ._neural_tangents import NeuralTangentsUnavailable
from ._recurrent import recurrent_kernel_alignment, recurrent_ntk

__all__ = [
    "KernelsBetween",
    "NeuralTangentsUnavailable",
    "Wrt",
    "empirical_ntk",
    "kernel_alignment_between",
    "kernels_between",
    "recurrent_kernel_alignment",
    "recurrent_ntk",
]
