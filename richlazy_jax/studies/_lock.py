"""Locks that the system itself lets go of when their holder ends, in whatever way."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import filelock


@contextlib.contextmanager
def held_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock of a file; False, at once, where it is held already, by this process too.

    Args:
        path: the file, which is made and stays. It says nothing; only the lock on it does.

    Raises:
        OSError: the file system has no such locks.
    """
    lock = _lock(path)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


@contextlib.contextmanager
def held(path: Path, seconds: float) -> Iterator[None]:
    """Wait for the lock of a file and hold it.

    Raises:
        TimeoutError: another process held it for all of these seconds.
        OSError: the file system has no such locks.
    """
    with _lock(path).acquire(timeout=seconds):
        yield


def _lock(path: Path) -> filelock.FileLock:
    # Locks by the mere existence of a file, its way out elsewhere, would outlive a killed holder.
    return filelock.FileLock(path, fallback_to_soft=False)
