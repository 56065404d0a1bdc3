"""The same weights at random places."""

from typing import overload

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from scipy.sparse import csr_array, issparse, sparray, spmatrix

from .._checks import known_value, require_axes
from .._host import as_square_sparse, host_generator

# Up to so many places, all of them are put in order; of more, some are drawn until enough differ.
_ORDERED = 5_000_000


@overload
def shuffled_weights(
    key: Key[Array, ""], w: sparray | spmatrix, diagonal: bool = False
) -> csr_array: ...
@overload
def shuffled_weights(
    key: Key[Array, ""], w: Float[Array | np.ndarray, "n n"], diagonal: bool = False
) -> Float[Array, "n n"]: ...
def shuffled_weights(
    key: Key[Array, ""],
    w: Float[Array | np.ndarray, "n n"] | sparray | spmatrix,
    diagonal: bool = False,
) -> Float[Array, "n n"] | csr_array:
    """The entries of a matrix, zeros among them, in an order that is uniformly random.

    What stays is the distribution of weights; what goes is who connects to whom, also which nodes
    send and receive much.

    Args:
        key: a JAX random key.
        w: the weights. They may be traced or batched. Those of `scipy.sparse` stay sparse and are
            drawn on the host.
        diagonal: whether the diagonal takes part. If not, it stays as it is, and known weights must
            be zero there, so that no connection of a node to itself is left out unnoticed.

    Raises:
        ValueError: w is no square, or has weights on the diagonal while that takes no part.
    """
    if issparse(w):
        matrix = as_square_sparse("w", w)
        if not diagonal:
            _require_no_diagonal(matrix.diagonal())
        return _sparse(host_generator(key), matrix, diagonal)
    # Asked first, because what JAX makes of it within a program is not known.
    known, w = known_value(w), require_axes("w", w, "n", "n")
    n, columns = w.shape
    if n != columns:
        raise ValueError(f"w has shape {w.shape}; allowed is a square, (n, n).")
    if not diagonal and known is not None:
        _require_no_diagonal(known.diagonal())
    places = np.flatnonzero(np.ones((n, n)) if diagonal else 1 - np.eye(n))
    entries = w.ravel()
    shuffled = entries.at[places].set(jax.random.permutation(key, entries[places]))
    return jnp.reshape(shuffled, (n, n))


def _require_no_diagonal(weights: np.ndarray) -> None:
    if weights.any():
        i = int(np.flatnonzero(weights)[0])
        raise ValueError(
            f"w[{i}, {i}] is {weights[i]} while diagonal is False; allowed is a zero diagonal, or "
            "diagonal=True, by which weights may come to lie anywhere."
        )


def _sparse(rng: np.random.Generator, matrix: csr_array, diagonal: bool) -> csr_array:
    n = len(matrix.indptr) - 1
    in_row = n if diagonal else n - 1
    places = _drawn_places(rng, n * in_row, matrix.nnz)
    rows, columns = np.divmod(places, max(in_row, 1))
    if not diagonal:
        columns += columns >= rows
    # Places are in order, so that rows follow each other as the format has them.
    indptr = np.searchsorted(rows, np.arange(n + 1))
    return csr_array((rng.permutation(matrix.data), columns, indptr), (n, n))


def _drawn_places(rng: np.random.Generator, places: int, count: int) -> np.ndarray:
    """So many different whole numbers below `places`, in order; all sets of them are as likely."""
    if places <= _ORDERED:
        return np.sort(rng.permutation(places)[:count])
    if count > places // 2:
        free = np.ones(places, bool)
        free[_drawn_places(rng, places, places - count)] = False
        return np.flatnonzero(free)
    drawn = np.empty(0, np.int64)
    # What is there already does not count, so that each new one is any of the others.
    while len(drawn) < count:
        drawn = np.sort(np.append(drawn, rng.integers(0, places, count - len(drawn))))
        drawn = drawn[np.append(True, np.diff(drawn) > 0)]
    return drawn
