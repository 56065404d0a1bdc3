"""What lies where in the folder of a study."""

import re
from pathlib import Path

SPEC = "spec.yaml"
ENVIRONMENT = "environment.json"
WANTED = "wanted.json"
CELLS = "cells"
LOCKS = "locks"
FAILED = "failed"
UNFINISHED = "unfinished"
FILES = (SPEC, ENVIRONMENT, WANTED)
FOLDERS = (CELLS, LOCKS, FAILED, UNFINISHED)

_HASH = re.compile(r"[0-9a-f]{16}")


def require_study(path: Path | str) -> Path:
    """`path`, if it is the folder of a study.

    Raises:
        FileNotFoundError: there is nothing of this name.
        ValueError: it is something else.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; allowed is the folder of a study.")
    if not (path / SPEC).is_file():
        raise ValueError(
            f"{path} is no study, as it has no {SPEC}; allowed is a folder that create_study made."
        )
    return path


def require_hash(hash: str) -> str:
    """`hash`, if it is one; it becomes part of a file's name."""
    if not _HASH.fullmatch(hash):
        raise ValueError(f"hash is {hash!r}; allowed are 16 hexadecimal digits.")
    return hash


def cell_path(path: Path, hash: str) -> Path:
    """Where the cell lies, or would."""
    return path / CELLS / f"{require_hash(hash)}.nc"


def lock_path(path: Path, hash: str) -> Path:
    """The file that is locked while the cell is computed."""
    return path / LOCKS / f"{require_hash(hash)}.lock"


def failure_path(path: Path, hash: str) -> Path:
    """Where the last error of the cell lies, if there was one."""
    return path / FAILED / f"{require_hash(hash)}.json"


def checkpoint_folder(path: Path | str, hash: str) -> Path:
    """Where to keep what is begun of a cell: a folder that `write_cell` takes away.

    For who has claimed the cell. It is not made, and what is in it is for the caller to know.

    Args:
        path: the folder of the study.
        hash: that of the cell's record.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, or the hash is none.
    """
    return require_study(path) / UNFINISHED / require_hash(hash)


def hashes_in(folder: Path, ending: str) -> list[str]:
    """The hashes that files of `folder` with this ending are called by, in order."""
    return sorted(
        file.name.removesuffix(ending)
        for file in folder.glob(f"*{ending}")
        if _HASH.fullmatch(file.name.removesuffix(ending))
    )
