"""Arrays of a trained network, read from the file that another library wrote."""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

# A network whose kernel can be computed is far smaller.
_MOST_BYTES = 2**31
# Under these a checkpoint of PyTorch keeps its state, beside what else its author kept.
_INNER = ("state_dict", "model_state_dict", "model")


def read_state(path: Path | str) -> dict[str, np.ndarray]:
    """The arrays of a trained network in a file, by name.

    What is nested has names with dots. Nothing is unpickled, so that no file can run code.

    Args:
        path: a file of NumPy (.npz), safetensors, PyTorch (.pt, .pth or .bin, read with
            `weights_only=True`), HDF5 and Keras (.h5, .hdf5) or MATLAB (.mat, up to version 7.2).

    Raises:
        FileNotFoundError: there is no such file.
        ModuleNotFoundError: the library that reads it is not installed.
        ValueError: it is of another kind, larger than 2 GiB, cannot be read, or holds no arrays of
            numbers.
    """
    path = Path(path)
    found = os.stat(path)
    kind = _READERS.get(path.suffix.lower())
    if kind is None or not stat.S_ISREG(found.st_mode):
        raise ValueError(
            f"path is {str(path)!r}; allowed are files that end with {', '.join(_READERS)}."
        )
    if found.st_size >= _MOST_BYTES:
        raise ValueError(f"{path} has {found.st_size} bytes; allowed are fewer than {_MOST_BYTES}.")
    try:
        arrays = dict(_flat(kind(path)))
    except (ImportError, FileNotFoundError):
        raise
    # What other libraries raise for a damaged file is of any kind.
    except Exception as error:
        raise ValueError(
            f"{path} cannot be read ({type(error).__name__}: {str(error).splitlines()[0][:200]}); "
            f"allowed are whole {path.suffix} files without pickled objects."
        ) from error
    kept = {name: array for name, array in arrays.items() if array.dtype.kind in "fiub"}
    if not kept:
        raise ValueError(f"{path} holds no arrays of numbers; allowed is at least one.")
    return kept


def _npz(path: Path) -> Mapping[str, Any]:
    # Opened here, because NumPy leaves a damaged file open.
    with path.open("rb") as opened:
        file = np.load(opened, allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise ValueError("it is a single array")
        return {name: file[name] for name in file.files}


def _safetensors(path: Path) -> Mapping[str, Any]:
    try:
        from safetensors.numpy import load_file  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise _missing("safetensors", path) from error
    return load_file(path)


def _torch(path: Path) -> Mapping[str, Any]:
    try:
        import torch  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise _missing("torch", path) from error
    state = torch.load(path, map_location="cpu", weights_only=True)
    inner = next((name for name in _INNER if isinstance(state.get(name), Mapping)), None)
    return state if inner is None else state[inner]


def _hdf5(path: Path) -> Mapping[str, Any]:
    try:
        import h5py
    except ImportError as error:
        raise _missing("h5py", path) from error
    found: dict[str, Any] = {}

    def keep(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name.replace("/", ".")] = item[()]

    with h5py.File(path, "r") as file:
        file.visititems(keep)
    return found


def _matlab(path: Path) -> Mapping[str, Any]:
    from scipy.io import loadmat

    return {n: v for n, v in loadmat(path).items() if not n.startswith("__")}


_READERS: dict[str, Callable[[Path], Mapping[str, Any]]] = {
    ".npz": _npz,
    ".safetensors": _safetensors,
    ".pt": _torch,
    ".pth": _torch,
    ".bin": _torch,
    ".h5": _hdf5,
    ".hdf5": _hdf5,
    ".mat": _matlab,
}


def _missing(library: str, path: Path) -> ModuleNotFoundError:
    return ModuleNotFoundError(
        f"{path} is read by the library {library}, which is not installed; allowed is "
        f"`pip install {library}`, or the same arrays as .npz."
    )


def _flat(tree: Any, before: str = "") -> Any:
    if isinstance(tree, Mapping):
        for name, each in tree.items():
            yield from _flat(each, f"{before}.{name}" if before else str(name))
        return
    array = tree.numpy() if hasattr(tree, "detach") else np.asarray(tree)
    yield before, array
