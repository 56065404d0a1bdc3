"""`python -m richlazy_jax` and `richlazy` begin in one place, and fast."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from experiments import cli
from experiments.cli._app import COMMANDS, outline

ROOT = Path(__file__).parents[1]


@pytest.fixture
def installed(tmp_path):
    """A folder that names the command, as an installation does."""
    info = tmp_path / "site" / "richlazy_jax-9.9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: richlazy-jax\nVersion: 9.9\n")
    (info / "entry_points.txt").write_text(
        "[richlazy_jax.program]\nrichlazy = experiments.cli:main\n"
    )
    return tmp_path / "site"


def started(*arguments, path, folder):
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path)), "COLUMNS": "80"},
        check=False,
    )


def test_the_module_runs_the_command(installed, tmp_path):
    ran = started("-m", "richlazy_jax", "--version", path=[installed, ROOT], folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "richlazy 9.9\n"), ran.stderr
    ran = started("-m", "richlazy_jax", "verfy", path=[installed, ROOT], folder=tmp_path)
    assert ran.returncode == 2
    assert ran.stderr.startswith("Usage: richlazy ")
    assert "Did you mean 'verify'?" in ran.stderr


@pytest.mark.parametrize("name", ["theory", "experiments"])
@pytest.mark.parametrize("as_file", [False, True])
def test_a_folder_that_shadows_ours_is_named_in_one_sentence(installed, tmp_path, name, as_file):
    other = tmp_path / "mine" / (f"{name}.py" if as_file else name)
    other.parent.mkdir()
    if as_file:
        other.write_text("")
    else:
        other.mkdir()
        (other / "__init__.py").write_text("")
    ran = started("-m", "richlazy_jax", "--help", path=[installed, ROOT], folder=other.parent)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1
    assert f"Python found {name} in {other} and not in {ROOT / name}" in ran.stderr


SLOW = {
    *("jax", "jaxlib", "flax", "optax", "diffrax", "equinox", "numpy", "scipy", "pandas"),
    *("xarray", "matplotlib", "numba", "networkx", "h5py", "yaml", "torch", "orbax", "theory"),
    *("neural_tangents", "distributed", "dask", "jaxtyping", "beartype"),
}


def test_import_of_the_package_imports_nothing_slow(tmp_path):
    script = "import richlazy_jax, sys; print(*sys.modules)"
    ran = started("-c", script, path=[ROOT], folder=tmp_path)
    loaded = {name.partition(".")[0] for name in ran.stdout.split()}
    assert "richlazy_jax" in loaded
    assert not loaded & SLOW


@pytest.mark.parametrize("arguments", [["--help"], ["verfy"], ["--version"], []])
def test_help_and_typos_load_no_command(arguments, tmp_path):
    script = """
import sys
from experiments.cli._app import app_for
sys.argv = ["richlazy", *sys.argv[1:]]
try:
    app_for(sys.argv[1:])()
except SystemExit:
    pass
print(*sys.modules)
"""
    ran = started("-c", script, *arguments, path=[ROOT], folder=tmp_path)
    loaded = set(ran.stdout.splitlines()[-1].split())
    assert "experiments.cli._app" in loaded, ran.stderr
    assert not {name.partition(".")[0] for name in loaded} & SLOW
    assert not {f"experiments.cli.{place}" for place, _, _ in COMMANDS.values()} & loaded
    assert not {"experiments.engine", "experiments.kinds", "experiments.findings"} & loaded


def test_the_list_of_commands_says_what_each_says_of_itself():
    for command in cli.app.registered_commands:
        whole = command.help or command.callback.__doc__
        first = " ".join(whole.split("\n\n")[0].split())
        assert first.startswith(COMMANDS[command.name][2]), command.name


@pytest.mark.parametrize("width", [80, 200])
def test_help_fits_and_cuts_nothing(width):
    shown = CliRunner().invoke(outline(), ["--help"], terminal_width=width).output
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown
    assert "..." not in shown.replace("[ARGS]...", "")
    assert "<bool>" not in shown
