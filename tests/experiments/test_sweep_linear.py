"""Sweeps of linear networks, from YAML to a report beside theory."""

import itertools

import pytest
import yaml
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli, engine
from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import SpecError, spec_grids
from experiments.kinds.linear import LinearSetting
from experiments.kinds.recurrent import LowRank, Null, Setting


def sweep_spec(text, name="spec"):
    """The one grid of a text."""
    (found,) = spec_grids(text, EXPERIMENTS, name)
    return found


def cells(of):
    return engine.cells([of])


def to_yaml(of):
    return engine.to_yaml([of])


NULL = "start: {kind: null}\n"
SPEC = """
task: linear
start:
  - {kind: low_rank, rank: [1, 2]}
  - {kind: null}
n_inputs: 6
n_hidden: 8
seeds: 60
"""


def test_a_lone_start_has_every_default_of_the_setting():
    spec = sweep_spec("task: linear\n" + NULL)
    assert cells(spec) == [LinearSetting()]
    assert sweep_spec(to_yaml(spec)) == spec
    # What means nothing is not written, so that it can be read.
    assert set(yaml.safe_load(to_yaml(spec))) == {
        "experiment",
        "task",
        "start",
        "n_hidden",
        "iterations",
        "learning_rate",
        "n_inputs",
        "sigma",
        "random_seed",
        "seeds",
    }
    assert not {"n_inputs", "sigma"} & set(yaml.safe_load(to_yaml(sweep_spec(NULL))))


def test_a_grid_is_these_settings_in_this_order():
    text = """
    task: [linear]
    start: [{kind: low_rank, rank: [1, 3]}, {kind: null}]
    n_hidden: [7, 9]
    sigma: [1e-3, 1e-5]
    n_inputs: 5
    iterations: 300
    seeds: 4
    random_seed: [1, 2]
    """
    spec = sweep_spec(text)
    assert spec.varying == ("start", "n_hidden", "sigma", "random_seed")
    grid = itertools.product((LowRank(1), LowRank(3), Null()), (7, 9), (1e-3, 1e-5), (1, 2))
    assert cells(spec) == [
        LinearSetting(
            starts=(start,),
            seeds=4,
            n_inputs=5,
            n_hidden=h,
            iterations=300,
            sigma=sigma,
            random_seed=seed,
        )
        for start, h, sigma, seed in grid
    ]
    assert sweep_spec(to_yaml(spec)) == spec
    found = engine.counts(cells(spec))
    assert (found["cells"], found["runs"]) == (24, 96)
    assert found["updates"] == 24 * 4 * 300
    # Both layers before and after, a target and three squares of inputs, in float32.
    assert found["cell_bytes"] == 4 * 4 * (2 * (9 * 5 + 9) + 5 + 3 * 25)
    assert found["kernel_bytes"] == 4 * 25


def test_all_faults_are_told_at_once_each_at_its_place():
    text = """\
task: linear
start:
  - {kind: low_rank, rank: [1, 6]}
  - {kind: dale}
  - {kind: connectome, source: celegans_varshney2011}
momentum: 0.9
measures: [kernel_alignment]
images: digits
sigma: [1e-3, 0]
n_hidden: [4, 10]
n_inputs: 5
leak: [0, 2]
learning_rate: -1
"""
    with pytest.raises(SpecError) as caught:
        sweep_spec(text, "spec.yaml")
    expected = [
        (3, 32, "start.rank is 6 with n_hidden 4 and n_inputs 5: ranks holds 6; allowed are whole"),
        (4, 12, "start.kind is 'dale'; allowed are null, low_rank."),
        (5, 12, "start.kind is 'connectome'; allowed are null, low_rank"),
        (
            6,
            11,
            "momentum is given and the experiment is 'linear'; allowed with it are task, start",
        ),
        (7, 11, "measures is given and the experiment is 'linear'; "),
        (8, 9, "images is given and the experiment is 'linear'; "),
        (9, 15, "sigma is 0; allowed are numbers above 0."),
        (12, 7, "leak is given and the experiment is 'linear'; "),
        (13, 16, "learning_rate is -1; allowed are numbers above 0."),
    ]
    for fault, (line, column, start) in zip(caught.value.faults, expected, strict=True):
        assert (fault.line, fault.column) == (line, column)
        assert fault.message.startswith(start)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("task: [2AF, linear]\n", r"line 1, column 13: task is 'linear' beside '2AF'; allowed is"),
        ("sigma: 1e-3\n", r"line 1, column 8: sigma is given and the experiment is 'recurrent'; "),
        (
            "task: [DMS, CXT]\nn_inputs: 3\n",
            r"line 2.* n_inputs is given and the experiment is 'recurrent'",
        ),
        ("task: linear\nsigma: small\n", r"sigma is 'small'; allowed are numbers above 0\."),
        ("task: linear\nn_inputs: 1001\n", r"n_inputs is 1001; allowed are .* from 1 to 1000"),
        ("task: Linear\n", r"task is 'Linear'; .*nearest of them is 'linear'"),
    ],
)
def test_each_fault_is_named(text, said):
    with pytest.raises(SpecError, match=said) as caught:
        sweep_spec(text + NULL)
    assert len(caught.value.faults) == 1


def test_fields_of_a_task_that_was_refused_are_not_blamed():
    with pytest.raises(SpecError) as caught:
        sweep_spec("task: [linear, 2AF]\nsigma: 1\nmomentum: 2\n" + NULL)
    first, second = caught.value.faults
    assert "task is 'linear' beside '2AF'" in first.message
    assert second.message.startswith("momentum is 2; ")
    assert all(isinstance(cell, Setting) for cell in cells(sweep_spec(NULL)))


def run(*arguments):
    result = CliRunner().invoke(cli.app, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_a_study_is_run_kept_and_reported_beside_theory(tmp_path, monkeypatch):
    spec, study = tmp_path / "spec.yaml", tmp_path / "study"
    spec.write_text(SPEC)
    said = run("sweep", spec, "--out", study, "--dry-run")
    assert "3 cells (varying: start), 180 networks, 90,000 updates" in said
    assert "3 cells: 3 run" in run("sweep", spec, "--out", study)
    dataset = rj.open_study(study).sortby("start")
    assert dataset["start"].values.tolist() == ["null", "rank 1", "rank 2"]
    assert dataset["rank"].values[1:].tolist() == [1, 2]
    assert dataset["kernel_alignment"].sizes == {"cell": 3, "seed": 60}
    assert "zero function" in dataset["loss"].attrs["long_name"]
    assert float(dataset["loss"].max()) < 1e-6
    said = run("report", study)
    assert "3 of 3 cells finished, 0 missing, 0 failed" in said
    page = (study / "report.html").read_text()
    assert "agrees with theory in 3 of 3 cells" in page
    # All of them learned to rounding.
    assert "Not drawn, because all networks agree but for rounding" in page
    assert "share of that of the zero function" in page
    assert "nats" not in page
    monkeypatch.setattr(LinearSetting, "run", lambda *_, **__: pytest.fail("a cell was run twice"))
    assert "3 cells: 3 found" in run("sweep", spec, "--out", study)
