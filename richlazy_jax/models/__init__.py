"""Flax networks, as pairs of pure functions.

- `MLP`, `mlp` (`_mlp.py`): fully connected networks, linear, ReLU or tanh.
- `Network`, `functional` (`_functional.py`): any Flax NNX module as `init(key)` and
  `apply(params, x)`, which is what training, kernels and vmap want.
"""

from ._functional import Network, functional
from ._mlp import MLP, mlp

__all__ = ["MLP", "Network", "functional", "mlp"]
