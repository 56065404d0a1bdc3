"""What a study was computed with and on."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = (
    "richlazy-jax",
    "filelock",
    "flax",
    "h5netcdf",
    "h5py",
    "jax",
    "jax-cuda12-plugin",
    "jaxlib",
    "neural-tangents",
    "numpy",
    "optax",
    "scipy",
    "xarray",
)
_PACKAGE_FOLDER = Path(__file__).parents[1]
_GIT_SECONDS = 30


def environment_record() -> dict[str, Any]:
    """Versions, devices, platform and commit. No name of a host or user, and no path.

    Returns:
        `python`, `platform` and `versions`, the last of the packages that are installed; `devices`,
        the platform and kind of each that JAX has, and `x64`, whether JAX computes in float64;
        `git`, the commit and whether it is `dirty`, that is whether any file differs from it or is
        not known to it, or None where the package does not lie in a git checkout.
    """
    # Imported here, because it is slow to import and reading a study needs nothing of it.
    import jax

    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": _versions(),
        "devices": [{"platform": d.platform, "kind": d.device_kind} for d in jax.devices()],
        "x64": bool(jax.config.read("jax_enable_x64")),
        "git": _commit(_PACKAGE_FOLDER),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _commit(folder: Path) -> dict[str, Any] | None:
    """The commit of the checkout that `folder` is part of, if it is."""
    # A package that is installed within a checkout, but not part of it, has no commit.
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    commit, status = _git(folder, "rev-parse", "HEAD"), _git(folder, "status", "--porcelain")
    if commit is None or status is None:
        return None
    return {"commit": commit, "dirty": bool(status)}


def _git(folder: Path, *arguments: str) -> str | None:
    """What git answers; None where it is not there or finds an error."""
    # Within a hook of git these would point at another checkout.
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    try:
        answer = subprocess.run(
            ["git", "--no-optional-locks", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
