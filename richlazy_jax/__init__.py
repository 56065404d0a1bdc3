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
- `regimes`: whether its activity dies, settles, grows or is chaotic before it is trained.
- `forecasts`: what its kernel alignment will be, before a network is trained.
- `trained`: all measures of one network before and after training, in one call.
- `spectra`: what is known of matrices of any size; to import by its own name.
- `studies`: finished cells of a sweep, on disk; only `open_study` is here, and the others there.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# ruff: noqa: F403
if TYPE_CHECKING:
    from .connectivity import *
    from .connectomes import *
    from .connectomes import SHIPPED
    from .forecasts import *
    from .images import *
    from .kernels import *
    from .measures import *
    from .models import *
    from .nulls import *
    from .regimes import *
    from .studies import open_study as open_study
    from .tasks import *
    from .trained import *
    from .training import *

    SHIPPED_CONNECTOMES = SHIPPED
    __version__: str

# Every public name, by the package that it is from, which is imported when a first name of it is
# asked for. So nobody who reads a connectome waits for libraries of networks.
_NAMES = {
    "connectivity": (
        "CellTypes",
        "MeasuredMotifs",
        "MotifStatistics",
        "aligned_weights",
        "balanced_columns",
        "cell_type_counts",
        "cell_type_weights",
        "dale_weights",
        "equal_singular_values",
        "feed_forward_weights",
        "gaussian_weights",
        "haar_orthonormal",
        "identity_weights",
        "low_rank",
        "low_rank_plus_noise_weights",
        "low_rank_step",
        "mean_shifted_weights",
        "measured_motifs",
        "modular_weights",
        "motif_weights",
        "orthogonal_weights",
        "potjans_diesmann",
        "power_law_spectrum",
        "read_cell_types",
        "small_world_weights",
        "sonet_adjacency",
        "sparse_weights",
        "spectrum_of_participation_ratio",
        "symmetric_weights",
        "weights_with_spectrum",
        "with_norm_of",
        "without_leak",
        "with_singular_values",
        "with_spectral_radius_of",
    ),
    "connectomes": (
        "SHIPPED_CONNECTOMES",
        "Connectome",
        "Dominating",
        "chosen_nodes",
        "dominating_nodes",
        "gabaergic_signs",
        "read_classes",
        "read_connectome",
        "read_coordinates",
        "read_names",
        "read_signs",
        "receive_only",
        "resampled_weights",
        "shipped_connectome",
        "shuffled_weights",
        "subsampled_connectome",
    ),
    "forecasts": (
        "Descent",
        "Forecast",
        "descend",
        "fast_forward",
    ),
    "images": (
        "ImageSet",
        "digits_8x8",
        "image_set",
        "mnist_5k",
        "mnist_folder",
        "mnist_openml",
    ),
    "kernels": (
        "NeuralTangentsUnavailable",
        "empirical_ntk",
        "kernel_alignment_between",
        "recurrent_kernel_alignment",
        "recurrent_ntk",
    ),
    "measures": (
        "EffectiveRanks",
        "ReadoutAlignment",
        "SampledAlignment",
        "blocked_kernel_alignment",
        "effective_ranks",
        "kernel_alignment",
        "kernel_target_alignment",
        "readout_alignment",
        "representation_alignment",
        "sampled_kernel_alignment",
        "sign_agreement",
        "weight_change_norm",
    ),
    "models": (
        "MLP",
        "RNN",
        "Network",
        "SplitModule",
        "functional",
        "mlp",
        "rnn",
        "rnn_activity",
        "rnn_apply",
        "split_module",
    ),
    "nulls": ("NULLS", "null_weights"),
    "regimes": ("MATCHED", "REGIMES", "Regime", "lyapunov_exponents", "matched_scale", "regime"),
    "studies": ("open_study",),
    "tasks": (
        "ContextDecision",
        "DelayMatchToSample",
        "PerceptualDecision",
        "SequentialImages",
        "Task",
        "Trials",
        "decision_accuracy",
        "neurogym_task",
        "sequence_cross_entropy",
        "task_by_name",
    ),
    "trained": (
        "ActivityChange",
        "Change",
        "Laziness",
        "ParameterChange",
        "TrainedNetwork",
        "TrainedState",
        "laziness",
        "read_state",
        "trained_network",
    ),
    "training": (
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
    ),
}
_PLACES = {name: package for package, names in _NAMES.items() for name in names}
_CALLED_THERE = {"SHIPPED_CONNECTOMES": "SHIPPED"}

__all__ = sorted(_PLACES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        package = import_module(f".{_PLACES[name]}", __name__)
        found = globals()[name] = getattr(package, _CALLED_THERE.get(name, name))
        return found
    if name in _NAMES:
        return import_module(f".{name}", __name__)
    if name == "__version__":
        # As it was installed; pyproject.toml alone says it.
        return import_module("importlib.metadata").version("richlazy-jax")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
