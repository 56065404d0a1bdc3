"""The cells of a study, run on the workers of a dask cluster."""

import collections
import concurrent.futures
import contextlib
import os
import queue
import time
import urllib.parse
import uuid
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import jax

import richlazy_jax as rj
from richlazy_jax.studies import (
    Wanted,
    create_study,
    environment_record,
    read_cell,
)

from .._whole import naming
from ._cell import CHECKPOINT_EVERY, CellDone, failed_cell
from ._experiment import Experiment

# How long to wait for news before looking whether workers came or went.
_LOOK_SECONDS = 0.5
# Until a cell is asked for again that a worker may still have which is believed dead.
_AGAIN_SECONDS = 5.0
# Dask starts its own workers again in seconds. Those of a scheduler may wait in a batch queue.
_WITHOUT_WORKERS_SECONDS = 120.0


def run_distributed(
    experiments: Sequence[Experiment],
    spec_text: str,
    study: Path,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    retries: int = 2,
    batch_runs: int | None = None,
    checkpoint_every: int = CHECKPOINT_EVERY,
    on_piece: Callable[[rj.Progress], None] = lambda progress: None,
    also: Sequence[Wanted] = (),
) -> Generator[CellDone, None, None]:
    """Run what is missing of a study on dask workers, each with one cell at a time.

    A cell that fails is recorded in the study and tried again, and so is one whose worker dies; it
    goes on from its last checkpoint. After `retries` of these it is reported as failed, and the
    others go on. Where a cell's worker is believed dead but still has the cell, it is asked for
    until it is there. What is finished stays, whatever happens, and other processes may
    share the study, as in `run_study`.

    Closing the iterator stops the cells in hand when they next report progress. Workers that were
    started here end at once.

    Args:
        experiments: all that is asked for.
        spec_text: the text it was read from, which the study keeps.
        study: the folder, which all workers see under this path.
        scheduler: the address of a scheduler that runs, such as "tcp://host:8786". Workers may
            come and go; where there are none, they are waited for.
        workers: or else how many processes to start on this machine. Each has its share of the
            cores, and no more are started than cells are missing.
        retries: how often a cell is tried again.
        batch_runs: as in `richlazy_jax.train_runs`.
        checkpoint_every: as in `run_cell`.
        on_piece: called with the progress of the cells in hand, one after the other, in the thread
            that iterates.
        also: as in `run_study`.

    Yields:
        A `CellDone` for each cell: those that are there, and then the others as they are finished.

    Raises:
        ValueError: an argument is not as described above, the package `distributed` is not
            installed, or the folder is something else, as in `run_study`.
        OSError: the study cannot be written, here or on a worker. As ConnectionError: the scheduler
            does not answer or is lost, or a worker does not see the study or has another version of
            this package or another precision.
    """
    _require_one(scheduler, workers, retries)
    dask = _dask()
    grid, wanted = list(experiments), [*(each.wanted() for each in experiments), *also]
    study = study.absolute()
    if scheduler is None:
        with naming(study):
            create_study(study, spec_text, environment_record(), wanted)
    else:
        with dask.scheduler_client(scheduler) as client:
            there = dask.addresses_of(client)
            with naming(study):
                create_study(study, spec_text, dask.environment_of(client, there), wanted)
            dask.require_fit(client, there, study)
    how = {"batch_runs": batch_runs, "checkpoint_every": checkpoint_every}
    name = f"richlazy-{uuid.uuid4().hex}"
    plugin = dask.CellsOfSweep(name, grid, study, how)
    return _cells_done(dask, grid, plugin, scheduler, workers, retries, on_piece)


def _cells_done(
    dask: ModuleType,
    grid: Sequence[Experiment],
    plugin: Any,
    scheduler: str | None,
    workers: int | None,
    retries: int,
    on_piece: Callable[[rj.Progress], None],
) -> Generator[CellDone, None, None]:
    """What is there, and then what the workers make."""
    missing = []
    for index, setting in enumerate(grid):
        wanted = setting.wanted()
        there = read_cell(plugin.study, wanted.hash)
        if there is None or wanted.lacks(there):
            missing.append(index)
        else:
            yield CellDone(wanted.hash, setting, "found", "")
    if not missing:
        return
    with contextlib.ExitStack() as stack:
        keeping = None
        if scheduler is None:
            ours = dask.local_client(min(workers or 1, len(missing)))
            client, keeping = stack.enter_context(ours)
        else:
            client = stack.enter_context(dask.scheduler_client(scheduler))
        news = stack.enter_context(dask.workers_told(client, plugin))
        yield from _run(dask, client, keeping, plugin, grid, missing, retries, news, on_piece)


class _InHand(NamedTuple):
    """A cell that a worker has."""

    index: int  # pyright: ignore[reportIncompatibleMethodOverride]
    future: Any


def _run(
    dask: ModuleType,
    client: Any,
    keeping: "concurrent.futures.Future[None] | None",
    plugin: Any,
    grid: Sequence[Experiment],
    missing: Sequence[int],
    retries: int,
    news: "queue.SimpleQueue[rj.Progress | None]",
    on_piece: Callable[[rj.Progress], None],
) -> Generator[CellDone, None, None]:
    """Give cells to workers that have none, until all are finished."""
    # Each with the time from when on it may be asked for.
    waiting = collections.deque((0.0, index) for index in missing)
    in_hand: dict[str, _InHand] = {}
    attempts: collections.Counter[int] = collections.Counter()
    failed: collections.Counter[int] = collections.Counter()
    bereft: set[int] = set()
    fit: set[str] = set()
    last_seen = time.monotonic()
    while waiting or in_hand:
        there = dask.addresses_of(client)
        last_seen = time.monotonic() if there else last_seen
        if keeping is not None:
            if keeping.done():
                # It raises what kept the workers from starting.
                keeping.result()
            if time.monotonic() - last_seen > _WITHOUT_WORKERS_SECONDS:
                raise ConnectionError("all workers have died, and none could be started again")
        over = {
            address: found
            for address, cell in in_hand.items()
            if (found := dask.outcome(cell.future, address in there)) is not None
        }
        for address, found in over.items():
            index, future = in_hand.pop(address)
            future.cancel()
            setting = grid[index]
            done = _done(plugin.study, setting, found)
            if isinstance(found, dask.WorkerDied):
                bereft.add(index)
            failed[index] += done.status == "failed"
            again = done.status == "failed" and failed[index] <= retries
            # A worker that is shut down in good order stops its cell, which is no fault of either.
            if again or done.status == "stopped":
                waiting.append((0.0, index))
            elif done.status == "elsewhere" and index in bereft:
                # Perhaps with that worker, which is then not as dead as it seemed.
                waiting.append((time.monotonic() + _AGAIN_SECONDS, index))
            else:
                yield done
        fit = (fit & there) | dask.require_fit(client, there - fit, plugin.study)
        for address in sorted(fit - in_hand.keys()):
            index = _next_due(waiting)
            if index is None:
                break
            attempts[index] += 1
            future = dask.begin(client, news, (plugin.name, index), attempts[index], address)
            in_hand[address] = _InHand(index, future)
        _hear(news, on_piece)


def _done(study: Path, setting: Experiment, found: tuple[str, str] | Exception) -> CellDone:
    """What became of a cell, which is recorded here where its worker could not."""
    wanted = setting.wanted()
    name = wanted.hash
    if not isinstance(found, Exception):
        return CellDone(name, setting, *found)
    # Its worker may have finished it and died, or been lost, before it could say so.
    there = read_cell(study, name)
    if there is not None and not wanted.lacks(there):
        return CellDone(name, setting, "run", "")
    return failed_cell(study, name, setting, found)


def _next_due(waiting: "collections.deque[tuple[float, int]]") -> int | None:
    """Take the first cell that may be asked for now."""
    now = time.monotonic()
    for place, (since, index) in enumerate(waiting):
        if since <= now:
            del waiting[place]
            return index
    return None


def _hear(
    news: "queue.SimpleQueue[rj.Progress | None]", on_piece: Callable[[rj.Progress], None]
) -> None:
    """Wait for news, for a moment, and pass on the progress in them."""
    with contextlib.suppress(queue.Empty):
        progress = news.get(timeout=_LOOK_SECONDS)
        while True:
            if progress is not None:
                on_piece(progress)
            progress = news.get_nowait()


def _require_one(scheduler: str | None, workers: int | None, retries: int) -> None:
    if (scheduler is None) == (workers is None):
        raise ValueError(
            f"scheduler is {scheduler!r} and workers is {workers}; allowed is one of them."
        )
    most = max(16, 4 * (os.cpu_count() or 1))
    if workers is not None and not 1 <= workers <= most:
        raise ValueError(
            f"workers is {workers}; allowed are numbers from 1 to {most} on this machine."
        )
    if retries < 0:
        raise ValueError(f"retries is {retries}; allowed are numbers from 0.")
    if scheduler is not None and not _is_address(scheduler):
        raise ValueError(
            f"scheduler is {scheduler!r}; allowed are addresses such as tcp://host:8786."
        )
    if workers is not None and jax.default_backend() != "cpu":
        # Each process would take most of the memory of every one.
        raise ValueError(
            f"workers is {workers} and JAX computes on {jax.default_backend()!r}; allowed is "
            "JAX_PLATFORMS=cpu, or a scheduler with one worker for each device."
        )


def _is_address(text: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(text)
        named = parts.scheme in ("tcp", "tls") and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        return False
    return named and not (parts.path or parts.query or parts.fragment or parts.username)


def _dask() -> ModuleType:
    """What needs the optional package."""
    try:
        from . import _dask
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("dask", "distributed"):
            raise
        raise ValueError(
            "workers or scheduler is given, and the package distributed is not installed; allowed "
            "is pip install 'richlazy-jax[distributed]', or neither."
        ) from error
    return _dask
