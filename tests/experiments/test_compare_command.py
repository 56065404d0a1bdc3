"""`richlazy compare` on studies made up by hand."""

import re

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from experiments import cli
from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import cells, spec_grids
from richlazy_jax.studies import create_study, write_cell

SPEC = """
task: {task}
start: {{kind: low_rank, rank: {ranks}}}
n_hidden: 20
seeds: 8
learning_rate: {rate}
"""


def study_of(path, more, task="2AF", rate=0.003, ranks=(1, 5)):
    """A study whose alignments are made up; `more` is added to each."""
    spec = SPEC.format(task=task, rate=rate, ranks=[*ranks])
    wanted = [cell.wanted() for cell in cells(spec_grids(spec, EXPERIMENTS))]
    create_study(path, spec, {"python": "3.11", "devices": [], "git": None}, wanted)
    for place, each in enumerate(wanted):
        values = 0.2 * place + 0.001 * np.arange(8) + more
        data = {"kernel_alignment": ("seed", values), "loss": ("seed", np.full(8, 0.1))}
        write_cell(path, each.record, xr.Dataset(data, {"seed": range(8), "start": str(place)}))
    return path


def compared(*studies):
    return CliRunner().invoke(cli.app, ["compare", *map(str, studies)])


def test_cells_of_both_stand_side_by_side(tmp_path):
    studies = study_of(tmp_path / "one", 0.1), study_of(tmp_path / "other", 0.35, rate=0.01)
    result = compared(*studies)
    assert result.exit_code == 0, result.output
    text = result.output
    assert f"learning_rate: 0.003 in {studies[0]}, 0.01 in {studies[1]}" in text
    # Each cell by what the other cells are not.
    named = [line.strip() for line in text.splitlines() if line.startswith("low_rank(")]
    assert named == ["low_rank(rank=1, keep=frobenius)", "low_rank(rank=5, keep=frobenius)"]
    rows = re.findall(r"kernel alignment +(\S+) .*? +(\S+) \(.*? +(0\.25\S*) ", text)
    means = np.array([[float(value) for value in row] for row in rows])
    expected = [[0.1035, 0.3535, 0.25], [0.3035, 0.5535, 0.25]]
    np.testing.assert_allclose(means, expected, atol=1e-4)
    assert text.endswith(f"Next: richlazy report {studies[1]}\n")


@pytest.mark.parametrize("task", ["DMS", "CXT"])
def test_studies_that_share_a_cell_but_for_the_task(tmp_path, task):
    result = compared(study_of(tmp_path / "one", 0.1), study_of(tmp_path / "other", 0.1, task))
    assert result.exit_code == 0, result.output
    assert f"task: 2AF in {tmp_path / 'one'}, {task} in {tmp_path / 'other'}" in result.output


def test_studies_without_a_cell_in_common(tmp_path):
    one, other = (study_of(tmp_path / str(rank), 0.1, ranks=[rank]) for rank in (1, 5))
    result = compared(one, other)
    assert result.exit_code == 1
    for study, rank in ((one, 1), (other, 5)):
        such = f"such as low_rank(rank={rank}, keep=frobenius)"
        assert f"1 of 1 cells in {study} alone, {such}\n" in result.output
    assert "No cell of one is a cell of the other." in result.output
    assert "Next" not in result.output
