"""Simulation: structured starts, networks, training, kernels and measures, in pure JAX.

Each folder says what is in it. All functions are pure, take explicit random keys and work under
jit, vmap and grad.

- `connectivity`: initial weights of chosen structure.
- `models`: Flax networks as pairs of pure functions.
- `tasks`: what recurrent networks are trained on.
- `training`: optax under `jax.lax.scan`, many runs at once.
- `kernels`: empirical neural tangent kernels.
- `measures`: how lazy learning was.
"""

from .connectivity import (
    aligned_weights,
    equal_singular_values,
    haar_orthonormal,
    low_rank,
    power_law_spectrum,
    spectrum_of_participation_ratio,
    weights_with_spectrum,
    with_singular_values,
)
from .kernels import (
    NeuralTangentsUnavailable,
    empirical_ntk,
    recurrent_kernel_alignment,
    recurrent_ntk,
)
from .measures import (
    EffectiveRanks,
    blocked_kernel_alignment,
    effective_ranks,
    kernel_alignment,
    representation_alignment,
    sign_agreement,
    weight_change_norm,
)
from .models import (
    MLP,
    RNN,
    Network,
    functional,
    mlp,
    rnn,
    rnn_activity,
    rnn_apply,
)
from .tasks import (
    ContextDecision,
    DelayMatchToSample,
    PerceptualDecision,
    Task,
    Trials,
    decision_accuracy,
    neurogym_task,
    sequence_cross_entropy,
    task_by_name,
)
from .training import (
    Progress,
    Trained,
    TrainingState,
    continue_training,
    full_batch,
    half_squared_error,
    minibatches,
    start_training,
    train,
    train_runs,
)

__all__ = [
    "MLP",
    "RNN",
    "ContextDecision",
    "DelayMatchToSample",
    "EffectiveRanks",
    "Network",
    "NeuralTangentsUnavailable",
    "PerceptualDecision",
    "Progress",
    "Task",
    "Trained",
    "TrainingState",
    "Trials",
    "aligned_weights",
    "blocked_kernel_alignment",
    "continue_training",
    "decision_accuracy",
    "effective_ranks",
    "empirical_ntk",
    "equal_singular_values",
    "full_batch",
    "functional",
    "haar_orthonormal",
    "half_squared_error",
    "kernel_alignment",
    "low_rank",
    "minibatches",
    "mlp",
    "neurogym_task",
    "power_law_spectrum",
    "recurrent_kernel_alignment",
    "recurrent_ntk",
    "representation_alignment",
    "rnn",
    "rnn_activity",
    "rnn_apply",
    "sequence_cross_entropy",
    "sign_agreement",
    "spectrum_of_participation_ratio",
    "start_training",
    "task_by_name",
    "train",
    "train_runs",
    "weight_change_norm",
    "weights_with_spectrum",
    "with_singular_values",
]
