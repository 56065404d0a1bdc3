"""One cell of a sweep: claimed, computed and kept."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

import richlazy_jax as rj
from richlazy_jax.studies import (
    cell_hash,
    checkpoint_folder,
    claim_cell,
    read_cell,
    record_failure,
    write_cell,
)

from .._signals import after_this
from .._whole import naming
from ..linear import LinearSetting, run_linear
from ..recurrent import run_task
from ._spec import CellSetting

# A cell at its default size makes ten times as many updates, in minutes.
CHECKPOINT_EVERY = 1000


class CellDone(NamedTuple):
    """What became of one cell.

    - `hash`: its name in the study.
    - `setting`: what it is.
    - `status`: "run" now; "found", as it was there; "elsewhere", as another process has it; or
      "failed".
    - `error`: the first line of what went wrong, empty if nothing did.
    """

    hash: str
    setting: CellSetting
    status: str
    error: str


def run_cell(
    study: Path,
    setting: CellSetting,
    *,
    batch_runs: int | None = None,
    checkpoint_every: int = CHECKPOINT_EVERY,
    piece: int = 200,
    on_piece: Callable[[rj.Progress], None] = lambda progress: None,
) -> CellDone:
    """Compute a cell and keep it, unless it is there or another process has it in hand.

    A cell that fails is recorded in the study. Training that was cut off goes on from its last
    checkpoint in the study and gives the numbers that it would have given. Linear networks take
    seconds, and have neither checkpoints nor progress.

    Args:
        study: the folder.
        setting: what the cell is.
        batch_runs: as in `richlazy_jax.train_runs`.
        checkpoint_every: updates between two checkpoints. A cell with no more has none.
        piece: updates between two reports; checkpoints are made at the end of one.
        on_piece: called with the progress of training.

    Raises:
        OSError: the study cannot be written. A disk that is full is full for all cells.
    """
    record = setting.record()

    def computed() -> xr.Dataset:
        if isinstance(setting, LinearSetting):
            dataset = run_linear(setting, batch_runs=batch_runs)
        else:
            kept = rj.Checkpoints(checkpoint_folder(study, cell_hash(record)), checkpoint_every)
            dataset = run_task(
                setting,
                piece=piece,
                batch_runs=batch_runs,
                on_piece=on_piece,
                checkpoints=kept,
            )
        # A cell has one start, which needs no axis.
        return dataset.squeeze("start")

    return kept_cell(study, setting, record, computed)


def kept_cell(
    study: Path,
    setting: CellSetting,
    record: Mapping[str, Any],
    computed: Callable[[], xr.Dataset],
) -> CellDone:
    """A cell that is computed and kept, unless it is there or another process has it in hand.

    Args:
        study: the folder.
        setting: what the cell is.
        record: all that decides its numbers, by which it is known in the study.
        computed: called for them. If it fails, that is recorded in the study.

    Raises:
        OSError: the study cannot be written.
    """
    name = cell_hash(record)
    if read_cell(study, name) is not None:
        return CellDone(name, setting, "found", "")
    with claim_cell(study, name) as mine:
        if not mine:
            return CellDone(name, setting, "elsewhere", "")
        try:
            dataset = computed()
        # That of a checkpoint, which is written like a cell.
        except OSError:
            raise
        # Of any other kind: a cell that fails must not take the others with it.
        except Exception as error:
            return failed_cell(study, name, setting, error)
        with after_this(), naming(study):
            write_cell(study, record, dataset)
    return CellDone(name, setting, "run", "")


def failed_cell(study: Path, name: str, setting: CellSetting, error: Exception) -> CellDone:
    """A cell that failed, recorded in the study by its name there."""
    record_failure(study, name, error)
    return CellDone(name, setting, "failed", f"{type(error).__name__}: {error}".splitlines()[0])
