"""Recurrent networks trained from structured starts, and how lazily they learned.

- `_starts.py`: structures of the recurrent weights, each beside the Gaussian draw that is its null.
- `_setting.py`: what one experiment is, checked whole before it runs.
- `_train.py`: starts to trained networks to measures, as one labelled dataset for each task.
- `_spectra.py`: spectra and effective ranks of the starts.
- `_drawn_motifs.py`: motifs of the networks drawn, beside those asked for.
- `_store.py`: datasets on disk, whole or not at all.
- `_trend.py`: does a measure rise or fall with rank?
- `_contrast.py`: does a structure differ from its null?
"""

from ._contrast import Contrast, contrast, holm
from ._drawn_motifs import DrawnMotif, drawn_motifs
from ._setting import KERNEL_WEIGHTS, MEASURES, OPTIMIZERS, Setting, low_rank_starts
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
from ._train import run_task
from ._trend import Trend, rank_trends

__all__ = [
    "KEPT",
    "KERNEL_WEIGHTS",
    "MEASURES",
    "OPTIMIZERS",
    "RANKS",
    "CellTyped",
    "Contrast",
    "Dale",
    "DrawnMotif",
    "LowRank",
    "Motifs",
    "Null",
    "ParticipationRatio",
    "PowerLaw",
    "Setting",
    "Start",
    "Trend",
    "Wired",
    "contrast",
    "drawn_motifs",
    "holm",
    "load",
    "low_rank_starts",
    "rank_trends",
    "run_task",
    "save",
    "setting_differences",
    "spectra",
]
