"""Low-rank weights that point along a task."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Key, Real

from .._checks import require_axes, require_nonnegative, require_some, require_whole
from .._products import product
from ._spectrum import haar_orthonormal, orthonormalized


def aligned_weights(
    key: Key[Array, ""],
    direction: Float[Array, " columns"],
    rows: int,
    c: Real[ArrayLike, ""] = 1.0,
    rank: int = 1,
) -> Float[Array, "rows columns"]:
    r"""Weights of low rank whose leading input direction is the task's.

    $$W = \sqrt c\, v_1 b^\top + \sqrt{c / 2} \sum_{i=2}^{r} v_i u_i^\top$$

    with $b$ the task's direction, $v_i$ and $u_i$ random and orthonormal, $u_i$ orthogonal to $b$.

    Args:
        key: a JAX random key.
        direction: the task, of any length but 0; only its direction counts.
        rows: the number of receiving units.
        c: the square of the leading singular value.
        rank: r, from 1 to the lesser of `rows` and the number of columns.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, Proposition 1, for rank one; the weights of the
    further directions are those of `theory.aligned_kernel_alignment`.
    """
    direction = require_axes("direction", direction, "columns")
    require_some("direction", direction)
    rows = require_whole("rows", rows)
    columns = len(direction)
    rank = require_whole("rank", rank, most=min(rows, columns))
    c = require_nonnegative("c", c)
    left, right = jax.random.split(key)
    v = haar_orthonormal(left, rows, rank)
    b = direction / jnp.linalg.norm(direction)
    others = jax.random.normal(right, (columns, rank - 1), b.dtype)
    u = orthonormalized(jnp.column_stack([b, others]))
    s = jnp.sqrt(c * jnp.where(jnp.arange(rank) == 0, 1.0, 0.5))
    return product(v * s, u.T)
