"""Kernels of finite networks.

- `empirical_ntk` (`_empirical.py`): the neural tangent kernel of any function `apply(params, x)`,
  by one of four interchangeable implementations.
- `recurrent_ntk` and `recurrent_kernel_alignment` (`_recurrent.py`): the same kernel of a vanilla
  recurrent network, with no gradient ever formed, and the alignment of two such kernels.
- `NeuralTangentsUnavailable` (`_neural_tangents.py`): raised where neural-tangents cannot be
  imported; that file holds all that current JAX needs in order to run neural-tangents 0.6.5.
"""

from ._empirical import empirical_ntk
from ._neural_tangents import NeuralTangentsUnavailable
from ._recurrent import recurrent_kernel_alignment, recurrent_ntk

__all__ = [
    "NeuralTangentsUnavailable",
    "empirical_ntk",
    "recurrent_kernel_alignment",
    "recurrent_ntk",
]
