"""The folder of a study, made once for one spec."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ._broken import whole_cell_in_hand
from ._cells import forget_way
from ._durable import is_temporary, sweep, write_durably
from ._lock import held, held_if_free
from ._plain import plain
from ._wanted import (
    BrokenListError,
    Wanted,
    changes,
    require_same_behind_names,
    wanted_cells,
    write_wanted,
)
from .folder import (
    CELLS,
    ENVIRONMENT,
    FAILED,
    FILES,
    FOLDERS,
    LOCKS,
    SPEC,
    UNFINISHED,
    hashes_in,
    lock_path,
)

_CREATE_LOCK = "create.lock"
_WAIT_SECONDS = 60.0


def create_study(
    path: Path | str,
    spec_text: str,
    environment: Mapping[str, Any],
    wanted: Iterable[Wanted] = (),
) -> None:
    """Make the folder of a study, or let the one there grow to what is asked for now.

    Any number of processes may ask for the same study at once. If the study is there, it keeps its
    finished cells and the environment of its first call; the spec and the list of cells become
    those given. What killed writers left is taken away.

    Args:
        path: the folder. It and those above it are made where needed.
        spec_text: what is kept as `spec.yaml`, byte for byte. It is not read.
        environment: what is kept as `environment.json`, such as `environment_record()`.
        wanted: the cells that are asked for, in the order of the grid.

    Raises:
        ValueError: finished cells would become meaningless, because `wanted` has the same names
            with other code, data or precision behind them; the study is of an earlier format; the
            folder is not empty and is no study; or the environment or a record holds what JSON
            cannot.
        FileExistsError: the path is that of a file.
        OSError: the folder could not be written. What was there stays.
    """
    path, spec, wanted = Path(path), spec_text.encode(), list(wanted)
    now = plain("environment", environment)
    kept = json.dumps(now, indent=2, sort_keys=True) + "\n"
    asked = {one.hash: one for one in wanted}
    path.mkdir(parents=True, exist_ok=True)
    if not (path / SPEC).exists():
        # Before the lock, whose file would be the first of ours in somebody's folder.
        _require_empty(path)
    _make_folders(path)
    with held(path / LOCKS / _CREATE_LOCK, _WAIT_SECONDS):
        if not (path / SPEC).exists():
            write_durably(path / ENVIRONMENT, kept.encode())
            write_wanted(path, wanted)
            # Last, because it is what makes the folder a study.
            write_durably(path / SPEC, spec)
        else:
            before = _asked_before(path)
            _require_precision(path, now)
            require_same_behind_names(path, before, asked)
            if changes(before, asked) or list(before) != list(asked):
                write_wanted(path, wanted)
            if (path / SPEC).read_bytes() != spec:
                write_durably(path / SPEC, spec)
    for folder in (path, path / CELLS, path / FAILED):
        sweep(folder)
    _sweep_ways(path, asked)


def study_changes(path: Path | str, wanted: Iterable[Wanted]) -> list[str]:
    """What `create_study` would change in a study that is there, in sentences; nothing is written.

    Empty where nothing would, and where there is no study yet.

    Args:
        path: the folder.
        wanted: as for `create_study`.

    Raises:
        ValueError: as `create_study`, for what would make finished cells meaningless.
    """
    path = Path(path)
    if not (path / SPEC).is_file():
        return []
    before, asked = _asked_before(path), {one.hash: one for one in wanted}
    require_same_behind_names(path, before, asked)
    return changes(before, asked)


def _make_folders(path: Path) -> None:
    for folder in FOLDERS:
        (path / folder).mkdir(exist_ok=True)


def _sweep_ways(path: Path, asked: Mapping[str, Wanted]) -> None:
    """Forget the way to cells that are finished, whose writers were killed before they did."""
    begun = {*hashes_in(path / UNFINISHED, ""), *hashes_in(path / FAILED, ".json")}
    for hash in sorted(begun & asked.keys()):
        with held_if_free(lock_path(path, hash)) as free:
            found = whole_cell_in_hand(path, hash) if free else None
            # A cell that is to grow may be on its way again.
            if found is not None and not asked[hash].lacks(found[1]):
                forget_way(path, hash)


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


def _asked_before(path: Path) -> dict[str, Wanted]:
    """What the study asked for; nothing is known of it where the list is damaged."""
    try:
        return wanted_cells(path)
    except BrokenListError:
        return {}


def _require_precision(path: Path, now: Mapping[str, Any]) -> None:
    """Refuse to mix numbers of two precisions in one study."""
    try:
        then = json.loads((path / ENVIRONMENT).read_bytes())
    except (OSError, ValueError):
        # What it was made with is not known any more.
        return
    if {"x64"} <= then.keys() & now.keys() and then["x64"] != now["x64"]:
        names = {True: "float64", False: "float32"}
        raise ValueError(
            f"jax_enable_x64 is {now['x64']}, and the study {path} is of {names[then['x64']]} "
            "numbers; allowed is the precision that it was made with, or another folder."
        )
