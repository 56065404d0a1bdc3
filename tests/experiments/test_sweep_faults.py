"""Sweeps that are run twice at once: nothing is wrong or done twice."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli

SPEC = """
task: 2AF
start:
  - {kind: low_rank, rank: [1, 3]}
n_hidden: 6
iterations: ITERATIONS
batch: 3
seeds: 3
measures: [weight_change_norm, kernel_alignment]
kernel_trials: 4
activity_trials: 5
"""
COMMAND = "import sys; from experiments.cli import main; sys.argv[0] = 'richlazy'; main()"
EVERY = 200


def started(spec, study, flags=""):
    arguments = ["sweep", str(spec), "--out", str(study), "--checkpoint-every", str(EVERY)]
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"XLA_FLAGS": os.environ.get("XLA_FLAGS", "") + flags},
    )


def run(spec, study):
    return CliRunner().invoke(
        cli.app, ["sweep", str(spec), "--out", str(study), "--checkpoint-every", str(EVERY)]
    )


def write_spec(path, iterations):
    path.write_text(SPEC.replace("ITERATIONS", str(iterations)))
    return path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    result = run(write_spec(folder / "spec.yaml", 400), folder / "study")
    assert result.exit_code == 0, result.output
    dataset = rj.open_study(folder / "study").load()
    assert dataset["finished"].all()
    return dataset


@pytest.mark.slow
def test_two_runs_at_once_on_eight_devices_share_the_cells(tmp_path, undisturbed):
    spec, study = write_spec(tmp_path / "spec.yaml", 400), tmp_path / "study"
    both = [started(spec, study, " --xla_force_host_platform_device_count=8") for _ in range(2)]
    try:
        said = [process.communicate(timeout=300)[0] for process in both]
    finally:
        for process in both:
            process.kill()
    assert [process.returncode for process in both] == [0, 0], said
    run_by_each = [int(found[1]) if (found := re.search(r"(\d+) run", s)) else 0 for s in said]
    assert sum(run_by_each) == 2, said
    xr.testing.assert_allclose(rj.open_study(study).load(), undisturbed, rtol=1e-5)
    assert np.isfinite(undisturbed["kernel_alignment"]).all()
