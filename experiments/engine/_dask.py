"""All that touches dask: clusters, what their workers do, and what they say.

It is imported where a study is run on dask and nowhere else, as dask is an optional package.
"""

import asyncio
import collections
import concurrent.futures
import contextlib
import functools
import hashlib
import logging
import os
import pickle
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import dask
import distributed
import jax
import numpy as np

import richlazy_jax as rj
from richlazy_jax.studies import environment_record

from .._signals import heard_here_alone
from ._cell import run_cell
from ._experiment import Experiment
from ._own import load_modules, loaded_modules

CONNECT_SECONDS = 10
# A result is a few bytes. One that does not come was lost with its worker.
_RESULT_SECONDS = 30
_DEVICES = "JAX_NUM_CPU_DEVICES"
# A worker may have to import JAX and to find its devices first.
_ENVIRONMENT_SECONDS = 60
# How many workers a message tells of.
_TOLD = 3
# How often in a row a worker may die while it starts. A machine that is short of memory may kill
# one of many; what dies as often as this would die for ever.
STARTS = 3
# Between two looks at whether workers have to be started again.
_LOOK_SECONDS = 0.5


class WorkerDied(RuntimeError):
    """The process that had a cell in hand ended, or was not heard of any more."""


class _Stopped(BaseException):
    """The study is over. No `Exception`, as it is no failure of a cell."""


class CellsOfSweep(distributed.WorkerPlugin):
    """What a worker knows of a study. It is sent once to each, also to those that come later.

    Args:
        name: of the plugin, and of the topic that progress is told under.
        experiments: all cells.
        study: the folder, with its full path.
        how: `batch_runs` and `checkpoint_every` of `run_cell`.
    """

    def __init__(
        self,
        name: str,
        experiments: Sequence[Experiment],
        study: Path,
        how: dict[str, Any],
    ):
        self.name = name
        self.study, self.how = study, how
        # Apart from the plugin, as classes of a user's own can be unpickled once they are loaded.
        self.modules, self.pickled = loaded_modules(), pickle.dumps(experiments)

    @functools.cached_property
    def grid(self) -> list[Experiment]:
        """The cells, in the order that the client has as well."""
        load_modules(self.modules)
        return pickle.loads(self.pickled)

    def setup(self, worker: distributed.Worker) -> None:
        """Make ready, on a worker."""
        self.worker, self.stopped = worker, threading.Event()

    def teardown(self, worker: distributed.Worker) -> None:
        """Stop the cell in hand at the end of its piece, where its checkpoint has been written."""
        self.stopped.set()

    def run(self, index: int) -> tuple[str, str]:
        """Run a cell.

        Returns:
            Status and error of a `CellDone`; "stopped" where the study or the worker ended before
            the cell.
        """

        def moved(progress: rj.Progress) -> None:
            if self.stopped.is_set():
                raise _Stopped
            self.worker.log_event(self.name, _as_message(progress))

        try:
            done = run_cell(self.study, self.grid[index], on_piece=moved, **self.how)
        except _Stopped:
            return "stopped", ""
        return done.status, done.error


def run_on_worker(name: str, index: int) -> tuple[str, str]:
    """Run a cell of the study whose plugin has this name."""
    return distributed.get_worker().plugins[name].run(index)  # type: ignore[attr-defined]


def witness(study: str) -> dict[str, Any]:
    """What decides whether a worker can serve: its version, its precision and what it sees."""
    try:
        spec = hashlib.sha256((Path(study) / "wanted.json").read_bytes()).hexdigest()
    except OSError:
        spec = None
    try:
        version = metadata.version("richlazy-jax")
    except metadata.PackageNotFoundError:
        version = None
    return {"version": version, "x64": bool(jax.config.read("jax_enable_x64")), "spec": spec}


def environment_of(client: Any, addresses: Iterable[str]) -> dict[str, Any]:
    """The environment of a worker, whose devices are those that compute; ours without a worker."""
    for address in sorted(addresses)[:1]:
        asked = client.submit(environment_record, workers=[address], pure=False)
        # Whatever keeps it from answering, `require_fit` finds out.
        with contextlib.suppress(Exception):
            return asked.result(timeout=_ENVIRONMENT_SECONDS)
        asked.cancel()
    return environment_record()


def require_fit(client: Any, addresses: Iterable[str], study: Path) -> set[str]:
    """Those of the workers that can serve. Some may have gone since they were listed.

    Raises:
        ConnectionError: one of them cannot: it does not see the study, or has another version of
            this package or another precision.
    """
    addresses = sorted(addresses)
    if not addresses:
        return set()
    found = client.run(witness, str(study), workers=addresses, on_error="return")
    wanted = witness(str(study))
    there = {a: seen for a, seen in found.items() if not isinstance(seen, OSError)}
    faults = {a: fault for a, seen in there.items() if (fault := _fault(seen, wanted, study))}
    if faults:
        told = "; ".join(f"worker {a} {fault}" for a, fault in list(faults.items())[:_TOLD])
        more = len(faults) - _TOLD
        raise ConnectionError(
            f"{told}{f'; and {more} more workers' if more > 0 else ''}. Allowed are workers that "
            "see the folder of the study under the same path, on a shared file system, and have "
            "the same version and precision."
        )
    return set(there)


def _fault(seen: Any, wanted: dict[str, Any], study: Path) -> str:
    """What is wrong with a worker, empty if nothing is."""
    if isinstance(seen, Exception):
        return f"cannot run richlazy-jax ({type(seen).__name__}: {seen})"
    if seen["version"] != wanted["version"]:
        return f"has richlazy-jax {seen['version']}, and this process {wanted['version']}"
    if seen["x64"] != wanted["x64"]:
        return f"has jax_enable_x64 {seen['x64']}, and this process {wanted['x64']}"
    if seen["spec"] is None:
        return f"does not see the study {study}"
    if seen["spec"] != wanted["spec"]:
        return f"sees another study than this process in {study}"
    return ""


@contextlib.contextmanager
def scheduler_client(address: str) -> Iterator[Any]:
    """A client of a scheduler that is there, whose workers others start.

    Raises:
        ConnectionError: it does not answer.
    """
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except OSError as error:
        raise ConnectionError(
            f"scheduler is {address!r}, which does not answer within {CONNECT_SECONDS} s; allowed "
            "is the address of a scheduler that runs (`dask scheduler`)."
        ) from error
    with _closing(client):
        yield client


@contextlib.contextmanager
def _closing(client: distributed.Client) -> Iterator[None]:
    """Close a client at the end, and let no fault of closing hide what went wrong before."""
    try:
        yield
    except BaseException:
        # Where the scheduler is gone, closing may raise whatever the lost connection leaves behind.
        with contextlib.suppress(Exception):
            client.close()
        raise
    client.close()


@contextlib.contextmanager
def local_client(workers: int) -> Iterator[tuple[Any, "concurrent.futures.Future[None]"]]:
    """Worker processes on this machine, which end with it.

    Each has its share of the cores, and is started again where it dies, also where that happens
    while it starts.

    Yields:
        A client, and what keeps the workers going. The latter ends only where each of them has died
        too often while it started, with a ConnectionError that says so.
    """
    share = {}
    if _DEVICES not in os.environ and "device_count" not in os.environ.get("XLA_FLAGS", ""):
        share[_DEVICES] = str(max(1, (os.cpu_count() or 1) // workers))
    # JAX reads it when it is imported, which may be the first thing that a process does. It stays
    # set, as workers may be started at any time.
    before_start = {f"distributed.nanny.pre-spawn-environ.{k}": v for k, v in share.items()}
    try:
        with dask.config.set(before_start):  # type: ignore[attr-defined]
            # Python's own helper process would hear the terminal again once it has started.
            resource_tracker.ensure_running()
            with heard_here_alone():
                # Without workers, as one that died while it started would take the cluster with it.
                cluster: Any = distributed.LocalCluster(
                    n_workers=0,
                    threads_per_worker=1,
                    processes=True,
                    # A worker that grows is no reason to kill it: the cell would grow again.
                    memory_limit=0,
                    # None would still mean a page of dask's own, on a port that others use as well.
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": False},
                    silence_logs=logging.ERROR,
                )
            with cluster, distributed.Client(cluster, set_as_default=False) as client:
                for _ in range(workers):
                    cluster.worker_spec.update(cluster.new_worker_spec())
                deaths: collections.Counter[Any] = collections.Counter()
                cluster.sync(_start_missing, cluster, deaths)
                keeping = asyncio.run_coroutine_threadsafe(
                    _keep_started(cluster, workers, deaths), cluster.loop.asyncio_loop
                )
                try:
                    yield client, keeping
                finally:
                    keeping.cancel()
    finally:
        # Dask leaves in this process what it meant for its children.
        for name in share:
            os.environ.pop(name, None)


async def _keep_started(
    cluster: distributed.LocalCluster, workers: int, deaths: "collections.Counter[Any]"
) -> None:
    """Start workers again as long as there are some that may start.

    Dask itself does so where a worker dies once it has started, but gives up where that takes long,
    and never tries again where one dies while it starts for the first time.
    """
    while cluster.worker_spec:
        await asyncio.sleep(_LOOK_SECONDS)
        # Shielded, as a start that is cut off would leave a process that nobody knows.
        await asyncio.shield(asyncio.ensure_future(_start_missing(cluster, deaths)))
    raise ConnectionError(
        f"{workers * STARTS} worker processes died while they started ({workers} at a time, "
        f"{STARTS} times in a row), and no worker is left. What they said stands above, in the "
        "output of this command; a process that was killed, as where memory is short, says nothing"
    )


async def _start_missing(
    cluster: distributed.LocalCluster, deaths: "collections.Counter[Any]"
) -> None:
    """Start the workers that should be there and are not, and wait until they have started or died.

    Args:
        cluster: which forgets of a worker that has died `STARTS` times that it should be there.
        deaths: how often each has died in a row while it started, which is counted here.
    """
    for name, worker in list(cluster.workers.items()):
        if worker.status not in (distributed.Status.closed, distributed.Status.failed):
            deaths[name] = 0
            continue
        deaths[name] += 1
        # Dask starts anew what should be there and is not among its workers.
        del cluster.workers[name]
        if deaths[name] >= STARTS:
            cluster.worker_spec.pop(name, None)
    # What it raises for those that died, the next look finds out.
    with contextlib.suppress(Exception):
        await cluster


@contextlib.contextmanager
def workers_told(
    client: Any, plugin: CellsOfSweep
) -> Iterator["queue.SimpleQueue[rj.Progress | None]"]:
    """Workers that know the study, and a queue of their news: progress, or None to look anew."""
    news: queue.SimpleQueue[rj.Progress | None] = queue.SimpleQueue()
    client.register_plugin(plugin, name=plugin.name)
    try:
        client.subscribe_topic(plugin.name, lambda event: news.put(_as_progress(event[1])))
        yield news
    finally:
        # A scheduler that is gone can be asked for nothing, and takes its workers with it.
        if client.status == "running":
            with contextlib.suppress(OSError, ValueError):
                client.unsubscribe_topic(plugin.name)
                client.unregister_worker_plugin(plugin.name)


def addresses_of(client: Any) -> set[str]:
    """The workers that are there now.

    Raises:
        ConnectionError: the scheduler is not.
    """
    with contextlib.suppress(OSError):
        if client.status == "running":
            return set(client.nthreads())
    raise _gone()


def begin(
    client: Any,
    news: "queue.SimpleQueue[rj.Progress | None]",
    task: tuple[str, int],
    attempt: int,
    address: str,
) -> distributed.Future:
    """Give a cell to a worker, and to no other.

    Args:
        client: of the cluster.
        news: where to say that it is over.
        task: name and index, as `run_on_worker` takes them.
        attempt: the number of this one.
        address: of the worker.
    """
    # A key of its own for each attempt, as dask counts the deaths of workers by key.
    key = "-".join(map(str, (*task, attempt)))
    future = client.submit(
        run_on_worker, *task, key=key, workers=[address], allow_other_workers=False
    )
    future.add_done_callback(lambda future: news.put(None))
    return future


def outcome(future: Any, present: bool) -> tuple[str, str] | Exception | None:
    """What `CellsOfSweep.run` gave, or what kept it from it; None while it goes on.

    Args:
        future: as `begin` gave it.
        present: whether the worker is there.

    Raises:
        ConnectionError: the scheduler is gone, or was told to drop the cell.
        OSError: the worker could not write.
    """
    if future.status == "finished":
        try:
            return future.result(timeout=_RESULT_SECONDS)
        except (TimeoutError, concurrent.futures.CancelledError):
            return _died()
    if future.status == "error":
        error = future.exception()
        if isinstance(error, distributed.KilledWorker):
            return _died()
        if isinstance(error, OSError) or not isinstance(error, Exception):
            raise error
        return error
    if future.status in ("cancelled", "lost"):
        raise _gone()
    return None if present else _died()


def _died() -> WorkerDied:
    return WorkerDied("the worker that had this cell in hand died")


def _gone() -> ConnectionError:
    return ConnectionError("the scheduler is gone, or has dropped this study")


def _as_message(progress: rj.Progress) -> dict[str, Any]:
    """Progress in plain numbers."""
    return {
        "step": int(progress.step),
        "steps": int(progress.steps),
        "losses": progress.losses.tolist(),
        "metrics": {k: np.asarray(v).tolist() for k, v in (progress.metrics or {}).items()},
        "diverged": progress.diverged.tolist(),
        "dtype": str(progress.losses.dtype),
    }


def _as_progress(message: dict[str, Any]) -> rj.Progress:
    def numbers(values: Sequence[float]) -> np.ndarray:
        return np.array(values, message["dtype"])

    return rj.Progress(
        message["step"],
        message["steps"],
        numbers(message["losses"]),
        {name: numbers(values) for name, values in message["metrics"].items()} or None,
        np.array(message["diverged"], bool),
    )
