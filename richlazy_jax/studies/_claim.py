"""One process for each cell."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ._broken import whole_cell_in_hand
from ._lock import held_if_free
from ._wanted import Wanted
from .folder import lock_path, require_study


@contextlib.contextmanager
def claim_cell(path: Path | str, wanted: Wanted) -> Iterator[bool]:
    """Whether this process is the one to compute a cell now.

    True if the cell lacks something and nobody else has claimed it; no other claim is then given,
    neither to another process nor to another thread, until this one ends. It ends with the `with`
    block and with the process, however that ends. False, at once, if the cell is claimed, or if it
    has been written since it was last looked for.

    Processes on several machines see each other's claims through a shared file system that has
    flock, such as NFS on Linux; one without it raises an error, and one that keeps locks local to
    each machine, such as NFS mounted with `nolock`, cannot be told from one that shares them.

    Args:
        path: the folder of the study.
        wanted: the cell, and what it must hold.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, or the record holds what it must not.
        OSError: the file system has no locks, or the folder must not be written to.
    """
    path = require_study(path)
    hash = wanted.hash
    with held_if_free(lock_path(path, hash)) as free:
        # Looked for under the lock: its last holder may have written the cell a moment ago.
        found = whole_cell_in_hand(path, hash) if free else None
        yield free and (found is None or bool(wanted.lacks(found[1])))
