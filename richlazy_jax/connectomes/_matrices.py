"""Matrices, as NumPy, SciPy, MATLAB and Matrix Market keep them, and as tables hold them."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse

from ._asked import MATRICES, Asked
from ._connectome import nearest
from ._conventions import BCT, LARVA
from ._edges import MOST_NODES, Edges, looks_turned, weights_of
from ._files import File
from ._mat_elements import require_whole
from ._tables import Grid
from ._transmitters import signs_of
from ._words import refusal, shown, some, unreadable

Weights = tuple[tuple[str, ...], scipy.sparse.csr_array, list[str]]
# Rows of a dense array that are looked at together, by their bytes.
_BLOCK = 2**26
# What an array of names is called where nobody says.
_NAMES = ("names", "labels", "node_names", "nodes", "ids", "node_ids", "root_ids")
_NOTHING = ("__header__", "__version__", "__globals__")


def weights_of_matrix(
    file: File,
    entries: Any,
    names: Sequence[str] | None,
    asked: Asked,
    said: list[str],
    *,
    signs: np.ndarray | None = None,
    rows: str = "receive",
    because: str = "",
) -> Weights:
    """Names, weights and what there is to say of a square matrix.

    Args:
        file: that it is from.
        entries: a dense or a sparse matrix, as the file has it.
        names: of its rows and columns, or None.
        asked: by the caller.
        said: what was said before.
        signs: +1 or -1 for what each node sends, or None.
        rows: what rows do where the caller does not say.
        because: why they do so; empty where it is assumed.

    Raises:
        ValueError: it is no matrix of a connectome.
    """
    at = file.at
    i, j, data, n = _entries(file, entries)
    numbered = names is None and asked.names is None and asked.nodes is None
    if names is None and asked.names is not None:
        names = _file_of_names(at, asked.names)
        said.append(f"Names are from {Path(asked.names).name!r}.")
    if names is None and asked.nodes is not None:
        names = asked.nodes
    if names is None:
        names = [str(k) for k in range(n)]
        said.append("It has no names: nodes are called by their numbers from 0.")
    if len(names) != n:
        raise refusal(
            at,
            f"{'nodes' if names is asked.nodes else 'names'} has {len(names)} entries",
            f"allowed are {n}, one for each row of the matrix",
        )
    how = asked.rows or rows
    post, pre = (i, j) if how == "receive" else (j, i)
    if signs is not None:
        if (data < 0).any():
            raise refusal(at, "weights are negative already", "allowed with sign= are none")
        if len(signs) != n:
            raise refusal(at, f"sign has {len(signs)} entries", f"allowed are {n}, one a node")
        data = data * signs[pre]

    def place(k: int) -> str:
        return f"{at}, entry [{i[k]}, {j[k]}]" if k >= 0 else f"{at}, names[{-1 - k}]"

    edges = Edges(list(names), pre, post, data, place, "entry", ("the sender", "the receiver"))
    other = "send" if how == "receive" else "receive"
    if asked.rows is not None:
        said.append(f"Rows {how}, as rows={how!r} says.")
    elif because:
        said.append(f"Rows {how}: {because}.")
    else:
        said.append(f"Rows are assumed to receive and columns to send; rows={other!r} turns them.")
    found, w, more = weights_of(at, edges, asked, in_order=False, numbered=numbered)
    said += more
    if looks_turned(w):
        said.append(
            "Each row has one sign and columns have both: it looks as if rows "
            f"{'send' if how == 'receive' else 'receive'}. rows={other!r} reads it so."
        )
    return found, w, said


def weights_of_grid(file: File, grid: Grid, asked: Asked) -> Weights:
    """The same of a table that is a matrix, whose names may stand above it and beside it."""
    at, entries = file.at, grid.entries
    for argument in ("weight", "sign", "where", "transmitters"):
        value = getattr(asked, argument)
        if value is not None:
            raise refusal(
                at,
                f"{argument} is {shown(value)}",
                "allowed is None for a matrix; pre= and post= name columns of a list of edges",
            )
    said = ["The table is a matrix.", *grid.said]
    rows, columns = grid.rows, grid.columns
    if rows is not None and columns is not None and list(rows) != list(columns):
        rows, entries = _aligned(
            at, [_key(r) for r in rows], [_key(c) for c in columns], grid, said
        )
    names = rows if rows is not None else columns
    turned, because = "receive", ""
    if LARVA.match(at):
        turned, because = "send", "the file is called as the larva's matrices are, whose rows send"
    return weights_of_matrix(file, entries, names, asked, said, rows=turned, because=because)


def _key(name: str) -> str:
    whole = re.fullmatch(r"(\d+)\.0+", name)
    return whole[1] if whole else name


def _aligned(
    at: str, rows: list[str], columns: list[str], grid: Grid, said: list[str]
) -> tuple[list[str], Any]:
    """A matrix whose columns are named otherwise than its rows, over all of its nodes."""
    for what, names in (("rows", rows), ("columns", columns)):
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise refusal(
                at, f"two {what} are called {shown(twice)}", "allowed are names that differ"
            )
    more, fewer = (rows, columns) if len(rows) >= len(columns) else (columns, rows)
    if not set(fewer) <= set(more):
        missing = [name for name in fewer if name not in set(more)]
        raise refusal(
            at,
            f"rows and columns have other names, such as {some(missing, 40)}",
            "allowed are the same; a list of edges may hold what goes between two kinds of nodes",
        )
    said.append(f"Its {len(rows):,} rows and {len(columns):,} columns were matched by their names.")
    index = {name: k for k, name in enumerate(more)}
    placed = grid.entries.tocoo()
    i = np.array([index[name] for name in rows], np.int64)[placed.coords[0]]
    j = np.array([index[name] for name in columns], np.int64)[placed.coords[1]]
    shape = (len(more), len(more))
    return more, scipy.sparse.coo_array((placed.data, (i, j)), shape=shape)


def _entries(file: File, given: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Rows, columns and values of what is not 0, and the size of the matrix."""
    at = file.at
    if given.dtype.kind not in "biuf":
        raise refusal(
            at, f"weights has dtype {given.dtype}", "allowed are real numbers; see weight="
        )
    if given.ndim != 2 or given.shape[0] != given.shape[1]:
        raise refusal(
            at,
            f"weights has shape {given.shape}",
            "allowed is (n, n), a square matrix; weight= names another array, and pre= and post= "
            "the columns of a table",
        )
    n = int(given.shape[0])
    if n > MOST_NODES:
        raise refusal(at, f"nodes are {n:,}", f"allowed are up to {MOST_NODES:,}")
    if scipy.sparse.issparse(given):
        placed = given.tocoo()
        i, j = (axis.astype(np.int64) for axis in (placed.coords))
        with np.errstate(over="ignore"):
            return i, j, placed.data.astype(np.float64), n
    parts = []
    step = max(1, _BLOCK // max(1, 8 * n))
    for start in range(0, n, step):
        with np.errstate(over="ignore"):
            block = np.asarray(given[start : start + step]).astype(np.float64)
        i, j = np.nonzero(block)
        parts.append((i + start, j, block[i, j]))
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), n
    i, j, data = (np.concatenate(each) for each in zip(*parts, strict=True))
    return i, j, data, n


def _file_of_names(at: str, path: str) -> list[str]:
    """The lines of a file."""
    if not Path(path).is_file():
        raise refusal(
            at,
            f"names is {shown(path)}, which is no array of the file and no file",
            "allowed is a file with a name in each line",
        )
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise refusal(at, f"names is {shown(path)}, no text", "allowed is UTF-8") from error
    return [line.strip() for line in lines if line.strip()]


def read_matrix(file: File, asked: Asked) -> Weights:
    """Names, weights and what there is to say of a file of matrices.

    Raises:
        ValueError: it cannot be read, or it is not clear which array is meant.
    """
    asked.refuse_others(file.at, MATRICES)
    reader = {".npy": _npy, ".npz": _npz, ".mat": _mat, ".mtx": _mtx}[file.extension]
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
    try:
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
    # A broken file makes NumPy, SciPy and zipfile raise nearly anything.
    except Exception as error:
        if isinstance(error, ValueError) and str(error).startswith(file.at):
            raise
        raise unreadable(
            file.at, ".npz", error, "allowed are arrays of numbers, without pickled objects"
        ) from error
    if sparse is not None:
        _refuse_arrays(file, asked)
        return weights_of_matrix(file, sparse, None, asked, [])
    return _of_arrays(file, arrays, asked)


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


def _of_arrays(file: File, arrays: dict[str, Any], asked: Asked) -> Weights:
    """Of several arrays the one that is meant, and those that say names and signs."""
    square = [
        key
        for key, each in arrays.items()
        if each.ndim == 2 and each.shape[0] == each.shape[1] and each.dtype.kind in "biuf"
    ]
    square = [key for key in square if key not in (asked.sign, asked.names)]
    key = _which(file, square, arrays, asked)
    matrix, said = arrays[key], [f"{key!r} is the matrix."]
    n = matrix.shape[0] if matrix.ndim else 0
    names_key = asked.names if asked.names in arrays else None
    if asked.names is None:
        there = {each.lower(): each for each in arrays if each != key}
        names_key = "names" if "names" in arrays else None
        if names_key is None:
            found = [there[each] for each in _NAMES if each in there]
            # Only what tells all apart is taken without being asked for.
            found = [each for each in found if arrays[each].size == n > 0]
            found = [each for each in found if arrays[each].dtype.kind in "USO"]
            names_key = found[0] if found else None
    names = None
    if names_key is not None:
        names = _names_of(file, names_key, arrays[names_key], n)
        said.append(f"Nodes are called as {names_key!r} says.")
    signs = None
    if asked.sign is not None:
        if asked.sign not in arrays:
            raise refusal(
                file.at, f"sign is {shown(asked.sign)}", f"allowed are the arrays {some(arrays)}"
            )
        texts = _texts(arrays[asked.sign])
        values = list(dict.fromkeys(texts))
        of_value, taken = signs_of(file.at, asked.sign, values, asked.transmitters, fly=False)
        signs = of_value[[values.index(text) for text in texts]]
        said.append(taken)
    unused = [each for each in arrays if each not in (key, names_key, asked.sign)]
    if unused:
        vectors = [each for each in unused if arrays[each].size == n]
        use = f"; names= and sign= may use {some(vectors, 60)}" if vectors else ""
        said.append(f"Arrays not used: {', '.join(unused)}{use}.")
    rows, because = "receive", ""
    if BCT.match(key):
        rows, because = "send", f"{key!r} is what the Brain Connectivity Toolbox calls its matrices"
    return weights_of_matrix(
        file, matrix, names, asked, said, signs=signs, rows=rows, because=because
    )


def _which(file: File, square: list[str], arrays: Mapping[str, Any], asked: Asked) -> str:
    if isinstance(asked.weight, str):
        if asked.weight not in arrays:
            best = nearest(asked.weight, list(arrays))
            raise refusal(
                file.at,
                f"weight is {shown(asked.weight)}",
                f"allowed are the arrays {some(arrays)}; the nearest is {shown(best, 30)}",
            )
        return asked.weight
    if asked.weight is not None:
        raise refusal(file.at, "weight is 1", f"allowed are the arrays {some(arrays)}")
    if "weights" in arrays:
        return "weights"
    # What is no square is refused with its shape, where there is nothing else.
    candidates = square or [key for key in arrays if key.lower() not in _NAMES]
    if not candidates:
        raise refusal(file.at, "it holds no array of weights", "allowed is one called 'weights'")
    if len(candidates) > 1:
        raise refusal(
            file.at,
            f"the weights may be any of {some(candidates)}",
            f"weight={shown(candidates[0], 30)} takes the first",
        )
    return candidates[0]


def _names_of(file: File, key: str, array: Any, n: int) -> list[str]:
    names = _texts(array)
    if names is None or len(names) != n:
        raise refusal(
            file.at,
            f"{key} has dtype {array.dtype} and shape {array.shape}",
            f"allowed for names are {n} texts or whole numbers, one for each row",
        )
    seen: dict[str, int] = {}
    for k, name in enumerate(names):
        if not name:
            raise refusal(
                f"{file.at}, {key}[{k}]", "the name is empty", "names= names another array"
            )
        if name in seen:
            raise refusal(
                f"{file.at}, {key}[{k}]",
                f"it is {shown(name)}, as is {key}[{seen[name]}]",
                "allowed are names that differ; names= names another array",
            )
        seen[name] = k
    return names


def _texts(array: Any) -> Any:
    """An array of texts, whole numbers or cells as texts; None where it is none."""
    if array.dtype.kind == "U" and array.ndim == 2 and 1 not in array.shape:
        return None
    flat = array.ravel()
    if array.dtype.kind in "iub":
        return [str(int(each)) for each in flat]
    if array.dtype.kind == "f":
        whole = np.isfinite(flat).all() and (flat == np.round(flat)).all()
        return [str(int(each)) for each in flat] if whole and (abs(flat) < 2**53).all() else None
    if array.dtype.kind == "U":
        return [str(each).strip() for each in flat]
    if array.dtype.kind == "S":
        return [each.decode("latin-1").strip() for each in flat]
    if array.dtype.kind != "O":
        return None
    found = []
    for each in flat:
        inside = np.asarray(each).ravel()
        if inside.size != 1 or inside.dtype.kind not in "Uiu":
            return None
        found.append(str(inside[0]).strip())
    return found


def _mat(file: File, asked: Asked) -> Weights:
    with file.path.open("rb") as opened:
        start = opened.read(128)
    newer = start[:8] == b"\x89HDF\r\n\x1a\n" or b"MATLAB 7.3" in start
    try:
        arrays = _of_hdf5(file) if newer else _of_mat(file)
    # A broken file makes SciPy and h5py raise nearly anything.
    except Exception as error:
        if isinstance(error, ValueError) and str(error).startswith(file.at):
            raise
        raise unreadable(
            file.at, ".mat", error, "allowed are matrices that MATLAB saved; see weight="
        ) from error
    return _of_arrays(file, arrays, asked)


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


def _mtx(file: File, asked: Asked) -> Weights:
    _refuse_arrays(file, asked)
    try:
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
    # A broken file makes SciPy raise nearly anything.
    except Exception as error:
        if isinstance(error, ValueError) and str(error).startswith(file.at):
            raise
        raise unreadable(file.at, ".mtx", error, "allowed is a Matrix Market file") from error
    said = []
    if symmetry != "general":
        said.append(f"The matrix is {symmetry}: each entry stands for two.")
    if field == "pattern":
        said.append("It holds places alone: every weight is 1.")
    return weights_of_matrix(file, matrix, None, asked, said)
