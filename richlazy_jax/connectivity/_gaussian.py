"""The null that structured starts are held against: independent Gaussian weights."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import require_axes, require_some, require_whole


def gaussian_weights(
    key: Key[Array, ""], size: int, gain: float | int = 1.25
) -> Float[Array, "n n"]:
    r"""Recurrent weights without structure, $W_{ij} \sim \mathcal N(0, g^2 / n)$.

    A row holds what one unit receives, a column what it sends. The eigenvalues fill a disk of
    radius $g$ as $n$ grows.

    Args:
        key: a JAX random key.
        size: $n$, the number of units.
        gain: $g$, above 0.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, whose unstructured start has a gain of 1.25.
    """
    size = require_whole("size", size)
    if not 0 < gain < float("inf"):
        raise ValueError(f"gain is {gain!r}; allowed are finite numbers above 0.")
    return gain * size**-0.5 * jax.random.normal(key, (size, size))


def with_norm_of(
    w: Float[Array, "rows columns"], null: Float[Array, "m k"]
) -> Float[Array, "rows columns"]:
    r"""Weights scaled as a whole to the Frobenius norm of others.

    $$W \mapsto W\, \lVert W_0 \rVert_F / \lVert W \rVert_F$$

    Two starts of one norm differ by their structure alone, because the norm by itself moves
    learning between rich and lazy.

    Args:
        w: the weights to be scaled, not all 0. Where a transformation hides their numbers, weights
            that are all 0 become NaN.
        null: $W_0$, the weights whose norm is taken.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, which compares starts at the same norm.
    """
    w, null = require_axes("w", w, "rows", "columns"), require_axes("null", null, "m", "k")
    require_some("w", w)
    return w * (jnp.linalg.norm(null) / jnp.linalg.norm(w))
