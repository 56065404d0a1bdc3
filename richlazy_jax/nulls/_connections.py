"""A matrix of weights as a list of its connections, and back."""

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int

from .._host import as_square_sparse


class Connections(NamedTuple):
    """What connects different nodes, and what connects nodes to themselves.

    - `nodes`: how many there are.
    - `receivers`, `senders`, `weights`: one entry for each connection between different nodes.
    - `diagonal`: the weight of each node to itself.
    """

    nodes: int
    receivers: Int[np.ndarray, " m"]
    senders: Int[np.ndarray, " m"]
    weights: Float[np.ndarray, " m"]
    diagonal: Float[np.ndarray, " n"]


def connections_of(weights: Any) -> Connections:
    """The connections of a square matrix, dense or sparse.

    Zeros that a sparse matrix stores are no connections, and entries of one place are summed.

    Raises:
        ValueError: it is no square, or holds what is not a finite real number.
    """
    square = as_square_sparse("weights", weights)
    nodes, found = len(square.indptr) - 1, square.tocoo()
    rows, columns = (index.astype(np.int64) for index in found.coords)
    between = rows != columns
    diagonal = np.zeros(nodes)
    diagonal[rows[~between]] = found.data[~between]
    return Connections(nodes, rows[between], columns[between], found.data[between], diagonal)


def matrix_of(found: Connections) -> sp.csr_array:
    """The sparse matrix of connections."""
    themselves = np.flatnonzero(found.diagonal)
    weights = np.concatenate([found.weights, found.diagonal[themselves]])
    rows, columns = (
        np.concatenate([ends, themselves]) for ends in (found.receivers, found.senders)
    )
    made = sp.csr_array((weights, (rows, columns)), shape=(found.nodes, found.nodes))
    made.sort_indices()
    return made
