"""A sweep run cell by cell: what is kept, found again, grown, failed and interrupted."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli, engine
from experiments._signals import INTERRUPTED
from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import _cell, _counts, spec_grids
from experiments.kinds.linear import LinearSetting
from experiments.kinds.recurrent import LowRank, Setting, run_task
from richlazy_jax.studies import (
    create_study,
    environment_record,
    failures,
    missing_cells,
    read_cell,
)
from richlazy_jax.training import _checkpoints, _runs

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
RUN = Setting.run


def cells(text):
    return engine.cells(spec_grids(text, EXPERIMENTS))


def hashes(text):
    return [cell.wanted().hash for cell in cells(text)]


def create(study, text, environment=None):
    """A study in which nothing was run."""
    create_study(study, text, environment or {}, [cell.wanted() for cell in cells(text)])


def run(*arguments):
    return CliRunner().invoke(cli.app, ["sweep", *map(str, arguments)])


def words(result):
    """What was said, out of its box and without its line breaks."""
    return " ".join(result.output.replace("│", " ").split())


def files(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    return path


@pytest.fixture
def no_work(monkeypatch):
    monkeypatch.setattr(Setting, "run", lambda *_, **__: pytest.fail("work was begun"))


@pytest.fixture
def trained(monkeypatch):
    """What was trained: of each call the cell, its first seed, and what it was asked to measure."""
    calls = []

    def recorded(self, first_seed=0, how=engine.USUAL):
        rank, rate = self.starts[0].rank, self.learning_rate
        calls.append(((rank, rate), first_seed, self.seeds, self.measures, self.measure_at))
        return RUN(self, first_seed, how)

    monkeypatch.setattr(Setting, "run", recorded)
    return calls


def test_cells_are_those_of_run_task_and_are_not_run_twice(spec, tmp_path, monkeypatch):
    study = tmp_path / "study"
    first = run(spec, "--out", study)
    assert first.exit_code == 0, first.output
    assert "4 cells: 4 run" in first.output
    dataset = rj.open_study(study)
    assert dataset.sizes["cell"] == 4
    assert dataset["finished"].all()
    assert dataset["hash"].values.tolist() == hashes(SPEC)
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
    (this,) = np.flatnonzero((dataset["learning_rate"] == 0.01) & (dataset["rank"] == 3))
    found = dataset["weight_change_norm"].isel(cell=this)
    assert found.dims == ("seed",)
    np.testing.assert_array_equal(found, alone["weight_change_norm"].values[0])
    monkeypatch.setattr(Setting, "run", lambda *_, **__: pytest.fail("a cell was run twice"))
    second = run(spec, "--out", study)
    assert second.exit_code == 0, second.output
    assert "4 cells: 4 found" in second.output
    # What is there of it is more than is asked for.
    spec.write_text(SPEC.replace("seeds: 2", "seeds: 1"))
    third = run(spec, "--out", study)
    assert third.exit_code == 0, third.output
    assert "4 cells: 4 found" in third.output
    assert rj.open_study(study).sizes["seed"] == 2


def test_fields_are_coordinates_of_finished_and_of_missing_cells(spec, tmp_path, monkeypatch):
    study = tmp_path / "study"
    with monkeypatch.context() as patched:
        patched.setattr(Setting, "run", stopped_at(2))
        assert run(spec, "--out", study).exit_code == 130
    dataset = rj.open_study(study)
    assert dataset["hash"].values.tolist() == hashes(SPEC)
    assert dataset["finished"].values.tolist() == [True, False, False, False]
    assert missing_cells(study) == hashes(SPEC)[1:]
    assert dataset["learning_rate"].values.tolist() == [0.003, 0.01] * 2
    assert dataset["start.rank"].values.tolist() == [1, 1, 3, 3]
    assert set(dataset["start.kind"].values) == {"low_rank"}
    for name in ("task", "n_hidden", "iterations", "batch", "activity_trials", "momentum"):
        assert dataset[name].dims == ("cell",)
        assert len(set(dataset[name].values.tolist())) == 1
    # How much there is of a cell is no field of it.
    assert not {"seeds", "measures", "measure_at"} & set(dataset.coords)
    assert np.isnan(dataset["loss"].values[1:]).all()


def stopped_at(call, error=KeyboardInterrupt):
    """What a cell does, until one is interrupted."""
    calls = []

    def stopped(self, first_seed=0, how=engine.USUAL):
        calls.append(self)
        if len(calls) == call:
            raise error
        return RUN(self, first_seed, how)

    return stopped


@pytest.mark.slow
@pytest.mark.parametrize("error", [RuntimeError("out of luck"), OSError(5, "out of luck")])
def test_a_cell_that_fails_leaves_the_others_and_is_tried_again(spec, tmp_path, monkeypatch, error):
    study = tmp_path / "study"

    def sometimes(self, first_seed=0, how=engine.USUAL):
        if self.learning_rate == 0.01 and self.starts[0].rank == 1:
            raise error
        return RUN(self, first_seed, how)

    with monkeypatch.context() as patched:
        patched.setattr(Setting, "run", sometimes)
        first = run(spec, "--out", study)
    assert first.exit_code == 1
    assert "1 failed, 3 run" in first.output
    assert "out of luck" in first.output
    ((hash, failure),) = failures(study).items()
    assert hash == hashes(SPEC)[1]
    assert (failure.type, failure.message) == (type(error).__name__, str(error))
    assert rj.open_study(study)["finished"].values.tolist() == [True, False, True, True]
    second = run(spec, "--out", study)
    assert second.exit_code == 0
    assert "3 found, 1 run" in second.output
    assert not failures(study)


def test_a_file_that_a_cell_cannot_read_fails_it_alone(spec, tmp_path, monkeypatch):
    study = tmp_path / "study"

    def reads(self, first_seed=0, how=engine.USUAL):
        if self.learning_rate == 0.01:
            Path(tmp_path / "nowhere.npy").read_bytes()
        return RUN(self, first_seed, how)

    monkeypatch.setattr(Setting, "run", reads)
    result = run(spec, "--out", study)
    assert result.exit_code == 1
    assert "4 cells: 2 failed, 2 run" in result.output
    assert "FileNotFoundError: [Errno 2]" in result.output
    assert "Could not go on" not in result.output
    found = failures(study)
    assert list(found) == sorted(hashes(SPEC)[1::2])
    assert {failure.type for failure in found.values()} == {"FileNotFoundError"}


@pytest.mark.slow
def test_interrupt_and_full_disk_keep_what_is_finished(spec, tmp_path, monkeypatch):
    study = tmp_path / "study"
    with monkeypatch.context() as patched:
        patched.setattr(Setting, "run", stopped_at(2))
        first = run(spec, "--out", study)
    assert first.exit_code == 130
    assert INTERRUPTED in first.output
    assert "after 1 of 4 cells" in first.output
    assert rj.open_study(study)["finished"].values.sum() == 1

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(_cell, "write_cell", full)
        second = run(spec, "--out", study)
    assert second.exit_code == 1
    assert f"Could not go on: [Errno 28] No space left on device: '{study}'" in words(second)
    assert rj.open_study(study)["finished"].values.sum() == 1
    assert not failures(study)
    assert "1 found, 3 run" in run(spec, "--out", study).output


LONG = SPEC.replace("iterations: 4", "iterations: 120").replace("[0.003, 0.01]", "0.003")


def test_checkpoints_are_made_as_often_as_asked_for(tmp_path, monkeypatch):
    (tmp_path / "spec.yaml").write_text(LONG)
    saved, save = [], _checkpoints.save

    def noted(checkpoints, step, *rest):
        saved.append((Path(checkpoints.folder).relative_to(tmp_path / "study"), step))
        return save(checkpoints, step, *rest)

    monkeypatch.setattr(_runs, "save", noted)
    result = run(tmp_path / "spec.yaml", "--out", tmp_path / "study", "--checkpoint-every", 50)
    assert result.exit_code == 0, result.output
    folders = [Path("unfinished", hash, "0-2") for hash in hashes(LONG)]
    assert saved == [(folder, step) for folder in folders for step in (50, 100, 120)]
    # They are of no use any more.
    assert not list((tmp_path / "study" / "unfinished").iterdir())


def test_a_disk_that_is_full_of_checkpoints_stops_everything(tmp_path, monkeypatch):
    (tmp_path / "spec.yaml").write_text(LONG)
    study, calls = tmp_path / "study", []

    class Full:
        def __init__(self, manager):
            self.manager = manager

        def save(self, *_, **__):
            calls.append(1)
            raise ValueError("RESOURCE_EXHAUSTED: No space left on device\nand more")

        def __getattr__(self, name):
            return getattr(self.manager, name)

    manager = _checkpoints._manager

    @contextlib.contextmanager
    def full(folder):
        with manager(folder) as made:
            yield Full(made)

    with monkeypatch.context() as patched:
        patched.setattr(_checkpoints, "_manager", full)
        result = run(tmp_path / "spec.yaml", "--out", study, "--checkpoint-every", 50)
    assert result.exit_code == 1
    said = words(result)
    assert "Could not go on: the checkpoint of update 50 could not be written" in said
    assert "RESOURCE_EXHAUSTED: No space left on device. What is finished is kept" in said
    # The second cell was not begun, as it would have met the same disk.
    assert calls == [1]
    assert not failures(study)
    assert not rj.open_study(study)["finished"].any()
    assert "2 cells: 2 run" in run(tmp_path / "spec.yaml", "--out", study).output


def test_dry_run_counts_and_writes_nothing(spec, tmp_path):
    result = run(spec, "--out", tmp_path / "study", "--dry-run")
    assert result.exit_code == 0, result.output
    text = " ".join(result.output.split())
    assert "4 cells (varying: start, learning_rate), 8 networks, 32 updates" in text
    assert re.search(r"ms for an update of the first cell, the median of 9 measurements of", text)
    assert not (tmp_path / "study").exists()


def test_a_dry_run_lists_what_would_change_and_writes_nothing(spec, tmp_path, no_work):
    study = tmp_path / "study"
    create(study, SPEC)
    before = files(study)
    spec.write_text(
        SPEC.replace("[0.003, 0.01]", "[0.01, 0.03]")
        .replace("seeds: 2", "seeds: 5")
        .replace("[weight_change_norm]", "[weight_change_norm, sign_agreement]")
        + "measure_at: [0, 2]\n"
    )
    result = run(spec, "--out", study, "--dry-run")
    assert result.exit_code == 0, result.output
    said = words(result)
    through = "sign_agreement, weight_change_norm_through, sign_agreement_through"
    for change in (
        "2 cells more than before",
        "2 cells no longer asked for, and kept where finished",
        f"more measured ({through}) in 2 cells",
        "seed: 5 instead of 2 in 2 cells",
        "update: 2 instead of 0 in 2 cells",
    ):
        assert f"The study grows: {change}." in said
    assert said.count("The study grows:") == 5
    assert "4 cells (varying: start, learning_rate), 20 networks, 80 updates" in said
    assert f"Of these, 0 are finished in {study}" in said
    assert files(study) == before
    # One that asks for nothing new changes nothing.
    spec.write_text(SPEC)
    assert "grows" not in run(spec, "--out", study, "--dry-run").output
    assert files(study) == before


# Each with what is then trained of each cell that was finished: first seed, seeds, measures and
# updates.
GROWN = {
    "seeds": (
        SPEC.replace("seeds: 2", "seeds: 5"),
        [(2, 3, ("weight_change_norm",), ())],
    ),
    "measures": (
        SPEC.replace("[weight_change_norm]", "[weight_change_norm, sign_agreement]"),
        [(0, 2, ("sign_agreement",), ())],
    ),
    "measure_at": (
        SPEC + "measure_at: [0, 2]\n",
        [(0, 2, ("weight_change_norm",), (0, 2))],
    ),
    "everything": (
        SPEC.replace("seeds: 2", "seeds: 3").replace(
            "[weight_change_norm]", "[weight_change_norm, sign_agreement]"
        )
        + "measure_at: [3, 0]\n",
        [
            (0, 2, ("weight_change_norm", "sign_agreement"), (3, 0)),
            (2, 1, ("weight_change_norm", "sign_agreement"), (0, 3)),
        ],
    ),
}


def assert_same(study, other):
    """Two studies of the same cells, with the same numbers."""
    found, wanted = rj.open_study(study), rj.open_study(other)
    assert set(found.variables) == set(wanted.variables)
    assert found.sizes == wanted.sizes
    for name, values in wanted.variables.items():
        assert found[name].dims == values.dims
        if values.dtype.kind == "f":
            np.testing.assert_allclose(found[name], values, rtol=1e-6, atol=1e-6, err_msg=str(name))
        else:
            np.testing.assert_array_equal(found[name], values, err_msg=str(name))
    assert wanted["finished"].all()
    for hash in wanted["hash"].values:
        one, two = (read_cell(each, hash) for each in (study, other))
        assert one is not None
        assert two is not None
        assert one.attrs == two.attrs


@pytest.mark.parametrize(
    "grown",
    [g if g == "everything" else pytest.param(g, marks=pytest.mark.slow) for g in GROWN],
)
def test_a_study_that_grows_has_the_numbers_of_one_made_in_one_go(spec, tmp_path, trained, grown):
    text, calls = GROWN[grown]
    study, at_once = tmp_path / "study", tmp_path / "at_once"
    # Of the old cells two, of which one rate is not asked for any more.
    text = text.replace("[0.003, 0.01]", "[0.01, 0.03]")
    assert run(spec, "--out", study).exit_code == 0
    trained.clear()
    gone = [h for h in hashes(SPEC) if h not in hashes(text)]
    spec.write_text(text)
    result = run(spec, "--out", study)
    assert result.exit_code == 0, result.output
    assert "The study grows: 2 cells more than before." in result.output
    assert "4 cells: 4 run" in result.output
    # What is finished of a cell is not trained again, unless more of it is measured.
    for rank in (1, 3):
        assert [call[1:] for call in trained if call[0] == (rank, 0.01)] == calls
        assert len([call for call in trained if call[0] == (rank, 0.03)]) == 1
    assert len(trained) == 2 * (len(calls) + 1)
    assert (study / "spec.yaml").read_text() == text
    trained.clear()
    assert "4 cells: 4 found" in run(spec, "--out", study).output
    assert trained == []
    assert not missing_cells(study)
    # What is no longer asked for is kept, after what is.
    dataset = rj.open_study(study)
    assert dataset["hash"].values.tolist() == [*hashes(text), *sorted(gone)]
    assert dataset["finished"].all()
    for hash in gone:
        (study / "cells" / f"{hash}.nc").unlink()
    assert run(spec, "--out", at_once).exit_code == 0
    assert_same(study, at_once)


@pytest.mark.parametrize("first", ["sign_agreement", "weight_change_norm"])
@pytest.mark.slow
def test_whatever_grew_first_every_measure_is_there_at_every_update(spec, tmp_path, trained, first):
    """A measure that another specification did not ask for is not forgotten when it grows."""
    few = SPEC.replace("[0.003, 0.01]", "0.01").replace("rank: [1, 3]", "rank: 3")
    both = few.replace("[weight_change_norm]", "[weight_change_norm, sign_agreement]")
    alone = few.replace("[weight_change_norm]", f"[{first}]")
    study, at_once = tmp_path / "study", tmp_path / "at_once"
    whole = both.replace("seeds: 2", "seeds: 4") + "measure_at: [0, 2, 3]\n"
    for text in (
        both + "measure_at: [0]\n",
        alone + "measure_at: [2]\n",
        alone.replace("seeds: 2", "seeds: 3"),
        whole,
    ):
        spec.write_text(text)
        result = run(spec, "--out", study)
        assert result.exit_code == 0, result.output
        assert not missing_cells(study)
    assert [call[1:] for call in trained] == [
        (0, 2, ("weight_change_norm", "sign_agreement"), (0,)),
        (0, 2, ("weight_change_norm", "sign_agreement"), (2,)),
        (2, 1, ("weight_change_norm", "sign_agreement"), (0, 2)),
        (0, 3, ("weight_change_norm", "sign_agreement"), (3,)),
        (3, 1, ("weight_change_norm", "sign_agreement"), (0, 2, 3)),
    ]
    assert run(spec, "--out", at_once).exit_code == 0
    assert_same(study, at_once)


@pytest.mark.slow
def test_a_cell_may_be_asked_for_more_while_it_is_unfinished(tmp_path, monkeypatch):
    spec, study, at_once = tmp_path / "spec.yaml", tmp_path / "study", tmp_path / "at_once"
    text = LONG.replace("rank: [1, 3]", "rank: 3")
    (hash,) = hashes(text)

    def interrupted(progress):
        if progress.step >= 100:
            raise KeyboardInterrupt

    def stopping(self, first_seed=0, how=engine.USUAL):
        return RUN(self, first_seed, how._replace(on_piece=interrupted))

    both = text.replace("[weight_change_norm]", "[weight_change_norm, sign_agreement]")
    for asked in (text, text + "measure_at: [20, 110]\n"):
        spec.write_text(asked)
        with monkeypatch.context() as patched:
            patched.setattr(Setting, "run", stopping)
            result = run(spec, "--out", study, "--checkpoint-every", 50)
        assert result.exit_code == 130, result.output
        assert list((study / "unfinished" / hash).glob("*/[0-9]*/_CHECKPOINT_METADATA"))
    for asked in (both + "measure_at: [20, 110]\n", both + "measure_at: [20, 60, 110]\n"):
        spec.write_text(asked)
        result = run(spec, "--out", study, "--checkpoint-every", 50)
        assert result.exit_code == 0, result.output
    assert not missing_cells(study)
    assert run(spec, "--out", at_once).exit_code == 0
    assert_same(study, at_once)


@pytest.mark.slow
def test_more_seeds_of_linear_networks_are_those_of_more_at_once(tmp_path, monkeypatch):
    spec, study, at_once = tmp_path / "spec.yaml", tmp_path / "study", tmp_path / "at_once"
    text = (
        "task: linear\nstart: {kind: low_rank, rank: 2}\nn_inputs: 6\nn_hidden: 8\nseeds: SEEDS\n"
    )
    spec.write_text(text.replace("SEEDS", "3"))
    assert run(spec, "--out", study).exit_code == 0
    calls, real = [], LinearSetting.run

    def recorded(self, first_seed=0, how=engine.USUAL):
        calls.append((first_seed, self.seeds))
        return real(self, first_seed, how)

    monkeypatch.setattr(LinearSetting, "run", recorded)
    spec.write_text(text.replace("SEEDS", "7"))
    result = run(spec, "--out", study)
    assert result.exit_code == 0, result.output
    assert "The study grows: seed: 7 instead of 3 in 1 cell." in result.output
    assert calls == [(3, 4)]
    assert run(spec, "--out", at_once).exit_code == 0
    assert_same(study, at_once)


def test_networks_that_are_others_when_trained_again_are_not_mixed(spec, tmp_path, monkeypatch):
    """As after a change of JAX or of the machine."""
    study = tmp_path / "study"
    assert run(spec, "--out", study).exit_code == 0
    before = files(study / "cells")

    def other(self, first_seed=0, how=engine.USUAL):
        dataset = RUN(self, first_seed, how)
        return dataset.assign(loss=dataset["loss"] * 1.01)

    monkeypatch.setattr(Setting, "run", other)
    spec.write_text(SPEC.replace("[weight_change_norm]", "[weight_change_norm, sign_agreement]"))
    result = run(spec, "--out", study)
    assert result.exit_code == 1
    assert "4 cells: 4 failed" in result.output
    assert "loss of networks that were trained again is not what it was" in words(result)
    assert files(study / "cells") == before
    assert len(failures(study)) == 4


PIPED = f"# \u00e9, and no line end{SPEC.replace('[0.003, 0.01]', '0.003').rstrip()}"


def test_a_spec_may_come_through_a_pipe_and_its_text_is_kept(tmp_path):
    pipe, study = tmp_path / "pipe", tmp_path / "study"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(PIPED, encoding="utf-8"), daemon=True)
    writer.start()
    result = run(pipe, "--out", study)
    writer.join(10)
    assert result.exit_code == 0, result.output
    assert "2 cells: 2 run" in result.output
    assert pipe.is_fifo()
    assert (study / "spec.yaml").read_bytes() == PIPED.encode()
    # The same from a file is the same study.
    (tmp_path / "spec.yaml").write_text(PIPED, encoding="utf-8")
    assert "2 cells: 2 found" in run(tmp_path / "spec.yaml", "--out", study).output


@pytest.mark.slow
def test_a_spec_may_come_from_another_command(tmp_path):
    study = tmp_path / "study"
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from experiments.cli import main; main()"),
            *("sweep", "/dev/stdin", "--out", str(study)),
        ],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        input=PIPED.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout.decode()
    assert "2 cells: 2 run" in done.stdout.decode()
    assert (study / "spec.yaml").read_bytes() == PIPED.encode()


def test_a_bad_spec_is_refused_before_any_work(spec, tmp_path, no_work):
    spec.write_text(SPEC.replace("rank: [1, 3]", "rank: [1, 7]").replace("batch", "bach"))
    result = run(spec, "--out", tmp_path / "other")
    assert result.exit_code == 2
    assert "bach" in result.output
    assert "batch" in result.output
    assert "rank" in result.output
    assert not (tmp_path / "other").exists()
    # Nor does a study become another one by it.
    create(tmp_path / "study", SPEC)
    before = files(tmp_path / "study")
    assert run(spec, "--out", tmp_path / "study").exit_code == 2
    assert files(tmp_path / "study") == before


OWN = """
import dataclasses
import richlazy_jax as rj

@dataclasses.dataclass(frozen=True)
class Other:
    n_inputs: int = 3
    n_outputs: int = 3
    n_steps: int = 8
    decision_step: int = 7
    name: str = "other"

    def sample(self, key, n_trials):
        return rj.task_by_name("2AF").sample(key, n_trials)
"""


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_other_code_behind_the_same_name_is_refused_before_any_work(spec, tmp_path, no_work, dry):
    study, name = tmp_path / "study", f"own_task_{'dry' if dry else 'wet'}"
    (tmp_path / f"{name}.py").write_text(OWN)
    text = SPEC.replace("2AF", f"{name}:Other")
    spec.write_text(text)
    try:
        grids = engine.read_spec(spec, EXPERIMENTS)
        create_study(study, text, {}, [cell.wanted() for cell in engine.cells(grids)])
        before = files(study)
        # As in a later process, which knows nothing of the class as it was.
        sys.modules.pop(name)
        (tmp_path / f"{name}.py").write_text(f"{OWN}# changed\n")
        result = run(spec, "--out", study, *dry)
    finally:
        sys.modules.pop(name, None)
    assert result.exit_code == 2, result.output
    assert "the code, the images or the precision under the same name are others now" in words(
        result
    )
    assert files(study) == before


def test_another_precision_is_refused_before_any_work(spec, tmp_path, no_work):
    study = tmp_path / "study"
    create(study, SPEC, environment_record() | {"x64": True})
    before = files(study)
    result = run(spec, "--out", study)
    assert result.exit_code == 2
    assert "is of float64 numbers; allowed is the precision that it was made with" in words(result)
    assert files(study) == before


def test_what_is_no_study_or_one_of_an_earlier_format_is_refused(spec, tmp_path, no_work):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_text("")
    result = run(spec, "--out", tmp_path / "folder")
    assert result.exit_code == 2
    assert "is no study and not empty, as it holds 'mine.txt'" in words(result)
    assert [each.name for each in (tmp_path / "folder").iterdir()] == ["mine.txt"]
    study = tmp_path / "study"
    create(study, SPEC)
    listed = json.loads((study / "wanted.json").read_text())
    (study / "wanted.json").write_text(json.dumps(listed | {"format": 99}))
    for gone, said in ((False, "has format 99"), (True, "as studies of format 1 have none")):
        if gone:
            (study / "wanted.json").unlink()
        before = files(study)
        for dry in ((), ("--dry-run",)):
            result = run(spec, "--out", study, *dry)
            assert result.exit_code == 2
            assert said in words(result)
        assert files(study) == before


@pytest.mark.parametrize("error", ["no file [/data/x.csv]", "[bold]x", "a\x1b[2Jb :smile:"])
def test_what_is_a_users_is_no_markup(tmp_path, monkeypatch, error):
    spec, out = tmp_path / "spec.yaml", tmp_path / "br[bold]x"
    spec.write_text(SPEC)

    def failing(*_, **__):
        raise RuntimeError(error)

    monkeypatch.setattr(Setting, "run", failing)
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

    monkeypatch.setattr(_counts.time, "perf_counter", now)
    measured = engine.pace(cells(spec.read_text())[0], updates=10, times=3)
    assert measured == (pytest.approx(0.12 / 50), 3, 50)
