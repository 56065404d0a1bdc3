"""The same weights at random places."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from .._checks import known_value, require_axes


def shuffled_weights(
    key: Key[Array, ""], w: Float[Array | np.ndarray, "n n"], diagonal: bool = False
) -> Float[Array, "n n"]:
    """The entries of a matrix, zeros among them, in an order that is uniformly random.

    What stays is the distribution of weights; what goes is who connects to whom, also which nodes
    send and receive much.

    Args:
        key: a JAX random key.
        w: the weights. They may be traced or batched.
        diagonal: whether the diagonal takes part. If not, it stays as it is, and known weights must
            be zero there, so that no connection of a node to itself is left out unnoticed.

    Raises:
        ValueError: w is no square, or has weights on the diagonal while that takes no part.
    """
    # Asked first, because what JAX makes of it within a program is not known.
    known, w = known_value(w), require_axes("w", w, "n", "n")
    n, columns = w.shape
    if n != columns:
        raise ValueError(f"w has shape {w.shape}; allowed is a square, (n, n).")
    if not diagonal and known is not None and known.diagonal().any():
        i = int(np.flatnonzero(known.diagonal())[0])
        raise ValueError(
            f"w[{i}, {i}] is {known[i, i]} while diagonal is False; allowed is a zero diagonal, or "
            "diagonal=True, by which weights may come to lie anywhere."
        )
    places = np.flatnonzero(np.ones((n, n)) if diagonal else 1 - np.eye(n))
    entries = w.ravel()
    shuffled = entries.at[places].set(jax.random.permutation(key, entries[places]))
    return jnp.reshape(shuffled, (n, n))
