"""What a study was computed with."""

import json
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import jax
import pytest

from richlazy_jax.studies import _environment, environment_record


def test_versions_devices_and_nothing_private(monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "private-host")
    monkeypatch.setenv("USER", "private-user")
    monkeypatch.setenv("HOME", "/private-home")
    record = environment_record()
    assert record["python"] == platform.python_version()
    assert record["versions"]["jax"] == metadata.version("jax")
    assert record["versions"]["xarray"] == metadata.version("xarray")
    assert len(record["devices"]) == len(jax.devices())
    assert record["devices"][0]["platform"] == jax.devices()[0].platform
    assert record["x64"] is False
    text = json.dumps(record)
    assert "private" not in text
    assert str(Path(__file__).parents[3]) not in text
    assert record["git"] is None or set(record["git"]) == {"commit", "dirty"}


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_commit_is_that_of_the_package_s_own_checkout(tmp_path, monkeypatch):
    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)

    def file(name, text=""):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    file("package/__init__.py")
    file(".gitignore", "venv\n")
    file("venv/package/__init__.py")
    assert _environment._commit(tmp_path / "package") is None
    git("init")
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a", "commit", "-m", "a")
    clean = _environment._commit(tmp_path / "package")
    assert clean is not None
    assert len(clean["commit"]) == 40
    assert clean["dirty"] is False
    # Installed within a checkout, but no part of it.
    assert _environment._commit(tmp_path / "venv" / "package") is None
    file("package/new.py")
    assert _environment._commit(tmp_path / "package") == clean | {"dirty": True}
    (tmp_path / "package/new.py").unlink()
    file("package/__init__.py", "x = 1")
    assert _environment._commit(tmp_path / "package") == clean | {"dirty": True}
    monkeypatch.setenv("PATH", "")
    assert _environment._commit(tmp_path / "package") is None
