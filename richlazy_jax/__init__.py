"""Simulation: structured starts, networks, training, kernels and measures, in pure JAX.

Each folder says what is in it. All functions are pure, take explicit random keys and work under
jit, vmap and grad.

- `connectivity`: initial weights of chosen structure.
- `connectomes`: measured wiring diagrams, shipped or of the user's.
- `nulls`: random connectomes that keep some of what a measured one has.
- `images`: MNIST, and sets that stand in for it.
- `models`: Flax networks as pairs of pure functions.
- `tasks`: what recurrent networks are trained on.
- `training`: optax under `jax.lax.scan`, many runs at once.
- `kernels`: empirical neural tangent kernels.
- `measures`: how lazy learning was.
- `forecasts`: what its kernel alignment will be, before a network is trained.
- `trained`: all measures of one network before and after training, in one call.
- `studies`: finished cells of a sweep, on disk; only `open_study` is here, and the others there.
"""

from typing import TYPE_CHECKING, Any

from .connectivity import (
    CellTypes,
    MeasuredMotifs,
    MotifStatistics,
    aligned_weights,
    balanced_columns,
    cell_type_counts,
    cell_type_weights,
    dale_weights,
    equal_singular_values,
    gaussian_weights,
    haar_orthonormal,
    low_rank,
    low_rank_plus_noise_weights,
    mean_shifted_weights,
    measured_motifs,
    modular_weights,
    motif_weights,
    orthogonal_weights,
    potjans_diesmann,
    power_law_spectrum,
    read_cell_types,
    small_world_weights,
    sonet_adjacency,
    sparse_weights,
    spectrum_of_participation_ratio,
    symmetric_weights,
    weights_with_spectrum,
    with_norm_of,
    with_singular_values,
    with_spectral_radius_of,
)
from .connectomes import SHIPPED as SHIPPED_CONNECTOMES
from .connectomes import (
    Connectome,
    Dominating,
    dominating_nodes,
    gabaergic_signs,
    read_connectome,
    read_signs,
    receive_only,
    resampled_weights,
    shipped_connectome,
    shuffled_weights,
)
from .forecasts import Descent, Forecast, descend, fast_forward
from .images import ImageSet, digits_8x8, image_set, mnist_5k, mnist_folder, mnist_openml
from .kernels import (
    NeuralTangentsUnavailable,
    empirical_ntk,
    kernel_alignment_between,
    recurrent_kernel_alignment,
    recurrent_ntk,
)
from .measures import (
    EffectiveRanks,
    SampledAlignment,
    blocked_kernel_alignment,
    effective_ranks,
    kernel_alignment,
    representation_alignment,
    sampled_kernel_alignment,
    sign_agreement,
    weight_change_norm,
)
from .models import (
    MLP,
    RNN,
    Network,
    SplitModule,
    functional,
    mlp,
    rnn,
    rnn_activity,
    rnn_apply,
    split_module,
)
from .nulls import NULLS, null_weights
from .tasks import (
    ContextDecision,
    DelayMatchToSample,
    PerceptualDecision,
    SequentialImages,
    Task,
    Trials,
    decision_accuracy,
    neurogym_task,
    sequence_cross_entropy,
    task_by_name,
)
from .trained import (
    ActivityChange,
    Change,
    Laziness,
    ParameterChange,
    TrainedNetwork,
    TrainedState,
    laziness,
    read_state,
    trained_network,
)
from .training import (
    BrokenCheckpointWarning,
    CheckpointError,
    Checkpoints,
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

if TYPE_CHECKING:
    from .studies import open_study

__all__ = [
    "MLP",
    "NULLS",
    "RNN",
    "SHIPPED_CONNECTOMES",
    "ActivityChange",
    "BrokenCheckpointWarning",
    "CellTypes",
    "Change",
    "CheckpointError",
    "Checkpoints",
    "Connectome",
    "ContextDecision",
    "DelayMatchToSample",
    "Descent",
    "Dominating",
    "EffectiveRanks",
    "Forecast",
    "ImageSet",
    "Laziness",
    "MeasuredMotifs",
    "MotifStatistics",
    "Network",
    "NeuralTangentsUnavailable",
    "ParameterChange",
    "PerceptualDecision",
    "Progress",
    "SampledAlignment",
    "SequentialImages",
    "SplitModule",
    "Task",
    "Trained",
    "TrainedNetwork",
    "TrainedState",
    "TrainingState",
    "Trials",
    "aligned_weights",
    "balanced_columns",
    "blocked_kernel_alignment",
    "cell_type_counts",
    "cell_type_weights",
    "continue_training",
    "dale_weights",
    "decision_accuracy",
    "descend",
    "digits_8x8",
    "dominating_nodes",
    "effective_ranks",
    "empirical_ntk",
    "equal_singular_values",
    "fast_forward",
    "full_batch",
    "functional",
    "gabaergic_signs",
    "gaussian_weights",
    "haar_orthonormal",
    "half_squared_error",
    "image_set",
    "kernel_alignment",
    "kernel_alignment_between",
    "laziness",
    "low_rank",
    "low_rank_plus_noise_weights",
    "mean_shifted_weights",
    "measured_motifs",
    "minibatches",
    "mlp",
    "mnist_5k",
    "mnist_folder",
    "mnist_openml",
    "modular_weights",
    "motif_weights",
    "neurogym_task",
    "null_weights",
    "open_study",
    "orthogonal_weights",
    "potjans_diesmann",
    "power_law_spectrum",
    "read_cell_types",
    "read_connectome",
    "read_signs",
    "read_state",
    "receive_only",
    "recurrent_kernel_alignment",
    "recurrent_ntk",
    "representation_alignment",
    "resampled_weights",
    "rnn",
    "rnn_activity",
    "rnn_apply",
    "sampled_kernel_alignment",
    "sequence_cross_entropy",
    "shipped_connectome",
    "shuffled_weights",
    "sign_agreement",
    "small_world_weights",
    "sonet_adjacency",
    "sparse_weights",
    "spectrum_of_participation_ratio",
    "split_module",
    "start_training",
    "symmetric_weights",
    "task_by_name",
    "train",
    "train_runs",
    "trained_network",
    "weight_change_norm",
    "weights_with_spectrum",
    "with_norm_of",
    "with_singular_values",
    "with_spectral_radius_of",
]


def __getattr__(name: str) -> Any:
    # It needs xarray, whose import takes longer than all of ours, and most programs do without.
    if name == "open_study":
        from .studies import open_study

        return open_study
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
