"""Training as pure functions on explicit state.

- `train`, `start_training`, `continue_training` (`_train.py`): any loss, any optax optimizer, under
  `jax.lax.scan`; vmap them over seeds.
- `full_batch`, `minibatches` (`_batches.py`): where the batches come from.
- `half_squared_error` (`_losses.py`).
"""

from ._batches import full_batch, minibatches
from ._losses import half_squared_error
from ._train import Trained, TrainingState, continue_training, start_training, train

__all__ = [
    "Trained",
    "TrainingState",
    "continue_training",
    "full_batch",
    "half_squared_error",
    "minibatches",
    "start_training",
    "train",
]
