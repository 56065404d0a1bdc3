"""The cells of a sweep, run one after the other and kept as they are finished."""

from collections.abc import Callable, Generator
from pathlib import Path

import richlazy_jax as rj
from richlazy_jax.studies import create_study, environment_record

from .._whole import naming
from ._cell import CHECKPOINT_EVERY, CellDone, run_cell
from ._cells import cells
from ._spec import SweepSpec


def run_sweep(
    spec: SweepSpec,
    spec_text: str,
    study: Path,
    *,
    batch_runs: int | None = None,
    checkpoint_every: int = CHECKPOINT_EVERY,
    on_piece: Callable[[rj.Progress], None] = lambda progress: None,
) -> Generator[CellDone, None, None]:
    """Run what is missing of a sweep, cell by cell.

    A cell that fails is recorded in the study and the others go on; the next call tries it again.
    Processes that run one sweep at once share its cells. What is finished stays, whatever happens.

    Args:
        spec: the sweep.
        spec_text: the text it was read from, which the study keeps.
        study: the folder.
        batch_runs: as in `richlazy_jax.train_runs`.
        checkpoint_every: as in `run_cell`.
        on_piece: called with the progress of the cell in hand.

    Yields:
        A `CellDone` for each cell, in the order of `cells`.

    Raises:
        ValueError: the folder is something else, or a study of another spec.
        OSError: it cannot be written.
    """
    grid = cells(spec)
    with naming(study):
        create_study(study, spec_text, environment_record())
    return (
        run_cell(
            study,
            setting,
            batch_runs=batch_runs,
            checkpoint_every=checkpoint_every,
            on_piece=on_piece,
        )
        for setting in grid
    )
