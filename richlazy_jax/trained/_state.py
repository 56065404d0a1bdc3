"""Arrays of a trained network, read from the file that another library wrote."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ._formats import MOST_BYTES, READERS, TooLarge, orbax_folder

# What checkpoints keep beside the parameters, by the first part of a name.
_BESIDE = ("optimizer", "optimizer_weights", "optimizer_state", "opt_state")


class TrainedState(dict[str, np.ndarray]):
    """The arrays of a trained network by name, a dict; `said` is what was done to them on reading.

    Args:
        arrays: by name.
        said: sentences. `trained_network` repeats them.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray], said: tuple[str, ...] = ()):
        super().__init__(arrays)
        self.said = said


def read_state(path: Path | str) -> TrainedState:
    """The arrays of a trained network in a file, by name.

    What is nested has names with dots. Nothing is unpickled, so that no file can run code. Arrays
    of an optimizer and what is no array of numbers are left out, and `said` says so.

    Args:
        path: a file of

            - NumPy (.npz) or safetensors,
            - PyTorch (.pt, .pth or .bin, read with `weights_only=True`),
            - Keras (.keras, .weights.h5, or .h5 of older versions) or other HDF5 (.h5, .hdf5),
            - MATLAB (.mat; version 7.3 is turned, as it has the axes of arrays the other way round),
            - Flax (.msgpack),

            or the folder of a checkpoint that orbax wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ModuleNotFoundError: the library that reads it is not installed.
        ValueError: it is of another kind, has 2 GiB or more, packed or unpacked, cannot be read, or
            holds no arrays of numbers.
    """
    path = Path(path)
    found = os.stat(path)
    folder = stat.S_ISDIR(found.st_mode)
    kind = orbax_folder if folder else READERS.get(path.suffix.lower())
    if kind is None or not (folder or stat.S_ISREG(found.st_mode)):
        raise ValueError(
            f"path is {str(path)!r}; allowed are files that end with {', '.join(READERS)}, and "
            "checkpoint folders of orbax."
        )
    size = found.st_size
    if folder:
        size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    if size >= MOST_BYTES:
        raise ValueError(f"{path} has {size} bytes; allowed are fewer than {MOST_BYTES}.")
    try:
        tree, said = kind(path)
        arrays = dict(_flat(tree))
    except (ImportError, FileNotFoundError):
        raise
    except TooLarge as error:
        raise ValueError(
            f"{path} has arrays of {error.args[0]} bytes; allowed are fewer than {MOST_BYTES}."
        ) from error
    # What other libraries raise for a damaged file is of any kind.
    except Exception as error:
        words = (str(error).splitlines() or [""])[0][:200]
        raise ValueError(
            f"{path} cannot be read ({type(error).__name__}: {words}); allowed are whole "
            f"{'checkpoints of orbax' if folder else f'{path.suffix} files'} without pickled "
            "objects."
        ) from error
    return _kept(path, arrays, said)


def _flat(tree: Any, before: str = "") -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(tree, Mapping):
        parts = list(tree.items())
    elif isinstance(tree, list | tuple):
        parts = list(enumerate(tree))
    elif tree is not None:
        array = tree.numpy() if hasattr(tree, "detach") else np.asarray(tree)
        # NumPy knows no bfloat16 of its own.
        yield before, array.astype(np.float32) if array.dtype.name == "bfloat16" else array
        return
    else:
        return
    for name, each in parts:
        yield from _flat(each, f"{before}.{name}" if before else str(name))


def _kept(path: Path, arrays: Mapping[str, np.ndarray], said: list[str]) -> TrainedState:
    beside = {name for name in arrays if name.split(".")[0] in _BESIDE}
    if beside:
        groups = ", ".join(sorted({name.split(".")[0] for name in beside}))
        said = [*said, f"{len(beside)} arrays of the optimizer ({groups}) were left out."]
    kept, others = {}, []
    for name, array in arrays.items():
        if name in beside:
            continue
        if array.dtype.kind in "fiub":
            kept[name] = array
        else:
            others.append(name)
    if not kept:
        raise ValueError(f"{path} holds no arrays of numbers; allowed is at least one.")
    if others:
        said = [*said, f"Left out, as they are no arrays of real numbers: {', '.join(others)}."]
    return TrainedState(kept, tuple(said))
