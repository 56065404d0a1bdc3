"""Matrices as NumPy, SciPy and Matrix Market keep them."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse

from ._arrays import weights_of_arrays
from ._asked import MATRICES, Asked
from ._edges import MOST_NODES
from ._files import File
from ._mat_files import read_mat
from ._matrices import Weights, weights_of_matrix
from ._words import refusal, shown, told_if_broken, unreadable


def read_matrix(file: File, asked: Asked) -> Weights:
    """Names, weights and what there is to say of a file of matrices.

    Raises:
        ValueError: it cannot be read, or it is not clear which array is meant.
    """
    asked.refuse_others(file.at, MATRICES)
    reader = {".npy": _npy, ".npz": _npz, ".mat": read_mat, ".mtx": _mtx}[file.extension]
    return reader(file, asked)


def _npy(file: File, asked: Asked) -> Weights:
    _refuse_arrays(file, asked)
    try:
        with file.path.open("rb") as opened:
            shape, dtype = _npy_header(opened)
            size = opened.seek(0, 2)
        # Mapped, so that no more than a block is in memory; a file that is too short is refused.
        if dtype.hasobject or int(np.prod(shape, dtype=object)) * dtype.itemsize > size:
            raise ValueError("it holds Python objects, or is cut off")
        array: Any = np.load(file.path, mmap_mode="r" if np.prod(shape) else None)
    # A broken file makes NumPy raise nearly anything.
    except Exception as error:
        raise unreadable(
            file.at, ".npy", error, "allowed is one array of numbers, without pickled objects"
        ) from error
    return weights_of_matrix(file, array, None, asked, [])


def _npy_header(opened: Any) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(opened)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"its version is {version}")
    shape, _, dtype = read(opened)
    return shape, dtype


def _refuse_arrays(file: File, asked: Asked) -> None:
    """Refuse names of arrays for a file that has one."""
    for argument in ("weight", "sign"):
        if getattr(asked, argument) is not None:
            raise refusal(
                file.at,
                f"{argument} is {shown(getattr(asked, argument))}",
                f"allowed is None, as a {file.extension} file holds one matrix",
            )


def _npz(file: File, asked: Asked) -> Weights:
    way = "allowed are arrays of numbers, without pickled objects"
    with told_if_broken(file.at, ".npz", way):
        if not zipfile.is_zipfile(file.path):
            raise ValueError("it is not a whole zip archive")
        with zipfile.ZipFile(file.path) as archive:
            file.require_size(sum(each.file_size for each in archive.infolist()), "its arrays")
            for each in archive.infolist():
                _require_whole_member(archive, each)
        with np.load(file.path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        # What is no array, NumPy gives as bytes.
        arrays = {key: each for key, each in arrays.items() if isinstance(each, np.ndarray)}
        sparse = None
        if {"format", "shape", "data"} <= arrays.keys():
            sparse = _sparse(file, arrays)
    if sparse is not None:
        _refuse_arrays(file, asked)
        return weights_of_matrix(file, sparse, None, asked, [])
    return weights_of_arrays(file, arrays, asked)


def _require_whole_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Refuse an array that says it is larger than what stands there."""
    with archive.open(member) as opened:
        try:
            shape, dtype = _npy_header(opened)
        except ValueError:
            # NumPy gives what is no array as bytes, and later it is refused.
            return
    if dtype.hasobject or int(np.prod(shape, dtype=object)) * dtype.itemsize > member.file_size:
        raise ValueError(f"{member.filename} holds Python objects, or is cut off")


def _sparse(file: File, arrays: Mapping[str, np.ndarray]) -> Any:
    shape = arrays["shape"]
    if len(shape) == 2 and int(shape[0]) != int(shape[1]):
        raise refusal(
            file.at,
            f"weights has shape {tuple(map(int, shape))}",
            "allowed is (n, n), a square matrix",
        )
    if len(shape) != 2 or not 0 <= int(shape[0]) <= MOST_NODES:
        raise refusal(
            file.at, f"nodes are {shown(shape.tolist())}", f"allowed are up to {MOST_NODES:,}"
        )
    matrix = scipy.sparse.load_npz(file.path)
    # A broken one would be read past its end.
    if matrix.format in ("csr", "csc", "bsr"):
        matrix.check_format(full_check=True)
    return matrix.tocoo()


def _mtx(file: File, asked: Asked) -> Weights:
    _refuse_arrays(file, asked)
    with told_if_broken(file.at, ".mtx", "allowed is a Matrix Market file"):
        rows, columns, entries, kind, field, symmetry = scipy.io.mminfo(file.path)
        size = file.path.stat().st_size
        least = rows * columns // (2 if symmetry != "general" else 1)
        if max(rows, columns) > MOST_NODES:
            raise refusal(file.at, f"nodes are {rows:,}", f"allowed are up to {MOST_NODES:,}")
        # Each entry takes at least two characters, in a list four.
        if (2 * (least - rows) if kind == "array" else 4 * (entries - 1)) > size:
            raise ValueError(f"it says that it holds {entries:,} entries and is too short")
        file.require_size(2 * size, "the file")
        content = file.path.read_bytes()
        # SciPy reads past the end of a last line that is cut off.
        matrix = scipy.io.mmread(io.BytesIO(content.rstrip() + b"\n"), spmatrix=False)
    said = []
    if symmetry != "general":
        said.append(f"The matrix is {symmetry}: each entry stands for two.")
    if field == "pattern":
        said.append("It holds places alone: every weight is 1.")
    return weights_of_matrix(file, matrix, None, asked, said)
