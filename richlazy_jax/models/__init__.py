"""Flax networks, as pairs of pure functions.

- `MLP`, `mlp` (`_mlp.py`): fully connected networks, linear, ReLU or tanh.
- `RNN`, `rnn`, `rnn_apply`, `rnn_activity` (`_rnn.py`): the recurrent network of the paper, and
  with biases, trained initial state, noise and other forms of the leak.
- `Recurrence` and the functions beside it (`_recurrence.py`): what a step of such a network does,
  for kernels that go through the steps themselves.
- `Network`, `functional`, `split_module` (`_functional.py`): any Flax NNX module as `init(key)` and
  `apply(params, x)`, which is what training, kernels and vmap want; or one that is trained.
"""

from ._functional import Network, SplitModule, functional, split_module
from ._mlp import MLP, mlp
from ._recurrence import (
    LEAK_FORMS,
    RNN_ACTIVATIONS,
    WEIGHTS,
    Recurrence,
    advance,
    drive_of,
    one_step,
    process_noise,
    rates_of,
    recurrence,
    relaxed,
    run_states,
    starting_state,
    states_and_nets,
)
from ._rnn import INITIAL_STATES, OUTPUTS, RNN, rnn, rnn_activity, rnn_apply
from ._through import PRECISIONS, require_precision, through

__all__ = [
    "INITIAL_STATES",
    "LEAK_FORMS",
    "MLP",
    "OUTPUTS",
    "PRECISIONS",
    "RNN",
    "RNN_ACTIVATIONS",
    "WEIGHTS",
    "Network",
    "Recurrence",
    "SplitModule",
    "advance",
    "drive_of",
    "functional",
    "mlp",
    "one_step",
    "process_noise",
    "rates_of",
    "recurrence",
    "relaxed",
    "require_precision",
    "rnn",
    "rnn_activity",
    "rnn_apply",
    "run_states",
    "split_module",
    "starting_state",
    "states_and_nets",
    "through",
]
