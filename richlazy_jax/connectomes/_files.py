"""A file, unpacked where it is packed, and never larger than allowed."""

import bz2
import contextlib
import gzip
import lzma
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ._words import refusal, some, unreadable

TEXT = (".csv", ".tsv", ".txt", ".tab", ".ssv", ".dat", ".edges", ".edgelist")
SHEETS = (".xlsx", ".xlsm")
COLUMNS = (".parquet", ".pq", ".feather", ".arrow")
GRAPHS = (".graphml", ".gexf", ".gml", ".json")
MATRICES = (".npy", ".npz", ".mat", ".mtx")
EXTENSIONS = (*TEXT, *SHEETS, *COLUMNS, *GRAPHS, *MATRICES)
_PACKED = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_STEP = 2**20


class File(NamedTuple):
    """A file that may be read as it is.

    - `path`: where it lies, perhaps unpacked.
    - `at`: its name for messages.
    - `extension`: what it is, in lower case and with a dot.
    - `most_bytes`: what may be made of it in memory.
    """

    path: Path
    at: str
    extension: str
    most_bytes: int

    def require_size(self, number: int, what: str) -> None:
        """Refuse what would take more memory than allowed, before it is taken."""
        if number > self.most_bytes:
            raise refusal(
                self.at,
                f"{what} would take {number / 2**30:,.1f} GiB",
                f"allowed are {self.most_bytes / 2**30:,.1f} GiB, by most_bytes={self.most_bytes}",
            )


def require_file(path: str | os.PathLike[str]) -> Path:
    """`path`, if there is a file."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; allowed is the path of a file.")
    if not path.is_file():
        raise ValueError(f"{path} is not a file; allowed is the path of a file.")
    return path


@contextlib.contextmanager
def unpacked(path: Path, most_bytes: int) -> Iterator[File]:
    """The file, or what is packed in it, for as long as it is needed.

    Args:
        path: of a file, perhaps packed as .gz, .bz2, .xz or .zip.
        most_bytes: how much may be unpacked.

    Raises:
        ValueError: it is of no known kind, or cannot be unpacked, or is larger than allowed.
    """
    packing = path.suffix.lower()
    if packing not in (*_PACKED, ".zip"):
        file = File(path, path.name, packing, most_bytes)
        yield _known(file)
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            if packing == ".zip":
                inner, stream = _member(path, most_bytes)
            else:
                inner, stream = Path(path.stem), _PACKED[packing](path, "rb")
            file = _known(
                File(Path(folder) / f"unpacked{inner.suffix}", path.name, inner.suffix, most_bytes)
            )
            with stream, file.path.open("wb") as unpacked_file:
                _copy(stream, unpacked_file, file)
        except ValueError:
            raise
        # A broken archive makes these modules raise nearly anything.
        except Exception as error:
            raise unreadable(path.name, packing, error, "allowed is a whole archive") from error
        yield file


def _known(file: File) -> File:
    file = file._replace(extension=file.extension.lower())
    if file.extension not in EXTENSIONS:
        way = "save it as .csv" if file.extension in (".xls", ".ods", ".rds", ".rda") else ""
        packed = (*_PACKED, ".zip")
        raise refusal(
            file.at,
            f"it has the extension {file.extension!r}",
            way or f"allowed are {', '.join(EXTENSIONS)}, also packed as {', '.join(packed)}",
        )
    return file


def _member(path: Path, most_bytes: int) -> tuple[Path, Any]:
    """The one table, matrix or graph in a .zip archive."""
    archive = zipfile.ZipFile(path)
    inside = [
        each
        for each in archive.infolist()
        if not each.is_dir() and not each.filename.startswith("__MACOSX")
    ]
    known = [each for each in inside if Path(each.filename).suffix.lower() in EXTENSIONS]
    if len(known) != 1:
        raise refusal(
            path.name,
            f"the archive holds {some(each.filename for each in known or inside)}",
            "allowed is one table, matrix or graph; unpack it and name the one that you mean",
        )
    File(path, path.name, "", most_bytes).require_size(known[0].file_size, "the unpacked file")
    return Path(known[0].filename), archive.open(known[0])


def _copy(stream: Any, to: Any, file: File) -> None:
    written = 0
    while block := stream.read(_STEP):
        written += len(block)
        if written > file.most_bytes:
            raise refusal(
                file.at,
                f"it unpacks to more than {file.most_bytes / 2**30:,.1f} GiB",
                "allowed is as much as most_bytes= says",
            )
        to.write(block)
