"""Files that are there whole or not at all, even after a kill or a loss of power."""

import hashlib
import os
import platform
import re
import secrets
import time
from pathlib import Path

# No write takes as long. It is asked only where nobody can say whether the writer still lives.
_OLD_SECONDS = 24 * 3600
_TEMPORARY = re.compile(r"\..+\.(?P<host>[0-9a-f]{8})-(?P<pid>\d+)-[0-9a-f]{8}\.tmp")


def write_durably(path: Path, content: bytes) -> None:
    """Write a file, so that its name stands for the old content or the new at any moment.

    Args:
        path: the file.
        content: all of it.

    Raises:
        OSError: it could not be written, as when the disk is full. What was there stays.
    """
    beside = path.with_name(f".{path.name}.{_this_host()}-{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            # Before the new name, which could otherwise reach the disk before what it stands for.
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    _sync_folder(path.parent)


def is_temporary(name: str) -> bool:
    """Whether a file is called as `write_durably` calls what is not whole yet."""
    return _TEMPORARY.fullmatch(name) is not None


def sweep(folder: Path) -> None:
    """Take away what writers left that were killed: on this host, or long ago on any."""
    for file in folder.iterdir():
        named = _TEMPORARY.fullmatch(file.name)
        if named is None:
            continue
        here = named["host"] == _this_host()
        try:
            if (here and not _alive(int(named["pid"]))) or (
                time.time() - file.stat().st_mtime > _OLD_SECONDS
            ):
                file.unlink()
        # Its writer came to an end meanwhile, or another process swept.
        except FileNotFoundError:
            continue


def _this_host() -> str:
    """What tells apart machines, their boots and their containers, without naming them."""
    parts = [platform.node()]
    for read in (
        # Where these are not, as outside Linux, the name alone has to do.
        lambda: Path("/proc/sys/kernel/random/boot_id").read_text(),
        lambda: os.readlink("/proc/self/ns/pid"),
    ):
        try:
            parts.append(read())
        except OSError:
            parts.append("")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        # It is another user's.
        return True
    return True


def _sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
