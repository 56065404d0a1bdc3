"""A sweep run cell by cell: what is kept, found again, failed and interrupted."""

import re

import numpy as np
import pytest
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli
from experiments._signals import INTERRUPTED
from experiments.recurrent import LowRank, Setting, run_task
from richlazy_jax.studies import create_study, failures

SPEC = """
task: 2AF
start:
  - {kind: low_rank, rank: [1, 3]}
n_hidden: 6
iterations: 4
batch: 3
seeds: 2
learning_rate: [0.003, 0.01]
measures: [weight_change_norm]
activity_trials: 5
"""


def run(*arguments):
    return CliRunner().invoke(cli.app, ["sweep", *map(str, arguments)])


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    return path


def test_cells_are_those_of_run_task_and_are_not_run_twice(spec, tmp_path, monkeypatch):
    study = tmp_path / "study"
    first = run(spec, "--out", study)
    assert first.exit_code == 0, first.output
    assert "4 cells: 4 run" in first.output
    dataset = rj.open_study(study)
    assert dataset.sizes["cell"] == 4
    alone = run_task(
        Setting(
            starts=(LowRank(3),),
            n_hidden=6,
            iterations=4,
            batch=3,
            seeds=2,
            learning_rate=0.01,
            measures=("weight_change_norm",),
            activity_trials=5,
        )
    )
    (this,) = np.flatnonzero((dataset["learning_rate"] == 0.01) & (dataset["start"] == "rank 3"))
    found = dataset["weight_change_norm"].isel(cell=this)
    assert found.dims == ("seed",)
    np.testing.assert_array_equal(found, alone["weight_change_norm"].values[0])
    monkeypatch.setattr(engine, "run_task", lambda *_, **__: pytest.fail("a cell was run twice"))
    second = run(spec, "--out", study)
    assert second.exit_code == 0, second.output
    assert "4 cells: 4 found" in second.output


@pytest.mark.slow
def test_a_cell_that_fails_leaves_the_others_and_is_tried_again(spec, tmp_path, monkeypatch):
    study = tmp_path / "study"

    def sometimes(setting, **how):
        if setting.learning_rate == 0.01 and setting.starts[0].rank == 1:
            raise RuntimeError("out of luck")
        return run_task(setting, **how)

    monkeypatch.setattr(engine, "run_task", sometimes)
    first = run(spec, "--out", study)
    assert first.exit_code == 1
    assert "1 failed, 3 run" in first.output
    assert "out of luck" in first.output
    ((_, failure),) = failures(study).items()
    assert failure.message == "out of luck"
    monkeypatch.setattr(engine, "run_task", run_task)
    second = run(spec, "--out", study)
    assert second.exit_code == 0
    assert "3 found, 1 run" in second.output
    assert not failures(study)


@pytest.mark.slow
def test_interrupt_and_full_disk_keep_what_is_finished(spec, tmp_path, monkeypatch):
    study = tmp_path / "study"
    calls = []

    def stopped(setting, **how):
        calls.append(setting)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return run_task(setting, **how)

    monkeypatch.setattr(engine, "run_task", stopped)
    first = run(spec, "--out", study)
    assert first.exit_code == 130
    assert INTERRUPTED in first.output
    assert "after 1 of 4 cells" in first.output
    assert rj.open_study(study).sizes["cell"] == 1

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(engine, "run_task", run_task)
    with monkeypatch.context() as patched:
        patched.setattr(engine, "write_cell", full)
        second = run(spec, "--out", study)
    assert second.exit_code == 1
    assert "No space left on device" in second.output
    assert rj.open_study(study).sizes["cell"] == 1
    assert "1 found, 3 run" in run(spec, "--out", study).output


def test_dry_run_counts_and_writes_nothing(spec, tmp_path):
    result = run(spec, "--out", tmp_path / "study", "--dry-run")
    assert result.exit_code == 0, result.output
    text = " ".join(result.output.split())
    assert "4 cells (varying: start, learning_rate), 8 networks, 32 updates" in text
    assert re.search(r"ms for an update of the first cell, the median of 9 measurements of", text)
    assert not (tmp_path / "study").exists()


def test_a_changed_spec_and_a_bad_one_are_refused_before_any_work(spec, tmp_path, monkeypatch):
    study = tmp_path / "study"
    monkeypatch.setattr(engine, "run_task", lambda *_, **__: pytest.fail("work was begun"))
    create_study(study, SPEC.replace("iterations: 4", "iterations: 5"), {})
    result = run(spec, "--out", study)
    assert result.exit_code == 2
    assert "iterations" in result.output
    spec.write_text(SPEC.replace("rank: [1, 3]", "rank: [1, 7]").replace("batch", "bach"))
    result = run(spec, "--out", tmp_path / "other")
    assert result.exit_code == 2
    assert "bach" in result.output
    assert "batch" in result.output
    assert "rank" in result.output
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("error", ["no file [/data/x.csv]", "[bold]x", "a\x1b[2Jb :smile:"])
def test_what_is_a_users_is_no_markup(tmp_path, monkeypatch, error):
    spec, out = tmp_path / "spec.yaml", tmp_path / "br[bold]x"
    spec.write_text(SPEC)

    def failing(*_, **__):
        raise RuntimeError(error)

    monkeypatch.setattr(engine, "run_task", failing)
    result = run(spec, "--out", out)
    assert result.exit_code == 1
    assert f"RuntimeError: {error}".replace("\x1b", "\ufffd") in result.output
    assert f"4 cells: 4 failed. Study: {out}\n" in result.output


def test_a_usage_error_is_no_markup(tmp_path):
    result = run(tmp_path / "no[/bold]file", "--out", tmp_path / "x")
    assert result.exit_code == 2
    assert "no[/bold]file" in "".join(result.output.replace("│", "").split())


@pytest.mark.parametrize("name", ["workers", "batch-runs", "checkpoint-every"])
def test_absurd_counts_are_refused_with_what_is_allowed(spec, tmp_path, name):
    result = run(spec, "--out", tmp_path / "study", f"--{name}", 10**21)
    assert result.exit_code == 2
    said = " ".join(result.output.replace("│", "").split())
    assert f"--{name} is {10**21}; allowed are numbers" in said
    assert not (tmp_path / "study").exists()


def test_a_thousand_workers_are_more_than_a_machine_has(spec, tmp_path):
    result = run(spec, "--out", tmp_path / "study", "--workers", 100_000)
    assert result.exit_code == 2
    assert "workers is 100000; allowed are numbers from 1 to" in " ".join(
        result.output.replace("│", "").split()
    )


def test_the_pace_is_a_median_after_a_warm_up(spec, monkeypatch):
    # One that is compiled, one to choose by, one of the new size, and then those that count.
    spans = iter([9.0, 0.02, 9.0, 0.1, 0.5, 0.12])
    clock = [0.0]
    ticks = iter([0, 1] * 6)

    def now():
        clock[0] += next(spans) if next(ticks) else 0.0
        return clock[0]

    monkeypatch.setattr(_pace.time, "perf_counter", now)
    measured = _pace.pace(cells(read_spec(spec))[0], updates=10, times=3)
    assert measured == (pytest.approx(0.12 / 50), 3, 50)
