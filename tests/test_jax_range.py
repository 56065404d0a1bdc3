"""The kernels work at both ends of the range of versions that pyproject.toml allows."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UV = shutil.which("uv")


@pytest.mark.slow
@pytest.mark.skipif(UV is None, reason="uv is not on the path")
@pytest.mark.parametrize(
    # The newest JAX has left Python 3.11 behind.
    ("resolution", "version"),
    [("lowest-direct", "3.11"), ("highest", "3.12")],
)
def test_kernels_in_a_fresh_environment(resolution, version, tmp_path):
    folder = tmp_path / "venv"
    python = folder / "bin" / "python"

    def call(*command):
        # From the root, so that uv reads the overrides of pyproject.toml.
        run = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    call(UV, "venv", "--python", version, folder)
    call(UV, "pip", "install", "--python", python, "--resolution", resolution, "-e", ".[dev]")
    print("JAX", call(python, "-c", "import jax; print(jax.__version__)").strip())
    call(python, "-m", "pytest", "tests/richlazy_jax/kernels", "tests/test_import.py")
