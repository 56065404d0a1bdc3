"""Recurrent networks trained from structured starts, and how lazily they learned.

- `_setting.py`: what one experiment is, checked whole before it runs.
- `_train.py`: starts to trained networks to measures, as one labelled dataset for each task.
- `_store.py`: datasets on disk, whole or not at all.
- `_trend.py`: does a measure rise or fall with rank?
"""

from ._setting import MEASURES, Setting
from ._store import load, save, setting_differences
from ._train import run_task
from ._trend import Trend, rank_trends

__all__ = [
    "MEASURES",
    "Setting",
    "Trend",
    "load",
    "rank_trends",
    "run_task",
    "save",
    "setting_differences",
]
