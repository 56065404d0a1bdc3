"""The cells of a sweep, run one after the other and kept as they are finished."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

import richlazy_jax as rj
from richlazy_jax.studies import (
    cell_hash,
    claim_cell,
    create_study,
    environment_record,
    read_cell,
    record_failure,
    write_cell,
)

from ..recurrent import Setting, run_task
from ..recurrent._train import network_of
from ._cells import cells
from ._spec import SweepSpec


class CellDone(NamedTuple):
    """What became of one cell.

    - `hash`: its name in the study.
    - `setting`: what it is.
    - `status`: "run" now; "found", as it was there; "elsewhere", as another process has it; or
      "failed".
    - `error`: the first line of what went wrong, empty if nothing did.
    """

    hash: str
    setting: Setting
    status: str
    error: str


def run_sweep(
    spec: SweepSpec,
    spec_text: str,
    study: Path,
    *,
    batch_runs: int | None = None,
    on_piece: Callable[[rj.Progress], None] = lambda progress: None,
) -> Iterator[CellDone]:
    """Run what is missing of a sweep, cell by cell.

    A cell that fails is recorded in the study and the others go on; the next call tries it again.
    Processes that run one sweep at once share its cells. What is finished stays, whatever happens.

    Args:
        spec: the sweep.
        spec_text: the text it was read from, which the study keeps.
        study: the folder.
        batch_runs: as in `richlazy_jax.train_runs`.
        on_piece: called with the progress of the cell in hand.

    Yields:
        A `CellDone` for each cell, in the order of `cells`.

    Raises:
        ValueError: the folder is something else, or a study of another spec.
        OSError: it cannot be written.
    """
    create_study(study, spec_text, environment_record())
    return _done(spec, study, batch_runs, on_piece)


def _done(
    spec: SweepSpec, study: Path, batch_runs: int | None, on_piece: Callable[[rj.Progress], None]
) -> Iterator[CellDone]:
    for setting in cells(spec):
        record = setting.record()
        name = cell_hash(record)
        if read_cell(study, name) is not None:
            yield CellDone(name, setting, "found", "")
            continue
        status, message = "elsewhere", ""
        with claim_cell(study, name) as mine:
            if mine:
                status, message = _run(study, name, record, setting, batch_runs, on_piece)
        yield CellDone(name, setting, status, message)


def _run(
    study: Path,
    name: str,
    record: dict[str, Any],
    setting: Setting,
    batch_runs: int | None,
    on_piece: Callable[[rj.Progress], None],
) -> tuple[str, str]:
    try:
        # A cell has one start, which needs no axis.
        dataset = run_task(setting, batch_runs=batch_runs, on_piece=on_piece).squeeze("start")
    # Of any kind: a cell that fails must not take the others with it.
    except Exception as error:
        record_failure(study, name, error)
        return "failed", f"{type(error).__name__}: {error}".splitlines()[0]
    # A disk that is full is full for all cells, so that its error is passed on.
    write_cell(study, record, dataset)
    return "run", ""


def seconds_per_update(setting: Setting, updates: int = 30) -> float:
    """How long one network takes for one update, from a short measurement on one device.

    Compiling is left out. The measures at the end of a cell are not in it.

    Args:
        setting: which network and task.
        updates: how many are timed.
    """
    task = setting.made_task()
    network = network_of(setting)

    def loss(params: Any, trials: rj.Trials) -> Any:
        return rj.sequence_cross_entropy(network.apply(params, trials.inputs), trials)

    optimizer = optax.sgd(setting.learning_rate, momentum=setting.momentum)
    key = jax.random.key(0)

    @jax.jit
    def some(params: Any) -> Any:
        trained = rj.train(
            loss, params, optimizer, lambda k: task.sample(k, setting.batch), key, updates
        )
        return trained.losses

    params = jax.tree.map(jnp.asarray, network.init(key))
    jax.block_until_ready(some(params))
    start = time.perf_counter()
    jax.block_until_ready(some(params))
    return (time.perf_counter() - start) / updates
