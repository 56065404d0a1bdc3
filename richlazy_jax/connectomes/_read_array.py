"""A connectome from a matrix that NumPy or SciPy saved."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

from ._connectome import require_known, require_names, require_square_weights
from ._edges import weight_name


def read_npy(
    path: Path, weight: str | None, nodes: Sequence[str] | None
) -> tuple[Sequence[str], np.ndarray]:
    """Names and weights of one array, as `read_connectome` describes it."""
    if weight is not None:
        raise ValueError(
            f"{path}: weight is {weight!r}; allowed is None, as a .npy file holds one array."
        )
    try:
        with path.open("rb") as file:
            # Not np.load, which takes a .npz by its content whatever it is called.
            array = np.lib.format.read_array(file, allow_pickle=False)
    # A broken file makes NumPy, SciPy and zipfile raise nearly anything.
    except Exception as error:
        raise _unreadable(path, error) from error
    return _named(path, array, None, nodes)


def read_npz(
    path: Path, weight: str | None, nodes: Sequence[str] | None
) -> tuple[Sequence[str], np.ndarray]:
    """Names and weights of an archive, as `read_connectome` describes it."""
    try:
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise ValueError("it is not a whole zip archive")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        sparse = {"format", "shape", "data"} <= arrays.keys()
        matrix = _entries(path) if sparse else None
    # A broken file makes NumPy, SciPy and zipfile raise nearly anything.
    except Exception as error:
        raise _unreadable(path, error) from error
    if matrix is not None:
        if weight is not None:
            raise ValueError(
                f"{path}: weight is {weight!r}; allowed is None, as this file holds one sparse "
                "matrix."
            )
        return _named(path, _dense(path, matrix), None, nodes)
    key = "weights" if weight is None and "weights" in arrays else None
    key = key or weight_name(str(path), [k for k in arrays if k != "names"], weight)
    if key is None:
        raise ValueError(f"{path} holds no array of weights; allowed is one called 'weights'.")
    return _named(path, arrays[key], arrays.get("names"), nodes)


def _named(
    path: Path, array: Any, names: Any, nodes: Sequence[str] | None
) -> tuple[Sequence[str], np.ndarray]:
    weights = require_square_weights(str(path), array)
    if names is None:
        if nodes is not None and len(nodes) != len(weights):
            raise ValueError(
                f"{path}: nodes has {len(nodes)} names; allowed are {len(weights)}, one for each "
                "row, as the file has no names."
            )
        return (nodes if nodes is not None else [str(i) for i in range(len(weights))]), weights
    names = np.asarray(names)
    if names.dtype.kind != "U" or names.shape != weights.shape[:1]:
        raise ValueError(
            f"{path}: names has dtype {names.dtype} and shape {names.shape}; allowed are strings "
            f"of shape {weights.shape[:1]}."
        )
    names = require_names(str(path), "names", names.tolist())
    if nodes is None:
        return names, weights
    for i, name in enumerate(names):
        require_known(f"{path}, names[{i}]", name, nodes)
    place = [list(nodes).index(name) for name in names]
    placed = np.zeros((len(nodes), len(nodes)))
    placed[np.ix_(place, place)] = weights
    return nodes, placed


def _entries(path: Path) -> Any:
    matrix = scipy.sparse.load_npz(path)
    # A broken one would be read past its end.
    if matrix.format in ("csr", "csc", "bsr"):
        matrix.check_format(full_check=True)
    return matrix.tocoo()


def _dense(path: Path, matrix: Any) -> np.ndarray:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        # The message of a matrix that is not square, without making one as large.
        return np.broadcast_to(0.0, matrix.shape)
    seen = set()
    # SciPy would add up what is there twice.
    for entry in zip(matrix.row.tolist(), matrix.col.tolist(), strict=True):
        if entry in seen:
            raise ValueError(
                f"{path}: weights[{entry[0]}, {entry[1]}] is there twice; allowed is each entry "
                "once."
            )
        seen.add(entry)
    return matrix.toarray()


def _unreadable(path: Path, error: BaseException) -> ValueError:
    return ValueError(
        f"{path} cannot be read as {path.suffix}: {error}; allowed are NumPy arrays of numbers, "
        "without pickled objects."
    )
