"""Files that are written whole or not at all."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ._signals import after_this

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, renamed to it at the end and removed after an error.

    A link stays and its target is written. A device or a pipe is written to itself. A signal waits
    until the file is there.

    Raises:
        OSError: it could not be written, with its name.
    """
    with naming(path):
        if _takes_bytes_as_they_come(path):
            yield path
            return
        target = Path(os.path.realpath(path))
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        with after_this():
            try:
                yield beside
                beside.replace(target)
            except OSError as error:
                # Nobody has heard of the other name.
                raise OSError(error.errno, error.strerror, str(path)) from error
            finally:
                beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with written_whole(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_figure(path: Path, figure: "Figure") -> None:
    """Write a figure whole or not at all, in the format that the name ends with."""
    with written_whole(path) as beside:
        figure.savefig(beside, dpi=150, format=path.suffix[1:])


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Errors of the system that name a file: `path` where they name none, as of a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _takes_bytes_as_they_come(path: Path) -> bool:
    """Whether it is a device, a pipe or a socket, which must not become a file."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
