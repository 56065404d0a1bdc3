"""Kernels, models, training and the ODE solver at both ends of the versions that are allowed."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(
    # The newest JAX is not for the oldest Python, so that "highest" takes the newest there is.
    ("resolution", "versions"),
    [("lowest-direct", ["3.11"]), ("highest", ["3.13", "3.12", "3.11"])],
)
def test_in_a_fresh_environment(resolution, versions, tmp_path, uv):
    folder = tmp_path / "venv"
    python = folder / "bin" / "python"

    def call(*command):
        # From the root, where uv finds the overrides of pyproject.toml.
        run = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True)
        print(run.stdout, run.stderr)
        return run.returncode == 0

    assert any(call(uv, "venv", "--python", version, folder) for version in versions)
    install = uv, "pip", "install", "--python", python, "--resolution", resolution
    assert call(*install, "-e", ".[dev]")
    assert call(python, "-c", "import jax; print('JAX', jax.__version__)")
    folders = ("kernels", "models", "training", "connectivity")
    tests = [f"tests/richlazy_jax/{folder}" for folder in folders]
    # The solver depends on JAX as closely as neural-tangents does.
    tests += ["tests/theory/dynamics/test_numerical_trajectory.py", "tests/test_import.py"]
    assert call(python, "-m", "pytest", *tests)
