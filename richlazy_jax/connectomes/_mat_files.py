"""What MATLAB saved, up to its version 7 and from 7.3 on."""

from typing import Any

import numpy as np
import scipy.io
import scipy.sparse

from ._arrays import weights_of_arrays
from ._asked import Asked
from ._edges import MOST_NODES
from ._files import File
from ._mat_elements import require_whole
from ._matrices import Weights
from ._words import told_if_broken

# Rows of a dense array that are looked at together, by their bytes.
_BLOCK = 2**26
_NOTHING = ("__header__", "__version__", "__globals__")


def read_mat(file: File, asked: Asked) -> Weights:
    with file.path.open("rb") as opened:
        start = opened.read(128)
    newer = start[:8] == b"\x89HDF\r\n\x1a\n" or b"MATLAB 7.3" in start
    way = "allowed are matrices that MATLAB saved; see weight="
    with told_if_broken(file.at, ".mat", way):
        arrays = _of_hdf5(file) if newer else _of_mat(file)
    return weights_of_arrays(file, arrays, asked)


def _of_mat(file: File) -> dict[str, Any]:
    file.require_size(file.path.stat().st_size, "the file")
    content = file.path.read_bytes()
    if content[124:128][2:] in (b"IM", b"MI"):
        require_whole(memoryview(content), file.most_bytes)
    del content
    about = scipy.io.whosmat(file.path)
    size = sum(
        8 * int(np.prod(shape, dtype=object)) for _, shape, kind in about if kind != "sparse"
    )
    file.require_size(size, "its arrays")
    wanted = [
        name
        for name, shape, kind in about
        if kind not in ("function", "opaque", "struct", "object") and len(shape) <= 2
    ]
    loaded = scipy.io.loadmat(file.path, variable_names=wanted)
    found = {}
    for name, each in loaded.items():
        if name in _NOTHING:
            continue
        if scipy.sparse.issparse(each):
            if max(each.shape) > MOST_NODES:
                raise ValueError(f"{name} has shape {each.shape}")
            if each.format in ("csr", "csc"):
                each.check_format(full_check=True)
            found[name] = each.tocoo()
        elif isinstance(each, np.ndarray):
            found[name] = each
    return found


def _of_hdf5(file: File) -> dict[str, Any]:
    """What MATLAB 7.3 wrote, whose arrays stand turned in HDF5."""
    import h5py

    found: dict[str, Any] = {}
    with h5py.File(file.path, "r") as opened:
        for name, each in opened.items():
            if name.startswith("#"):
                continue
            if isinstance(each, h5py.Group):
                if {"data", "ir", "jc"} <= set(each):
                    found[name] = _sparse_of_hdf5(file, each)
                continue
            if not isinstance(each, h5py.Dataset) or len(each.shape) > 2:
                continue
            if each.dtype.kind == "O":
                names = _cells(opened, each)
                if names is not None:
                    found[name] = np.array(names)
            elif _class_of(each) == "char":
                found[name] = _characters(each)
            elif each.dtype.kind in "biuf":
                found[name] = _dense_of_hdf5(file, each)
    return found


def _dense_of_hdf5(file: File, dataset: Any) -> Any:
    """A dataset, as a sparse matrix where it is large: it may be written as nearly nothing."""
    if dataset.ndim < 2:
        file.require_size(dataset.size * 8, "an array")
        return dataset[()]
    rows, columns = dataset.shape
    if rows != columns or rows * columns * 8 <= _BLOCK:
        file.require_size(rows * columns * 8, "an array")
        return dataset[()].T
    if rows > MOST_NODES:
        raise ValueError(f"an array has shape {dataset.shape}")
    file.require_size(rows * columns * 8, "an array")
    step = max(1, _BLOCK // (8 * columns))
    blocks = [
        scipy.sparse.csr_array(dataset[start : start + step].astype(np.float64))
        for start in range(0, rows, step)
    ]
    return scipy.sparse.csr_array(scipy.sparse.vstack(blocks)).T.tocoo()


def _sparse_of_hdf5(file: File, group: Any) -> Any:
    rows, columns = int(group.attrs["MATLAB_sparse"]), len(group["jc"]) - 1
    if max(rows, columns) > MOST_NODES:
        raise ValueError(f"a matrix has shape {(rows, columns)}")
    file.require_size(16 * group["ir"].size, "a sparse matrix")
    parts = tuple(group[part][()] for part in ("data", "ir", "jc"))
    made = scipy.sparse.csc_array(
        (parts[0], parts[1].astype(np.int64), parts[2].astype(np.int64)), shape=(rows, columns)
    )
    made.check_format(full_check=True)
    return made.tocoo()


def _class_of(dataset: Any) -> str:
    found = dataset.attrs.get("MATLAB_class", "")
    return found.decode("latin-1") if isinstance(found, bytes) else str(found)


def _cells(opened: Any, dataset: Any) -> list[str] | None:
    """The texts of a cell array, or None."""
    found = []
    for each in np.asarray(dataset[()]).T.ravel():
        inside = opened[each]
        if _class_of(inside) != "char":
            return None
        found.append("".join(map(chr, np.asarray(inside[()]).ravel())).strip())
    return found


def _characters(dataset: Any) -> np.ndarray:
    lines = np.atleast_2d(np.asarray(dataset[()]).T)
    return np.array(["".join(map(chr, line)).strip() for line in lines])
