"""What is built of this repository installs, runs and has types, away from the repository."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("experiments", "richlazy_jax", "theory")

pytestmark = pytest.mark.slow


def ran(*command, folder=ROOT):
    """What a command prints, which has to succeed; folders of ours are not on its path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


class Built(NamedTuple):
    sdist: Path
    wheel: Path
    wheel_of_sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory, uv):
    folder = tmp_path_factory.mktemp("dist")
    ran(uv, "build", "--sdist", "--out-dir", folder)
    ran(uv, "build", "--wheel", "--out-dir", folder)
    (sdist,) = folder.glob("*.tar.gz")
    # Given a file, uv builds from what is in it, and not from the tree.
    ran(uv, "build", "--wheel", "--out-dir", folder / "of_sdist", sdist, folder=folder)
    (wheel,), (wheel_of_sdist,) = folder.glob("*.whl"), folder.glob("of_sdist/*.whl")
    return Built(sdist, wheel, wheel_of_sdist)


@pytest.fixture(scope="module", params=["wheel", "sdist"])
def python(request, built, tmp_path_factory, uv):
    """The interpreter of an environment that holds one of the two and what it depends on."""
    folder = tmp_path_factory.mktemp("environment")
    ran(uv, "venv", "--python", sys.executable, folder / "venv")
    python = folder / "venv" / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    file = getattr(built, request.param)
    # From the root, where uv finds the overrides that leave TensorFlow out.
    ran(uv, "pip", "install", "--python", python, "-c", constraints, file)
    return python


def in_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def known_to_git(*options):
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone, so nothing says which files belong to it")
    return set(ran("git", "ls-files", *options).splitlines())


def test_the_wheel_has_all_files_of_the_packages(built):
    ours = {name for name in known_to_git() if PurePosixPath(name).parts[0] in PACKAGES}
    data = {name for name in ours if not name.endswith(".py")}
    assert {f"{package}/py.typed" for package in PACKAGES} <= data
    assert {PurePosixPath(name).suffix for name in data} >= {".yaml", ".csv", ".css", ".js"}
    assert ours <= in_wheel(built.wheel)


def test_the_wheel_has_nothing_else(built):
    places = {PurePosixPath(name).parts[0] for name in in_wheel(built.wheel)}
    assert {place for place in places if not place.endswith(".dist-info")} == {*PACKAGES}
    assert not [name for name in in_wheel(built.wheel) if "__pycache__" in name]


def test_an_index_shows_the_readme_without_what_it_cannot_reach(built):
    """Links into the repository lead nowhere from a package index, and the figure is not there."""
    with zipfile.ZipFile(built.wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("/METADATA"))
        shown = archive.read(name).decode()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)]*)\)", shown)
    assert targets
    assert all(target.startswith("https://") for target in targets)
    assert "Lines are theory" in readme
    assert "Lines are theory" not in shown
    # All else is there, links as their words.
    assert "| Does the theory hold? | All 53 statements hold" in shown
    for block in re.findall(r"```.*?```", readme, flags=re.DOTALL):
        assert block in shown
    for heading in re.findall("^#+ .*$", readme, flags=re.MULTILINE):
        assert heading in shown


def test_the_sdist_makes_the_same_wheel(built):
    with zipfile.ZipFile(built.wheel) as one, zipfile.ZipFile(built.wheel_of_sdist) as other:
        contents = [{name: each.read(name) for name in each.namelist()} for each in (one, other)]
    assert contents[0] == contents[1]


def test_the_sdist_has_what_git_has_and_nothing_large(built):
    with tarfile.open(built.sdist) as archive:
        sizes = {
            str(PurePosixPath(*PurePosixPath(each.name).parts[1:])): each.size
            for each in archive.getmembers()
            if each.isfile()
        }
    assert {"pyproject.toml", "LICENSE", "README.md", "constraints.txt"} <= sizes.keys()
    # What git ignores, such as environments and studies, is not in it.
    seen = known_to_git("--cached", "--others", "--exclude-standard")
    assert sizes.keys() - seen == {"PKG-INFO"}
    assert max(sizes.values()) < 2**20
    assert built.sdist.stat().st_size < 10 * 2**20


def test_its_command_runs(python, tmp_path):
    command = python.with_name("richlazy")
    version = ran(command, "--version", folder=tmp_path)
    assert version.startswith("richlazy ")
    assert ran(python, "-m", "richlazy_jax", "--version", folder=tmp_path) == version
    assert "verify" in ran(command, "--help", folder=tmp_path)
    # It lists what is in its folder of specifications.
    assert "learning-rate" in ran(command, "control", folder=tmp_path)


SCRIPT = """
import sys
from pathlib import Path
import jax.numpy as jnp
import numpy as np
import experiments, richlazy_jax, theory

for package in (experiments, richlazy_jax, theory):
    place = Path(package.__file__).resolve()
    assert Path(sys.prefix).resolve() in place.parents, place
for name in richlazy_jax.SHIPPED_CONNECTOMES:
    assert richlazy_jax.shipped_connectome(name).sparse.nnz
assert len(richlazy_jax.potjans_diesmann().names) == 8
kernels = np.load("kernels.npy")
print(float(richlazy_jax.kernel_alignment(*jnp.asarray(kernels))))
"""


def test_it_computes_from_where_it_is_installed(python, tmp_path):
    factors = np.random.default_rng(0).normal(size=(2, 12, 5)).astype(np.float32)
    kernels = factors @ factors.transpose(0, 2, 1)
    np.save(tmp_path / "kernels.npy", kernels)
    a, b = kernels.astype(float)
    expected = np.trace(a @ b) / np.sqrt(np.trace(a @ a) * np.trace(b @ b))
    # Sums of 144 terms in float32.
    rounding = 144 * np.finfo(np.float32).eps
    assert abs(float(ran(python, "-c", SCRIPT, folder=tmp_path)) - expected) < rounding


USER = """\
import jax.numpy as jnp
import richlazy_jax as rj
import theory
from experiments.kinds.recurrent import Setting

kernel = jnp.eye(3)
reveal_type(rj.kernel_alignment)
reveal_type(rj.kernel_alignment(kernel, kernel))
reveal_type(theory.expected_kernel_alignment(kernel, d=3))
reveal_type(Setting(task="2AF").seeds)
"""


# The other one has the same files.
@pytest.mark.parametrize("python", ["wheel"], indirect=True)
def test_mypy_finds_its_types(python, tmp_path):
    (tmp_path / "user.py").write_text(USER)
    how = "--python-executable", python, "--cache-dir", tmp_path / "cache"
    said = ran(sys.executable, "-m", "mypy", "--strict", *how, "user.py", folder=tmp_path)
    *revealed, last = said.splitlines()
    assert last.startswith("Success")
    types = [line.partition("Revealed type is ")[2].strip('"') for line in revealed]
    array = "jax._src.basearray.Array"
    function = f"def (kernel: {array}, other: {array}) -> {array}"
    assert types == [function, array, array, "int"]
