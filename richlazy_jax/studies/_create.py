"""The folder of a study, made once for one spec."""

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ._durable import is_temporary, sweep, write_durably
from ._folder import CELLS, ENVIRONMENT, FAILED, FILES, FOLDERS, LOCKS, SPEC
from ._lock import held
from ._plain import plain

_CREATE_LOCK = "create.lock"
_WAIT_SECONDS = 60.0
# Of differences between two specs, how many a message tells.
_TOLD = 5


def create_study(path: Path | str, spec_text: str, environment: Mapping[str, Any]) -> None:
    """Make the folder of a study, or see to it that the one there is of the same spec.

    Any number of processes may ask for the same study at once. If the study is there, its
    environment stays that of its first call. What killed writers left is taken away.

    Args:
        path: the folder. It and those above it are made where needed.
        spec_text: what is kept as `spec.yaml`, byte for byte. It is not read.
        environment: what is kept as `environment.json`, such as `environment_record()`.

    Raises:
        ValueError: the study there has another spec, the folder is not empty and is no study, or
            the environment holds what JSON cannot.
        FileExistsError: the path is that of a file.
        OSError: the folder could not be written. What was there stays.
    """
    path, spec = Path(path), spec_text.encode()
    kept = json.dumps(plain("environment", environment), indent=2, sort_keys=True) + "\n"
    path.mkdir(parents=True, exist_ok=True)
    if not (path / SPEC).exists():
        # Before the lock, whose file would be the first of ours in somebody's folder.
        _require_empty(path)
        _make_folders(path)
        with held(path / LOCKS / _CREATE_LOCK, _WAIT_SECONDS):
            if not (path / SPEC).exists():
                write_durably(path / ENVIRONMENT, kept.encode())
                # Last, because it is what makes the folder a study.
                write_durably(path / SPEC, spec)
    _require_spec(path / SPEC, spec)
    # Once more, as what keeps studies, such as git, may not keep empty folders.
    _make_folders(path)
    for folder in (path, path / CELLS, path / FAILED):
        sweep(folder)


def _make_folders(path: Path) -> None:
    for folder in FOLDERS:
        (path / folder).mkdir(exist_ok=True)


def _require_empty(path: Path) -> None:
    """Refuse what is not from here. A creation that was killed, or still goes on, may be there."""
    ours = {*FILES, *FOLDERS}
    foreign = [e.name for e in path.iterdir() if e.name not in ours and not is_temporary(e.name)]
    for folder in FOLDERS:
        if (path / folder).is_dir():
            inside = [f"{folder}/{e.name}" for e in (path / folder).iterdir()]
            foreign += [name for name in inside if name != f"{LOCKS}/{_CREATE_LOCK}"]
    # Asked last, since another process may have made the study while this one looked.
    if foreign and not (path / SPEC).exists():
        raise ValueError(
            f"{path} is no study and not empty, as it holds {min(foreign)!r}; allowed is a study, "
            "an empty folder, or one that does not exist yet."
        )


def _require_spec(file: Path, spec: bytes) -> None:
    there = file.read_bytes()
    if there == spec:
        return
    # A file that somebody edited may not be text at all.
    lines = there.decode(errors="backslashreplace").split("\n")
    differences = list(_differences(lines, spec.decode().split("\n")))
    told = "; ".join(differences[:_TOLD])
    more = len(differences) - _TOLD
    raise ValueError(
        f"{file} is not the spec given: {told}{f'; and {more} more' if more > 0 else ''}. Allowed "
        "is the spec that the study was made with, or another folder."
    )


def _differences(there: list[str], given: list[str]) -> Iterable[str]:
    """Each line that differs, in words."""
    matcher = difflib.SequenceMatcher(a=there, b=given, autojunk=False)
    for tag, first, last, given_first, given_last in matcher.get_opcodes():
        if tag == "equal":
            continue
        old, new = there[first:last], given[given_first:given_last]
        for i in range(max(len(old), len(new))):
            if i >= len(new):
                yield f"line {first + i + 1} is {old[i]!r} there and missing in the one given"
            elif i >= len(old):
                yield f"line {given_first + i + 1} is {new[i]!r} in the one given and missing there"
            else:
                yield f"line {first + i + 1} is {old[i]!r} there and {new[i]!r} in the one given"
