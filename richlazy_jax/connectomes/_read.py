"""A connectome from a file."""

import os
from collections.abc import Sequence

from ._connectome import Connectome, require_names
from ._file import require_file
from ._read_array import read_npy, read_npz
from ._read_edge_list import read_edge_list
from ._read_graphml import read_graphml

_READERS = {
    ".csv": read_edge_list,
    ".npy": read_npy,
    ".npz": read_npz,
    ".graphml": read_graphml,
}


def read_connectome(
    path: str | os.PathLike[str],
    *,
    weight: str | None = None,
    nodes: Sequence[str] | None = None,
) -> Connectome:
    """The connectome in a file, whose extension says what it is.

    - `.csv`, an edge list with a header. A column called `pre`, `source` or `from` has the sender,
      one called `post`, `target` or `to` the receiver, and one the weight; without the last all
      weights are 1. The nodes are in alphabetical order. UTF-8, with or without a byte order mark.
    - `.npy`, one square array. Its entry [i, j] is the weight from j to i: rows receive, columns
      send. The nodes are called by their numbers, from "0", or by `nodes`, in that order.
    - `.npz`, such an array called `weights`, or one alone, and perhaps an array of strings `names`;
      or what `scipy.sparse.save_npz` writes, where the same holds of entry [i, j].
    - `.graphml`, one graph. Undirected edges become two, one each way. Nodes are called by their
      attribute `name`, or else `label`, if it tells all of them apart, and otherwise by their ids.

    A weight of 0 is no connection, but its two ends are nodes. Weights may be negative.

    Args:
        path: the file.
        weight: the column, edge attribute or array of the archive that holds the weights. None
            stands for the one called `weight`, `synapses` or `count`, or the only one there is.
        nodes: the names that are allowed, in the order of the result. A file with any other name is
            refused, which keeps out muscles, glia and misspellings; names that the file lacks are
            kept as nodes without connections. None allows all.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: an argument or the file is not as described above, or an edge is there twice.
            The message names the line, edge or entry, the value and what is allowed.
    """
    path = require_file(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f"{path} has the extension {path.suffix!r}; allowed are {', '.join(_READERS)}."
        )
    if nodes is not None:
        nodes = require_names(str(path), "nodes", nodes)
        if len(nodes) < 2:
            raise ValueError(f"{path}: nodes has {len(nodes)} names; allowed are at least 2.")
    names, weights = reader(path, weight, nodes)
    return Connectome(tuple(names), weights, str(path))
