"""Experiments run one after the other, each kept in a study as it is finished."""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import richlazy_jax as rj
from richlazy_jax.studies import Wanted, create_study, environment_record

from .._whole import naming
from ._cell import CHECKPOINT_EVERY, CellDone, run_cell
from ._experiment import Experiment


def run_study(
    experiments: Sequence[Experiment],
    spec_text: str,
    study: Path,
    *,
    batch_runs: int | None = None,
    checkpoint_every: int = CHECKPOINT_EVERY,
    on_piece: Callable[[rj.Progress], None] = lambda progress: None,
    also: Sequence[Wanted] = (),
) -> Generator[CellDone, None, None]:
    """Run what is missing of a study, cell by cell.

    A study that is there grows to what is asked for now. A cell that fails is recorded in the study
    and the others go on; the next call tries it again. Processes that run one study at once share
    its cells. What is finished stays, whatever happens.

    Args:
        experiments: all that is asked for, in the order in which it is run.
        spec_text: the text it was read from, which the study keeps.
        study: the folder.
        batch_runs: as in `richlazy_jax.train_runs`.
        checkpoint_every: as in `run_cell`.
        on_piece: called with the progress of the cell in hand.
        also: what the study asks for besides, which is not run.

    Yields:
        A `CellDone` for each cell.

    Raises:
        ValueError: the folder is something else, or its cells would become meaningless, as
            `richlazy_jax.studies.create_study` has it.
        OSError: it cannot be written.
    """
    wanted = [*(each.wanted() for each in experiments), *also]
    with naming(study):
        create_study(study, spec_text, environment_record(), wanted)
    return (
        run_cell(
            study,
            experiment,
            batch_runs=batch_runs,
            checkpoint_every=checkpoint_every,
            on_piece=on_piece,
        )
        for experiment in experiments
    )
