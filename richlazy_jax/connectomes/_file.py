"""A path that must be one of a file."""

import os
from pathlib import Path


def require_file(path: str | os.PathLike[str]) -> Path:
    """`path`, if there is a file."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; allowed is the path of a file.")
    if not path.is_file():
        raise ValueError(f"{path} is not a file; allowed is the path of a file.")
    return path
