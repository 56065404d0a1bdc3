"""How each kind of file is read: arrays that may be nested, and what is to be said of them."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

# A network whose kernel can be computed is far smaller.
MOST_BYTES = 2**31
# Under these a checkpoint of PyTorch keeps its state, beside what else its author kept.
_INNER = ("state_dict", "model_state_dict", "model")


class Read(NamedTuple):
    """What is in a file.

    - `tree`: arrays, which may be nested.
    - `said`: sentences.
    - `model`: what a whole model of Keras says of its layers.
    """

    tree: Mapping[str, Any]
    said: tuple[str, ...] = ()
    model: Mapping[str, Any] | None = None


class TooLarge(Exception):
    """Arrays have so many bytes once they are unpacked."""


def _require_size(sizes: Iterable[int]) -> None:
    """A small file may unpack to a large one."""
    if (total := sum(sizes)) >= MOST_BYTES:
        raise TooLarge(total)


def _npz(path: Path) -> Read:
    # Opened here, because NumPy leaves a damaged file open.
    with path.open("rb") as opened:
        if zipfile.is_zipfile(opened):
            with zipfile.ZipFile(opened) as archive:
                _require_size(each.file_size for each in archive.infolist())
        opened.seek(0)
        file = np.load(opened, allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise ValueError("it is a single array")
        return Read({name: file[name] for name in file.files})


def _safetensors(path: Path) -> Read:
    try:
        from safetensors.numpy import load_file  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise _missing("safetensors", path) from error
    return Read(load_file(path))


def _torch(path: Path) -> Read:
    try:
        import torch  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise _missing("torch", path) from error
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            _require_size(each.file_size for each in archive.infolist())
    state = torch.load(path, map_location="cpu", weights_only=True)
    inner = next((name for name in _INNER if isinstance(state.get(name), Mapping)), None)
    if inner is None:
        return Read(state)
    others = ", ".join(str(name) for name in state if name != inner)
    said = (f"Of the checkpoint {inner} was read, and not {others}.",) if others else ()
    return Read(state[inner], said)


def _hdf5(path: Path) -> Read:
    return _datasets(path, path)


def _keras(path: Path) -> Read:
    with zipfile.ZipFile(path) as archive:
        _require_size(each.file_size for each in archive.infolist())
        weights = archive.read("model.weights.h5")
        model = json.loads(archive.read("config.json"))
    return _datasets(io.BytesIO(weights), path)._replace(model=model)


def _datasets(file: Path | io.BytesIO, path: Path) -> Read:
    """All arrays of an HDF5 file by their places, with dots."""
    try:
        import h5py
    except ImportError as error:
        raise _missing("h5py", path) from error
    found: dict[str, Any] = {}

    def keep(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name.replace("/", ".")] = item

    with h5py.File(file, "r") as opened:
        opened.visititems(keep)
        _require_size(item.size * item.dtype.itemsize for item in found.values() if item.shape)
        # Keras 2 kept a whole model so, and its weights alone without this attribute.
        model = opened.attrs.get("model_config")
        return Read(
            {name: item[()] for name, item in found.items()},
            model=None if model is None else json.loads(model),
        )


def _matlab(path: Path) -> Read:
    from scipy.io import loadmat, whosmat

    with path.open("rb") as opened:
        # Version 7.3 is HDF5 after a block of its own.
        if b"MATLAB 7.3" in opened.read(128):
            return _matlab_73(path)
    # Numbers may be packed, and none is larger than a complex double.
    _require_size(16 * int(np.prod(shape, dtype=object)) for _, shape, _ in whosmat(path))
    arrays = {n: _fields(v) for n, v in loadmat(path).items() if not n.startswith("__")}
    return Read(arrays)


def _fields(value: np.ndarray) -> Any:
    """A struct of MATLAB as its fields by name."""
    if value.dtype.names is None or value.size != 1:
        return value
    return {name: _fields(value[name].item()) for name in value.dtype.names}


def _matlab_73(path: Path) -> Read:
    import h5py

    found: dict[str, Any] = {}

    def keep(name: str, item: Any) -> None:
        # Beside variables there are the targets of references, in cells and objects.
        if name.startswith("#") or not isinstance(item, h5py.Dataset):
            return
        kind = np.bytes_(item.attrs.get("MATLAB_class", b"")).decode()
        if kind in ("double", "single", "logical") or kind.startswith(("int", "uint")):
            found[name.replace("/", ".")] = item

    with h5py.File(path, "r") as opened:
        sparse = [n for n, item in opened.items() if "MATLAB_sparse" in item.attrs]
        if sparse:
            raise ValueError(f"{sparse[0]} is sparse; full(...) in MATLAB makes it an array")
        opened.visititems(keep)
        _require_size(item.size * item.dtype.itemsize for item in found.values() if item.shape)
        # An empty array has its shape in place of numbers.
        arrays = {
            name: np.zeros(0) if "MATLAB_empty" in item.attrs else np.asarray(item[()]).T
            for name, item in found.items()
        }
    return Read(
        arrays,
        ("The file is of MATLAB 7.3, which stores arrays turned; they were turned back.",),
    )


def _msgpack(path: Path) -> Read:
    from flax.serialization import msgpack_restore

    restored = msgpack_restore(path.read_bytes())
    if not isinstance(restored, Mapping):
        raise ValueError("it is a single array")
    return Read(restored)


def orbax_folder(path: Path) -> Read:
    """A checkpoint that orbax wrote, as plain arrays."""
    import jax
    import orbax.checkpoint as ocp

    # A manager keeps what it saves in folders within those of steps.
    places = [each for each in (path, path / "default", path / "state") if _is_tree(each)]
    if not places:
        inner = sorted(str(each.parent.relative_to(path)) for each in path.rglob("_METADATA"))
        words = f"; its checkpoints are {', '.join(inner[:5])}" if inner else ""
        raise ValueError(f"it is no folder of one checkpoint{words}")
    with ocp.PyTreeCheckpointer() as reader:
        place = places[0].absolute()
        # Versions differ in where they keep the tree.
        found: Any = reader.metadata(place)
        found = getattr(found, "item_metadata", found)
        tree = getattr(found, "tree", found)
        leaves = jax.tree.leaves(tree)
        _require_size(
            int(np.prod(leaf.shape, dtype=object)) * np.dtype(leaf.dtype).itemsize
            for leaf in leaves
            if getattr(leaf, "shape", None) is not None and leaf.dtype is not None
        )
        plain = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), tree)
        return Read(reader.restore(place, restore_args=plain))


def _is_tree(folder: Path) -> bool:
    return (folder / "_METADATA").is_file()


READERS: dict[str, Callable[[Path], Read]] = {
    ".npz": _npz,
    ".safetensors": _safetensors,
    ".pt": _torch,
    ".pth": _torch,
    ".bin": _torch,
    ".h5": _hdf5,
    ".hdf5": _hdf5,
    ".keras": _keras,
    ".mat": _matlab,
    ".msgpack": _msgpack,
}


def _missing(library: str, path: Path) -> ModuleNotFoundError:
    return ModuleNotFoundError(
        f"{path} is read by the library {library}, which is not installed; allowed is "
        f"`pip install {library}`, or the same arrays as .npz."
    )
