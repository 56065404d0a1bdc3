"""The last error of each cell that has not been computed."""

import dataclasses
import datetime
import json
import sys
import traceback
import warnings
from pathlib import Path

from ._broken import BrokenCellWarning
from ._durable import write_durably
from .folder import FAILED, failure_path, hashes_in, require_study


@dataclasses.dataclass(frozen=True)
class Failure:
    """Why a cell could not be computed.

    Attributes:
        type: the name of the error's type.
        message: what the error says.
        traceback: where it arose, as text.
        attempts: how often the cell failed, this one included.
        time: when, in UTC, as ISO 8601.
    """

    type: str
    message: str
    traceback: str
    attempts: int
    time: str


def record_failure(path: Path | str, hash: str, error: BaseException) -> Failure:
    """Write down that a cell failed, in place of what is written of it.

    Args:
        path: the folder of the study.
        hash: that of the cell's record.
        error: what was raised. In its traceback, files are named from where Python found them.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, or the hash is none.
        OSError: the file could not be written. What was there stays.
    """
    path = require_study(path)
    file = failure_path(path, hash)
    before = _read(file)
    failure = Failure(
        type=type(error).__name__,
        message=str(error),
        traceback=_traceback(error),
        attempts=1 if before is None else before.attempts + 1,
        time=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    text = json.dumps(dataclasses.asdict(failure), indent=2) + "\n"
    write_durably(file, text.encode())
    return failure


def failures(path: Path | str) -> dict[str, Failure]:
    """The last error of each cell that failed and has not been written since, by hash.

    Args:
        path: the folder of the study.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study.
    """
    path = require_study(path)
    found = {hash: _read(failure_path(path, hash)) for hash in hashes_in(path / FAILED, ".json")}
    return {hash: failure for hash, failure in found.items() if failure is not None}


def clear_failure(path: Path, hash: str) -> None:
    """Forget that a cell failed."""
    failure_path(path, hash).unlink(missing_ok=True)


def _read(file: Path) -> Failure | None:
    try:
        return Failure(**json.loads(file.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        warnings.warn(
            f"{file} is left out, as it is no record of a failure: {error}.",
            BrokenCellWarning,
            stacklevel=3,
        )
        return None


def _traceback(error: BaseException) -> str:
    """The traceback, without the folders that lie above packages: they may name a user."""
    text = "".join(traceback.format_exception(error))
    for folder in sorted({f for f in sys.path if f}, key=len, reverse=True):
        text = text.replace(f'File "{folder.rstrip("/")}/', 'File "')
    return text
