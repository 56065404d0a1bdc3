"""Training that is kept on disk while it goes on, so that a process may be killed."""

import contextlib
import dataclasses
import hashlib
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require_whole


class BrokenCheckpointWarning(UserWarning):
    """A checkpoint cannot be read; training goes on from an earlier one, or from the start."""


class CheckpointError(OSError):
    """A checkpoint could not be written, as when the disk is full."""


class _OtherRuns(ValueError):
    """The folder was made for other runs."""


_ABOUT = "shapes and keys"
_OTHER = (
    "checkpoints.folder is {}, which holds checkpoints of other starts or keys; allowed is a "
    "folder for each call."
)


@dataclasses.dataclass(frozen=True)
class Checkpoints:
    """Where and how often to keep training that goes on.

    A checkpoint holds the starts, all that training goes on from, and the losses and metrics so
    far. It is made by orbax in a folder of its own, under a temporary name until it is whole. The
    last two are kept. No pickle is written or read.

    Args:
        folder: of one call of `train_runs` alone. It is made where needed.
        every: updates between two checkpoints, at least 1. They are made at the end of a piece.
            The end is kept as well, but of training with fewer updates than this nothing is.

    Raises:
        ValueError: every is not as described above.
    """

    folder: Path | str
    every: int

    def __post_init__(self):
        require_whole("every", self.every)


def identity(params: Any, keys: Any) -> str:
    """What tells one call of `train_runs` from another before its starts are compared: a hash of
    their shapes and types, and of the keys."""
    found = hashlib.sha256(np.ascontiguousarray(jax.random.key_data(keys)).tobytes())
    for leaf in jax.tree.leaves(params):
        found.update(f"{leaf.dtype} {leaf.shape} ".encode())
    return found.hexdigest()


def save(checkpoints: Checkpoints, step: int, identity: str, starts: Any, tree: Any) -> None:
    """Keep `tree`, which stands for training from `starts` up to `step`.

    Raises:
        CheckpointError: the folder cannot be written.
    """
    ocp = _orbax()
    # Only leaves: what they are leaves of, the caller knows.
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves((starts, tree))]
    about = ocp.args.JsonSave({_ABOUT: identity})
    try:
        with _manager(Path(checkpoints.folder)) as manager:
            manager.save(
                step,
                args=ocp.args.Composite(runs=ocp.args.StandardSave(leaves), about=about),
                # Also where training goes on from before a later step, that of a longer training.
                force=True,
            )
    # Whatever orbax and what is below it say of a full disk, such as a ValueError.
    except Exception as error:
        said = str(error).splitlines()[0] if str(error) else repr(error)
        raise CheckpointError(
            f"the checkpoint of update {step} could not be written to {checkpoints.folder}: {said}"
        ) from error


def latest(
    checkpoints: Checkpoints, most: int, identity: str, starts: Any, like: Any
) -> tuple[int, Any] | None:
    """The last whole checkpoint of at most `most` updates, and its step; None where there is none.

    Args:
        checkpoints: where.
        most: updates.
        identity: what the runs are known by.
        starts: what they start from, each leaf with an axis of runs before all others.
        like: called with a step for a tree of arrays of the shapes and types of that step's.

    Raises:
        ValueError: the folder holds checkpoints of other runs.
    """
    folder = Path(checkpoints.folder)
    if not folder.is_dir():
        return None
    ocp = _orbax()
    with _manager(folder) as manager:
        for step in sorted(manager.all_steps(), reverse=True):
            if step > most:
                continue
            try:
                about = manager.restore(
                    step, args=ocp.args.Composite(about=ocp.args.JsonRestore())
                )["about"]
                if _ABOUT not in about:
                    raise ValueError("it was made by an earlier version, which kept no starts")
                if about[_ABOUT] != identity:
                    raise _OtherRuns(_OTHER.format(folder))
                leaves, kind = jax.tree.flatten((starts, like(step)))
                runs = manager.restore(
                    step, args=ocp.args.Composite(runs=ocp.args.StandardRestore(leaves))
                )["runs"]
                before, tree = jax.tree.unflatten(kind, runs)
                if not _same_starts(before, starts):
                    raise _OtherRuns(_OTHER.format(folder))
                return step, tree
            except _OtherRuns:
                raise
            # Whatever orbax and what is below it say of files that are cut off or gone.
            except Exception as error:
                said = str(error).splitlines()[0] if str(error) else repr(error)
                warnings.warn(
                    f"the checkpoint of update {step} in {folder} is left out, as it "
                    f"cannot be read: {said}.",
                    BrokenCheckpointWarning,
                    stacklevel=3,
                )
                # It stands where training will want to keep a whole one.
                shutil.rmtree(folder / str(step), ignore_errors=True)
    return None


@contextlib.contextmanager
def _manager(folder: Path) -> Iterator[Any]:
    ocp = _orbax()
    options = ocp.CheckpointManagerOptions(max_to_keep=2, enable_async_checkpointing=False)
    with ocp.CheckpointManager(folder.absolute(), options=options) as manager:
        yield manager


def _orbax() -> Any:
    # Its import takes seconds, and most programs do without.
    import orbax.checkpoint

    return orbax.checkpoint


def _same_starts(kept: Any, given: Any) -> bool:
    """Whether every run starts from the same weights, up to rounding: the singular vectors that a
    start is made of have other last digits where they are computed with more or fewer threads.

    The difference may be as large as half of the digits, measured by the norm of each leaf of each
    run.
    """

    def same(one: Any, other: Any) -> bool:
        one, other = np.asarray(one), np.asarray(other)
        allowed = float(jnp.finfo(other.dtype).eps) ** 0.5
        one, other = (np.asarray(leaf, np.float64).reshape(len(leaf), -1) for leaf in (one, other))
        lost = ~np.isfinite(other)
        if not np.array_equal(one[lost], other[lost], equal_nan=True):
            return False
        apart, size = np.where(lost, 0, one - other), np.where(lost, 0, other)
        return bool(np.all(np.linalg.norm(apart, axis=1) <= allowed * np.linalg.norm(size, axis=1)))

    return all(jax.tree.leaves(jax.tree.map(same, kept, given)))
