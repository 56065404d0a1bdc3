"""Recurrent networks trained from structured starts, and how lazily they learned.

- `_starts.py`: structures of the recurrent weights, each beside the Gaussian draw that is its null.
- `_setting.py`: what one experiment is, checked whole before it runs.
- `_train.py`: starts to trained networks to measures, as one labelled dataset for each task.
- `_spectra.py`: spectra and effective ranks of the starts.
- `_drawn_motifs.py`: motifs of the networks drawn, beside those asked for.
- `_store.py`: datasets on disk, whole or not at all.
"""

from ..findings import MEASURES
from ._drawn_motifs import DrawnMotif, drawn_motifs
from ._setting import KERNEL_WEIGHTS, NEW_FIELDS, OPTIMIZERS, Setting, low_rank_starts
from ._spectra import RANKS, spectra
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
)
from ._store import load, save, setting_differences
from ._train import LABELS, run_task

__all__ = [
    "KEPT",
    "KERNEL_WEIGHTS",
    "LABELS",
    "MEASURES",
    "NEW_FIELDS",
    "OPTIMIZERS",
    "RANKS",
    "CellTyped",
    "Dale",
    "DrawnMotif",
    "LowRank",
    "Motifs",
    "Null",
    "ParticipationRatio",
    "PowerLaw",
    "Setting",
    "Start",
    "Wired",
    "drawn_motifs",
    "load",
    "low_rank_starts",
    "run_task",
    "save",
    "setting_differences",
    "spectra",
]
