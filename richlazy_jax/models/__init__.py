"""Flax networks, as pairs of pure functions.

- `MLP`, `mlp` (`_mlp.py`): fully connected networks, linear, ReLU or tanh.
- `RNN`, `rnn`, `rnn_apply`, `rnn_activity` (`_rnn.py`): the recurrent network of the paper.
- `Network`, `functional` (`_functional.py`): any Flax NNX module as `init(key)` and
  `apply(params, x)`, which is what training, kernels and vmap want.
"""

from ._functional import Network, functional
from ._mlp import MLP, mlp
from ._rnn import RNN, RNN_ACTIVATIONS, rnn, rnn_activity, rnn_apply

__all__ = [
    "MLP",
    "RNN",
    "RNN_ACTIVATIONS",
    "Network",
    "functional",
    "mlp",
    "rnn",
    "rnn_activity",
    "rnn_apply",
]
