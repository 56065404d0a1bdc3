"""Arrays of a trained network, read from the file that another library wrote."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ._formats import MOST_BYTES, READERS, Read, TooLarge, orbax_folder

# What checkpoints keep beside the parameters, by the first part of a name.
_BESIDE = (
    "optimizer",
    "optimizer_weights",
    "optimizer_state",
    "opt_state",
    "step",
    "epoch",
    "iteration",
)


class TrainedState(dict[str, np.ndarray]):
    """The arrays of a trained network by name: a dict, with what is known of them beside.

    - `said`: what was done to them on reading, in sentences that `trained_network` repeats.
    - `model`: what a whole model of Keras says of its layers, and else None.
    """

    def __init__(
        self,
        arrays: Mapping[str, np.ndarray],
        said: tuple[str, ...] = (),
        model: Mapping[str, Any] | None = None,
    ):
        super().__init__(arrays)
        self.said = said
        self.model = model


def read_state(path: Path | str) -> TrainedState:
    """The arrays of a trained network in a file, by name.

    What is nested has names with dots. Nothing is unpickled, so that no file can run code. Arrays
    of an optimizer and what is no array of numbers are left out, and `said` says so.

    Args:
        path: a file of

            - NumPy (.npz) or safetensors,
            - PyTorch (.pt, .pth or .bin, read with `weights_only=True`),
            - Keras (.keras, .weights.h5, or .h5 of older versions) or other HDF5 (.h5, .hdf5),
            - MATLAB (.mat; arrays of version 7.3 are stored turned, and are turned back),
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
        read = kind(path)
        arrays = dict(_flat(read.tree))
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
    return _kept(path, arrays, read)


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


def _kept(path: Path, arrays: Mapping[str, np.ndarray], read: Read) -> TrainedState:
    beside = {name: name.split(".")[0] for name in arrays if name.split(".")[0] in _BESIDE}
    rest = {name: array for name, array in arrays.items() if name not in beside}
    kept = {name: array for name, array in rest.items() if array.dtype.kind in "fiub"}
    if not kept:
        raise ValueError(f"{path} holds no arrays of numbers; allowed is at least one.")
    said = list(read.said)
    if beside:
        groups = ", ".join(sorted(set(beside.values())))
        said.append(f"Left out, as they are of training and not of the network: {groups}.")
    if len(kept) < len(rest):
        others = ", ".join(sorted(set(rest) - set(kept)))
        said.append(f"Left out, as they are no arrays of real numbers: {others}.")
    return TrainedState(kept, tuple(said), read.model)
