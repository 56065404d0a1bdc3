"""Simulation: structured starts, networks, training, kernels and measures, in pure JAX.

Each folder says what is in it. All functions are pure, take explicit random keys and work under
jit, vmap and grad.

- `connectivity`: initial weights of chosen structure.
- `models`: Flax networks as pairs of pure functions.
- `training`: optax under `jax.lax.scan`.
- `kernels`: empirical neural tangent kernels.
- `measures`: how lazy learning was.
"""

from .connectivity import (
    aligned_weights,
    equal_singular_values,
    haar_orthonormal,
    weights_with_spectrum,
)
from .kernels import NeuralTangentsUnavailable, empirical_ntk
from .measures import (
    EffectiveRanks,
    blocked_kernel_alignment,
    effective_ranks,
    kernel_alignment,
    representation_alignment,
    sign_agreement,
    weight_change_norm,
)
from .models import MLP, Network, functional, mlp
from .training import (
    Trained,
    TrainingState,
    continue_training,
    full_batch,
    half_squared_error,
    minibatches,
    start_training,
    train,
)

__all__ = [
    "MLP",
    "EffectiveRanks",
    "Network",
    "NeuralTangentsUnavailable",
    "Trained",
    "TrainingState",
    "aligned_weights",
    "blocked_kernel_alignment",
    "continue_training",
    "effective_ranks",
    "empirical_ntk",
    "equal_singular_values",
    "full_batch",
    "functional",
    "haar_orthonormal",
    "half_squared_error",
    "kernel_alignment",
    "minibatches",
    "mlp",
    "representation_alignment",
    "sign_agreement",
    "start_training",
    "train",
    "weight_change_norm",
    "weights_with_spectrum",
]
