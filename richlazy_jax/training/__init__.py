"""Training as pure functions on explicit state.

- `train`, `start_training`, `continue_training` (`_train.py`): any loss, any optax optimizer, under
  `jax.lax.scan`; vmap them over seeds.
- `train_runs` (`_runs.py`): many networks in one program on many devices (`_spread.py`), in pieces.
- `Checkpoints` (`_checkpoints.py`): training kept on disk while it goes on.
- `full_batch`, `minibatches` (`_batches.py`): where the batches come from.
- `half_squared_error` (`_losses.py`).
- `projected`, `weight_bounds` (`_projected.py`): updates that end within what is allowed.
"""

from ._batches import full_batch, minibatches
from ._checkpoints import BrokenCheckpointWarning, CheckpointError, Checkpoints
from ._losses import half_squared_error
from ._projected import Bounds, Projected, projected, weight_bounds
from ._runs import Progress, train_runs
from ._train import Trained, TrainingState, continue_training, start_training, train

__all__ = [
    "Bounds",
    "BrokenCheckpointWarning",
    "CheckpointError",
    "Checkpoints",
    "Progress",
    "Projected",
    "Trained",
    "TrainingState",
    "continue_training",
    "full_batch",
    "half_squared_error",
    "minibatches",
    "projected",
    "start_training",
    "train",
    "train_runs",
    "weight_bounds",
]
