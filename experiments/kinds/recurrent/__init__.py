"""Recurrent networks trained from structured starts, and how lazily they learned.

- `_starts.py`: structures of the recurrent weights, each beside the Gaussian draw that is its null.
- `_more_starts.py`: those of the field that the paper does not have.
- `_leaky_starts.py`: those that undo what the leak of a unit adds.
- `_setting.py`: what one experiment is, checked whole before it runs.
- `_kept.py`: what of a network stays as it is while it learns.
- `_nodes.py`: which units get input or are read out.
- `_train.py`: starts to trained networks.
- `_measure.py`: how lazily they learned, and how well.
- `_regimes.py`: in which regime they started.
- `_run.py`: both, as one labelled dataset.
- `_drawn_motifs.py`: motifs of the networks drawn, beside those asked for.
- `_tasks.py`: tasks by name, and those of a user's own.
- `_parts.py`: what a specification may name, and how it is made.
- `_reading.py`: what it says of the file of a connectome.
- `_looks.py`: networks measured on their way through training.
"""

from ...findings import MEASURES
from ._drawn_motifs import DrawnMotif, drawn_motifs
from ._kept import KEPT_OF_WEIGHTS, as_network, held, started
from ._leaky_starts import LowRankStep, WithoutLeak
from ._looks import OF_WEIGHTS, Looks
from ._measure import KERNEL_BLOCK, laziness, test_accuracy
from ._more_starts import (
    FeedForward,
    Identity,
    LowRankPlusNoise,
    MeanShifted,
    Modular,
    Orthogonal,
    SmallWorld,
    Sparse,
    Symmetric,
)
from ._nodes import Nodes
from ._parts import IMAGE_SETS, LINEAR_KINDS, LOW_RANK_KINDS, NODES, TASKS
from ._reading import reading_arguments
from ._run import LABELS, RANKS, dataset_attributes, measured, run_task
from ._setting import KERNEL_WEIGHTS, OPTIMIZERS, Setting, images_digest, low_rank_starts
from ._starts import (
    KEPT,
    CellTyped,
    Dale,
    LowRank,
    Motifs,
    Null,
    ParticipationRatio,
    PowerLaw,
    Start,
    Wired,
    require_starts,
    with_ranks,
)
from ._tasks import COGNITIVE, SEQUENTIAL, NeuroGym
from ._train import (
    Learning,
    flat,
    held_keys,
    initial_params,
    learning_of,
    network_of,
    scores,
    seed_keys,
    train_starts,
)

__all__ = [
    "COGNITIVE",
    "IMAGE_SETS",
    "KEPT",
    "KEPT_OF_WEIGHTS",
    "KERNEL_BLOCK",
    "KERNEL_WEIGHTS",
    "LABELS",
    "LINEAR_KINDS",
    "LOW_RANK_KINDS",
    "MEASURES",
    "NODES",
    "OF_WEIGHTS",
    "OPTIMIZERS",
    "RANKS",
    "SEQUENTIAL",
    "TASKS",
    "CellTyped",
    "Dale",
    "DrawnMotif",
    "FeedForward",
    "Identity",
    "Learning",
    "Looks",
    "LowRank",
    "LowRankPlusNoise",
    "LowRankStep",
    "MeanShifted",
    "Modular",
    "Motifs",
    "NeuroGym",
    "Nodes",
    "Null",
    "Orthogonal",
    "ParticipationRatio",
    "PowerLaw",
    "Setting",
    "SmallWorld",
    "Sparse",
    "Start",
    "Symmetric",
    "Wired",
    "WithoutLeak",
    "as_network",
    "dataset_attributes",
    "drawn_motifs",
    "flat",
    "held",
    "held_keys",
    "images_digest",
    "initial_params",
    "laziness",
    "learning_of",
    "low_rank_starts",
    "measured",
    "network_of",
    "reading_arguments",
    "require_starts",
    "run_task",
    "scores",
    "seed_keys",
    "started",
    "test_accuracy",
    "train_starts",
    "with_ranks",
]
