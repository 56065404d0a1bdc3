"""A sweep on dask workers: the same numbers, whatever happens to workers and cells."""

import contextlib
import json
import logging
import multiprocessing
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import dask
import distributed
import numpy as np
import pytest
from distributed.utils import get_mp_context
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli, engine
from experiments._signals import INTERRUPTED
from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import _dask, _distributed, run_distributed, run_study, spec_grids
from richlazy_jax.studies import claim_cell, create_study, failures, missing_cells

# Pieces have 200 updates, so that each cell has checkpoints at 200 and 400.
SPEC = """
task: 2AF
start:
  - {kind: low_rank, rank: [1, 3]}
n_hidden: 6
iterations: 600
batch: 3
seeds: 1
measures: [weight_change_norm]
activity_trials: 5
"""
# What dask runs in each worker when it starts: faults that the sweeps below ask for by their gain,
# and a place where a study is not what it is here.
FAULTS = """
import os, time
from pathlib import Path
from experiments.engine import _cell, _dask
from experiments.kinds.recurrent import Setting


# Dask may run this twice, so that what is patched must not be looked up when it is called.
def faulty(setting, first_seed, how, run=Setting.run):
    if setting.gain == 1.5:
        raise RuntimeError("out of luck")
    if setting.gain == 2.25:
        raise OSError(5, "a cell of bad luck")
    if setting.gain == 1.75:
        os._exit(1)

    def held(progress):
        how.on_piece(progress)
        deadline = time.monotonic() + 120
        while progress.step == 400 and setting.starts[0].rank == 1 and GATE.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    return run(setting, first_seed, how._replace(on_piece=held))

def full(study, record, dataset, write_cell=_cell.write_cell):
    if record["gain"] == 2.5:
        raise OSError(28, "No space left on device")
    return write_cell(study, record, dataset)

def elsewhere(study, witness=_dask.witness):
    return witness(study.replace("unseen", "nowhere").replace("mistaken", "other"))

Setting.run, _cell.write_cell, _dask.witness = faulty, full, elsewhere
"""


# Workers of which some die while they start, before the scheduler has heard of them.
DEADLY_STARTS = """
import itertools, os, signal
from pathlib import Path
from experiments.engine import _dask


def dask_setup(worker):
    for number in itertools.count():
        try:
            (STARTS / str(number)).mkdir()
        except FileExistsError:
            continue
        break
    if number in DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    if CELLS_DIE:
        _dask.run_cell = lambda *cell, **how: os._exit(1)
"""


def within(seconds, work):
    """What `work` gives or raises, and a failure where it takes longer."""
    came = queue.SimpleQueue()

    def call():
        try:
            came.put((work(), None))
        except BaseException as error:
            came.put((None, error))

    threading.Thread(target=call, daemon=True).start()
    found, error = came.get(timeout=seconds)
    if error is not None:
        raise error
    return found


def until(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def cells(text):
    return engine.cells(spec_grids(text, EXPERIMENTS))


def hashes(text):
    return [cell.wanted().hash for cell in cells(text)]


def create(study, text):
    """A study in which nothing was run."""
    create_study(study, text, {}, [cell.wanted() for cell in cells(text)])


def statuses(done):
    return {each.hash: each.status for each in done}


def sweep(folder, study, *options):
    spec = folder / "spec.yaml"
    spec.write_text(SPEC)
    return CliRunner().invoke(cli.app, ["sweep", str(spec), "--out", str(folder / study), *options])


def words(result):
    """What was said, out of its box and without its line breaks."""
    return " ".join(result.output.replace("│", " ").split())


def numbers(study):
    dataset = rj.open_study(study)
    names = ("weight_change_norm", "loss", "accuracy", "spectrum")
    return {name: dataset[name].values for name in names if name in dataset}


def assert_same_numbers(study, other):
    """Runs depend on nothing but their starts and keys, up to float32's rounding, which XLA may
    do otherwise where devices have other shares of the runs."""
    found, wanted = numbers(study), numbers(other)
    assert found.keys() == wanted.keys() >= {"weight_change_norm", "loss"}
    for name, values in wanted.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    """A file at whose sight cells of rank 1 stop after 400 updates."""
    return tmp_path_factory.mktemp("gate") / "shut"


@pytest.fixture(scope="module")
def forked():
    """Workers forked from a process that has made their imports, which take most of the time of a
    worker that starts."""
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):  # pyright: ignore[reportPrivateImportUsage]
        get_mp_context().set_forkserver_preload(["experiments.engine._dask"])
    return {"distributed.worker.multiprocessing-method": "forkserver"}


@pytest.fixture(scope="module")
def cluster(gate, forked):
    faults = gate.parent / "faults.py"
    faults.write_text(FAULTS.replace("GATE", f"Path({str(gate)!r})"))
    with (
        dask.config.set({"distributed.worker.preload": [str(faults)]} | forked),  # pyright: ignore[reportPrivateImportUsage]
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL,
        ) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    study = tmp_path_factory.mktemp("undisturbed") / "study"
    assert {each.status for each in run_study(cells(SPEC), SPEC, study)} == {"run"}
    return study


def run_on(cluster, text, study, **how):
    work = run_distributed(cells(text), text, study, scheduler=cluster.scheduler_address, **how)
    return within(240, lambda: list(work))


@pytest.mark.slow
def test_a_killed_worker_changes_no_number(cluster, gate, undisturbed, tmp_path, monkeypatch):
    study, (first, second) = tmp_path / "study", hashes(SPEC)
    wanted = cells(SPEC)[0].wanted()
    steps, answers, believed_dead = [], [], contextlib.ExitStack()

    def kill(progress):
        steps.append(progress.step)
        # Then rank 1 is held there, behind its checkpoint.
        if steps.count(400) < 2 or not gate.exists():
            return
        assert (study / "unfinished" / first / "0-1" / "400").is_dir()
        (address,) = (
            address
            for address, keys in client.processing().items()  # pyright: ignore[reportAttributeAccessIssue]
            if any(key.endswith("-0-1") for key in keys)
        )
        os.kill(client.run(os.getpid)[address], signal.SIGKILL)  # pyright: ignore[reportIndexIssue]
        # In the place of a worker that is believed dead and still has the cell.
        until(lambda: believed_dead.enter_context(claim_cell(study, wanted)))
        gate.unlink()

    def released(*found):
        done = of_cell(*found)
        answers.append((done.hash, done.status))
        if answers[-1] == (first, "elsewhere"):
            believed_dead.close()
        return done

    of_cell = _distributed._done
    monkeypatch.setattr(_distributed, "_done", released)
    monkeypatch.setattr(_distributed, "_AGAIN_SECONDS", 0.1)
    gate.touch()
    with distributed.Client(cluster, set_as_default=False) as client:
        done = run_on(cluster, SPEC, study, checkpoint_every=200, on_piece=kill)
    assert statuses(done) == {first: "run", second: "run"}
    assert (first, "failed") in answers
    assert (first, "elsewhere") in answers
    # No update was made twice.
    assert sorted(steps) == [200, 200, 400, 400, 600, 600]
    assert not failures(study)
    assert_same_numbers(study, undisturbed)


@pytest.mark.slow
def test_a_cell_that_fails_is_tried_again_and_the_others_go_on(cluster, tmp_path):
    text = SPEC.replace("600", "2").replace("[1, 3]", "3") + "gain: [1.25, 1.5, 2, 2.25]\n"
    study, (good, bad, taken, unread) = tmp_path / "study", hashes(text)
    create(study, text)
    with claim_cell(study, cells(text)[2].wanted()) as mine:
        assert mine
        done = run_on(cluster, text, study)
    assert statuses(done) == {good: "run", bad: "failed", taken: "elsewhere", unread: "failed"}
    assert {each.hash: each.error for each in done} == {
        good: "",
        bad: "RuntimeError: out of luck",
        taken: "",
        # Of the cell's own, and not of the study.
        unread: "OSError: [Errno 5] a cell of bad luck",
    }
    assert all(each.hash == each.experiment.wanted().hash for each in done)
    assert {hash: each.attempts for hash, each in failures(study).items()} == {bad: 3, unread: 3}
    assert missing_cells(study) == [bad, taken, unread]


@pytest.mark.parametrize(("name", "said"), [("unseen", "does not see"), ("mistaken", "another")])
def test_workers_that_do_not_see_the_study_are_refused_before_any_work(
    cluster, tmp_path, name, said
):
    create(tmp_path / "other", SPEC.replace("batch: 3", "batch: 4"))
    result = sweep(tmp_path, name, "--scheduler", cluster.scheduler_address)
    assert result.exit_code == 2, result.output
    assert said in words(result)
    assert not list((tmp_path / name / "cells").iterdir())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--workers", "0"], "workers is 0"),
        (["--workers", "2", "--scheduler", "tcp://localhost:1"], "allowed is one"),
        (["--scheduler", "localhost:8786"], "'localhost:8786'"),
        (["--scheduler", "http://localhost:8786"], "'http://localhost:8786'"),
        (["--scheduler", "tcp://localhost:port"], "'tcp://localhost:port'"),
        (["--scheduler", "tcp://localhost:99999"], "'tcp://localhost:99999'"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, options, said):
    result = sweep(tmp_path, "study", *options)
    assert result.exit_code == 2
    assert said in words(result)
    assert not (tmp_path / "study").exists()


def test_a_scheduler_that_does_not_answer_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_dask, "CONNECT_SECONDS", 1)
    # Nobody else gets the port while it is bound, and nobody answers, as nobody listens.
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{bound.getsockname()[1]}"
        result = sweep(tmp_path, "study", "--scheduler", address)
    assert result.exit_code == 2
    assert "does not answer" in words(result)
    assert not (tmp_path / "study").exists()


def test_without_the_package_there_is_a_message(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "experiments.engine._dask")
    monkeypatch.delattr("experiments.engine._dask")
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = sweep(tmp_path, "study", "--workers", "2")
    assert result.exit_code == 2
    assert "richlazy-jax[distributed]" in words(result)


@pytest.mark.slow
def test_a_study_grows_on_workers_as_it_does_here(cluster, tmp_path):
    small = SPEC.replace("600", "2")
    more = small.replace("seeds: 1", "seeds: 3").replace("[1, 3]", "[3, 1, 2]")
    study, here = tmp_path / "study", tmp_path / "here"
    assert {each.status for each in run_on(cluster, small, study)} == {"run"}
    assert [each.status for each in run_on(cluster, small, study)] == ["found"] * 2
    assert {each.status for each in run_on(cluster, more, study)} == {"run"}
    assert missing_cells(study) == []
    assert {each.status for each in run_study(cells(more), more, here)} == {"run"}
    assert rj.open_study(study).sizes["seed"] == 3
    assert rj.open_study(study)["hash"].values.tolist() == hashes(more)
    assert_same_numbers(study, here)


@pytest.mark.slow
def test_a_worker_of_this_machine_gives_the_numbers_of_this_process(undisturbed, tmp_path):
    shutil.copytree(undisturbed, tmp_path / "study")
    (tmp_path / "study" / "cells" / f"{hashes(SPEC)[0]}.nc").unlink()
    before = set(multiprocessing.active_children())
    # There is work for one of the two, and the other is not started.
    result = within(240, lambda: sweep(tmp_path, "study", "--workers", "2"))
    assert result.exit_code == 0, result.output
    assert "2 cells: 1 found, 1 run" in result.output
    assert_same_numbers(tmp_path / "study", undisturbed)
    assert set(multiprocessing.active_children()) <= before
    assert "JAX_NUM_CPU_DEVICES" not in os.environ
    # Without starting any.
    assert "2 cells: 2 found" in sweep(tmp_path, "study", "--workers", "2").output


@pytest.mark.slow
def test_a_full_disk_of_a_worker_stops_the_sweep(cluster, tmp_path):
    text = SPEC.replace("600", "2").replace("[1, 3]", "3") + "gain: 2.5\n"
    with pytest.raises(engine.StudyError, match="No space left on device"):
        run_on(cluster, text, tmp_path / "study")
    assert not failures(tmp_path / "study")
    assert missing_cells(tmp_path / "study") == hashes(text)


@pytest.mark.slow
def test_a_cell_that_kills_its_worker_each_time_is_reported(cluster, tmp_path):
    text = SPEC.replace("600", "2").replace("[1, 3]", "3") + "gain: [1.75, 1.25, 2]\n"
    study, (deadly, *others) = tmp_path / "study", hashes(text)
    done = run_on(cluster, text, study, retries=1)
    assert statuses(done) == {deadly: "failed"} | dict.fromkeys(others, "run")
    ((hash, failure),) = failures(study).items()
    assert (hash, failure.type, failure.attempts) == (deadly, "WorkerDied", 2)
    assert missing_cells(study) == [deadly]


def sweep_with_deadly_starts(folder, forked, deadly, cells_die=False):
    """A sweep with two workers, of whose starts those with these numbers are deadly, and how many
    starts there were."""
    starts, faults = folder / "starts", folder / "deadly_starts.py"
    starts.mkdir()
    words = {"STARTS": f"Path({str(starts)!r})", "DEADLY": deadly, "CELLS_DIE": cells_die}
    text = DEADLY_STARTS
    for word, value in words.items():
        text = text.replace(word, str(value))
    faults.write_text(text)
    with dask.config.set({"distributed.worker.preload": [str(faults)]} | forked):  # pyright: ignore[reportPrivateImportUsage]
        result = within(240, lambda: sweep(folder, "study", "--workers", "2"))
    return result, len(list(starts.iterdir()))


@pytest.mark.slow
def test_workers_that_die_while_they_start_are_started_again(forked, undisturbed, tmp_path):
    # Both of them, and then both again.
    result, starts = sweep_with_deadly_starts(tmp_path, forked, "range(4)")
    assert result.exit_code == 0, result.output
    assert "2 cells: 2 run" in result.output
    assert starts == 6
    assert not failures(tmp_path / "study")
    assert_same_numbers(tmp_path / "study", undisturbed)


def test_workers_that_die_whenever_they_start_end_the_command_with_an_error(forked, tmp_path):
    result, starts = sweep_with_deadly_starts(tmp_path, forked, "range(1000)")
    assert result.exit_code == 1, result.output
    assert starts == 2 * _dask.STARTS
    assert f"{starts} worker processes died while they started" in words(result)
    assert "in the output of this command" in words(result)
    assert missing_cells(tmp_path / "study") == hashes(SPEC)
    assert not failures(tmp_path / "study")


@pytest.mark.slow
def test_workers_that_die_whenever_they_start_again_end_the_command_as_well(forked, tmp_path):
    # Both have started once, and both die of their first cells.
    result, _ = sweep_with_deadly_starts(tmp_path, forked, "range(2, 1000)", cells_die=True)
    assert result.exit_code == 1, result.output
    assert "worker processes died while they started" in words(result)


# A cell that is finished at once beside one that is not finished in a day.
LONG = SPEC.replace("600", "[2, 100000000]").replace("[1, 3]", "3")


@contextlib.contextmanager
def started(*command):
    """A process in a group of its own, all of which ends with it."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def group_is_gone(process):
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


def in_full_swing(study):
    """The one cell is there, and the other has kept a checkpoint."""
    short, long = hashes(LONG)
    return (study / "cells" / f"{short}.nc").exists() and any(
        entry.name.isdigit() for entry in (study / "unfinished" / long).glob("*/*")
    )


@pytest.mark.slow
def test_an_interrupt_ends_all_processes_and_keeps_what_is_finished(tmp_path):
    spec, study = tmp_path / "spec.yaml", tmp_path / "study"
    spec.write_text(LONG)
    main = "from experiments.cli import main; main()"
    with started("-c", main, "sweep", spec, "--out", study, "--workers", 2) as process:
        until(lambda: in_full_swing(study), 240)
        # As a terminal does, to all of the group.
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=60)
        until(lambda: group_is_gone(process))
    assert process.returncode == 130, said
    assert said.count(INTERRUPTED) == 1
    assert "Traceback" not in said
    assert rj.open_study(study)["finished"].values.tolist() == [True, False]
    assert not failures(study)


@pytest.mark.slow
def test_the_loss_of_the_scheduler_is_told_and_what_is_finished_is_kept(tmp_path):
    study, file = tmp_path / "study", tmp_path / "scheduler.json"
    options = ["--scheduler-file", file, "--no-dashboard"]
    with (
        started("-m", "dask", "scheduler", "--port", 0, *options) as scheduler,
        started("-m", "dask", "worker", "--nthreads", 1, "--nworkers", 2, *options),
    ):
        until(file.exists, 120)
        address = json.loads(file.read_text())["address"]
        work = run_distributed(cells(LONG), LONG, study, scheduler=address)
        done = []

        def take():
            for each in work:
                done.append(each)
                until(lambda: in_full_swing(study), 240)
                scheduler.kill()

        with pytest.raises(ConnectionError, match="the scheduler is gone"):
            within(400, take)
    assert [each.status for each in done] == ["run"]
    assert rj.open_study(study)["finished"].values.tolist() == [True, False]
    assert not failures(study)


def test_a_fault_of_closing_does_not_hide_what_went_wrong_before(monkeypatch):
    close = distributed.Client.close

    def faulty(client, *args, **options):
        close(client, *args, **options)
        raise RuntimeError("Cannot change state of expiring Timeout")

    with distributed.LocalCluster(
        n_workers=0,
        processes=False,
        # Any free port, as another test may have the usual one.
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        scheduler_port=0,
    ) as cluster:
        monkeypatch.setattr(distributed.Client, "close", faulty)
        with (
            pytest.raises(ConnectionError, match="the scheduler is gone"),
            _dask.scheduler_client(cluster.scheduler_address),  # pyright: ignore[reportAttributeAccessIssue]
        ):
            raise ConnectionError("the scheduler is gone")
        monkeypatch.undo()
