"""A connectome from a CSV file with one edge a line."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .._table import column_of, read_table
from ._edges import Edge, require_number, weight_name, weights_of_edges

SENDERS = ("pre", "source", "from")
RECEIVERS = ("post", "target", "to")


def read_edge_list(
    path: Path, weight: str | None, nodes: Sequence[str] | None
) -> tuple[Sequence[str], np.ndarray]:
    """Names and weights of the edge list `path`, as `read_connectome` describes it."""
    columns, rows = read_table(path)
    pre = column_of(path, columns, "sender", SENDERS)
    post = column_of(path, columns, "receiver", RECEIVERS)
    # A column without a name is the row number that some programs write.
    others = [c for i, c in enumerate(columns) if c and i not in (pre, post)]
    for column in others:
        if others.count(column) > 1:
            raise ValueError(f"{path}, line 1: {column!r} is there twice; allowed is once.")
    name = weight_name(f"{path}, line 1", others, weight)
    edges = []
    for where, fields, _ in rows:
        for column in (pre, post):
            if not fields[column]:
                raise ValueError(
                    f"{where}: {columns[column]} is {fields[column]!r}; allowed are names that are "
                    "not empty."
                )
        value = 1.0
        if name is not None:
            value = require_number(where, name, fields[columns.index(name)])
        edges.append(Edge(where, fields[pre], fields[post], value))
    if not edges:
        raise ValueError(f"{path} has a header only; allowed is at least one edge below it.")
    if nodes is None:
        nodes = sorted({end for edge in edges for end in (edge.sender, edge.receiver)})
    return nodes, weights_of_edges(edges, nodes)
