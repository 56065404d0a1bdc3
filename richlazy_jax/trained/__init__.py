"""How lazily a network learned, from its parameters before and after: any network, in one call.

- `laziness` (`_measure.py`): all measures of one network.
- `Laziness` (`_record.py`): what it gives, as a sentence, a table, or plain data.
- `read_state`, `TrainedState` (`_state.py`): the arrays of a network in a file of another library;
  `_formats.py` has how each kind of file is read.
- `trained_network` (`_layouts.py`), `TrainedNetwork` (`_network.py`): a network of another library,
  known by the names of its arrays. `_leaky.py` has vanilla ones, by names that are told or known.
  `_torch.py`, `_keras.py`, `_flax.py` and `_haiku.py` find the recurrent layers of their libraries
  and `_dense.py` the fully connected ones, each as a `Layer` (`_layers.py`). `_chain.py` puts them
  together, and `_gated.py` runs them. `_keras_settings.py` has what a file of Keras says of its
  layers.
- `_loss.py`: the loss of outputs on targets.
- `_rows.py`: which outputs count, how much, and what they should have been.
- `_targets.py`: the alignment of a kernel with the targets.
- `_changes.py`: how weights and activity changed.
"""

from ._changes import ActivityChange, Change, ParameterChange
from ._gated import run_layer
from ._layouts import trained_network
from ._loss import mean_loss
from ._measure import laziness
from ._network import TrainedNetwork
from ._record import Laziness
from ._rows import Rows, rows_of, spread
from ._state import TrainedState, read_state
from ._targets import energy_along

__all__ = [
    "ActivityChange",
    "Change",
    "Laziness",
    "ParameterChange",
    "Rows",
    "TrainedNetwork",
    "TrainedState",
    "energy_along",
    "laziness",
    "mean_loss",
    "read_state",
    "rows_of",
    "run_layer",
    "spread",
    "trained_network",
]
