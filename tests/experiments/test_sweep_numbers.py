"""The numbers of a sweep, wherever it is run."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import richlazy_jax as rj
from experiments import engine
from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import run_distributed, run_study, spec_grids

RECURRENT = """
task: 2AF
start:
  - {kind: low_rank, rank: [1, 3]}
n_hidden: 6
iterations: 600
batch: 3
seeds: 3
kernel_trials: 4
activity_trials: 5
"""
LINEAR = """
task: linear
start:
  - {kind: low_rank, rank: [1, 3]}
n_inputs: 6
n_hidden: 8
seeds: 11
"""
COMMAND = """
import jax
assert len(jax.local_devices()) == 8
from experiments.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("text", [RECURRENT, LINEAR], ids=["recurrent", "linear"])
def test_here_on_two_workers_and_on_eight_devices_they_are_the_same(text, tmp_path):
    spec, here = tmp_path / "spec.yaml", tmp_path / "here"
    spec.write_text(text)
    cells = engine.cells(spec_grids(text, EXPERIMENTS))
    assert {each.status for each in run_study(cells, text, here)} == {"run"}
    work = run_distributed(cells, text, tmp_path / "workers", workers=2)
    assert {each.status for each in work} == {"run"}
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=8"
    subprocess.run(
        [sys.executable, "-c", COMMAND, "sweep", spec, "--out", tmp_path / "devices"],
        env=os.environ | {"XLA_FLAGS": flags, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=True,
        timeout=400,
    )
    wanted = rj.open_study(here)
    assert wanted["hash"].values.tolist() == [cell.wanted().hash for cell in cells]
    assert wanted["finished"].all()
    compared = [name for name, values in wanted.items() if values.dtype.kind in "fiub"]
    assert {"kernel_alignment", "loss", "diverged"} < set(compared)
    for study in ("workers", "devices"):
        found = rj.open_study(tmp_path / study)
        assert set(found.variables) == set(wanted.variables)
        np.testing.assert_array_equal(found["hash"], wanted["hash"])
        for name in compared:
            # That of float32, which XLA may round otherwise where devices have other shares.
            np.testing.assert_allclose(
                found[name], wanted[name], rtol=1e-5, atol=1e-5, err_msg=f"{study}: {name}"
            )
