"""A square matrix as a connectome, and a table that is one."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse

from ._asked import Asked
from ._conventions import LARVA
from ._edges import MOST_NODES, Edges, looks_turned, weights_of
from ._files import File
from ._tables import Grid
from ._words import refusal, shown, some

Weights = tuple[tuple[str, ...], scipy.sparse.csr_array, list[str]]
# Rows of a dense array that are looked at together, by their bytes.
_BLOCK = 2**26


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
