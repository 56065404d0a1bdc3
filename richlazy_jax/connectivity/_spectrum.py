"""Weights with chosen singular values and random singular vectors."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import require_axes, require_nonnegative, require_whole
from .._products import product


def haar_orthonormal(key: Key[Array, ""], rows: int, columns: int) -> Float[Array, "rows columns"]:
    """A uniformly random matrix with orthonormal columns.

    Args:
        key: a JAX random key.
        rows: the length of each column.
        columns: how many, at most `rows`.

    Raises:
        ValueError: a size is not as described above.

    Source: F. Mezzadri (2007), arXiv math-ph/0609050: a Gaussian matrix made orthonormal column by
    column, with the sign that leaves each column pointing its own way.
    """
    rows = require_whole("rows", rows)
    columns = require_whole("columns", columns, most=rows)
    return orthonormalized(jax.random.normal(key, (rows, columns)))


# Compiled by itself, so that it is compiled once where starts are drawn step by step.
@jax.jit
def orthonormalized(columns: Float[Array, "rows columns"]) -> Float[Array, "rows columns"]:
    """Each column made orthogonal to those before it, and of length 1.

    Gram-Schmidt, twice over for rounding. Not `jnp.linalg.qr`, because two batched LAPACK calls in
    one program can wait for each other for ever on a CPU of two cores (seen on JAX 0.10.2).
    """

    def one(j: Array, done: Array) -> Array:
        v = columns[:, j]
        for _ in range(2):
            v = v - product(done, product(v, done))
        return done.at[:, j].set(v / jnp.linalg.norm(v))

    return jax.lax.fori_loop(0, columns.shape[1], one, jnp.zeros_like(columns))


def equal_singular_values(rank: int, size: int, norm: float = 1.0) -> Float[Array, " size"]:
    """`rank` equal singular values and zeros after them, for weights of Frobenius norm `norm`.

    All ranks of one size have the same shape, so that one compilation serves them.

    Args:
        rank: how many are not zero, from 1 to `size`.
        size: the lesser of the weights' two dimensions.
        norm: the Frobenius norm of the weights.

    Raises:
        ValueError: the rank is above the size, or an argument is out of its range.
    """
    size = require_whole("size", size)
    rank = require_whole("rank", rank, most=size)
    each = require_nonnegative("norm", norm) / jnp.sqrt(1.0 * rank)
    return jnp.where(jnp.arange(size) < rank, each, 0.0)


def weights_with_spectrum(
    key: Key[Array, ""], singular_values: Float[Array, " p"], rows: int, columns: int
) -> Float[Array, "rows columns"]:
    r"""Weights $U \operatorname{diag}(s) V^\top$ with independent, uniformly random $U$ and $V$.

    Args:
        key: a JAX random key.
        singular_values: $s$, none negative, at most the lesser of `rows` and `columns` of them.
        rows: the number of receiving units.
        columns: the number of sending units.

    Raises:
        ValueError: an argument is not as described above.
    """
    s = require_nonnegative("singular_values", singular_values)
    s = require_axes("singular_values", s, "p")
    rows, columns = require_whole("rows", rows), require_whole("columns", columns)
    if len(s) > min(rows, columns):
        raise ValueError(
            f"singular_values has {len(s)} entries; allowed are at most {min(rows, columns)}, "
            f"the lesser of rows and columns."
        )
    left, right = jax.random.split(key)
    u = haar_orthonormal(left, rows, len(s))
    v = haar_orthonormal(right, columns, len(s))
    return product(u * s, v.T)
