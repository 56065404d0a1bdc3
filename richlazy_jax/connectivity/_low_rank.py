"""Weights of lower rank, or of another spectrum, made from given ones."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from .._checks import known_value, require_axes, require_choice, require_nonnegative, require_whole
from .._products import product

KEEP = ("frobenius", "leading")


def low_rank(
    w: Float[Array, "rows columns"],
    rank: int | Int[Array, ""],
    keep: str = "frobenius",
) -> Float[Array, "rows columns"]:
    r"""The leading singular triplets of a matrix, brought back to its size.

    $$W \mapsto a \sum_{i=1}^{r} s_i u_i v_i^\top, \qquad
        a = \lVert W \rVert_F / \sqrt{\textstyle\sum_{i \le r} s_i^2}$$

    Args:
        w: the weights, for example a Gaussian draw.
        rank: r, from 1 to the lesser of rows and columns. It may be traced, so that one compilation
            serves all ranks.
        keep: "frobenius" keeps the Frobenius norm, as in the equation; "leading" the leading
            singular value, $a = 1$.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, the low-rank starts of its figure 1; "leading" is
    its control for the leading weight.
    """
    w = require_axes("w", w, "rows", "columns")
    size = min(w.shape)
    # What is traced has no value to refuse; a plain number has.
    known = known_value(rank)
    if known is not None:
        require_whole("rank", known.item(), most=size)
    u, s, vt = jnp.linalg.svd(w, full_matrices=False)
    kept = jnp.where(jnp.arange(size) < rank, s, 0.0)
    return product(u * _resized(kept, s, keep), vt)


def with_singular_values(
    w: Float[Array, "rows columns"],
    singular_values: Float[Array, " p"],
    keep: str = "frobenius",
) -> Float[Array, "rows columns"]:
    r"""The singular vectors of a matrix with other singular values, brought to its size.

    Args:
        w: the weights whose singular vectors are kept.
        singular_values: the new ones, in falling order and not all zero; only their ratios count.
            As many as the lesser of rows and columns.
        keep: "frobenius" or "leading", as in `low_rank`.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, its control of smooth spectra.
    """
    w = require_axes("w", w, "rows", "columns")
    new = require_axes("singular_values", singular_values, "p")
    new = require_nonnegative("singular_values", new)
    if len(new) != min(w.shape):
        raise ValueError(
            f"singular_values has {len(new)} entries; allowed are {min(w.shape)}, the lesser of "
            "rows and columns."
        )
    u, s, vt = jnp.linalg.svd(w, full_matrices=False)
    return product(u * _resized(new, s, keep), vt)


def power_law_spectrum(size: int, exponent: float | Float[Array, ""]) -> Float[Array, " size"]:
    r"""Singular values that fall as a power, $s_i = i^{-\alpha}$.

    Args:
        size: how many.
        exponent: $\alpha$, at least 0. 0 makes all equal.

    Raises:
        ValueError: an argument is not as described above.
    """
    size = require_whole("size", size)
    return (1.0 + jnp.arange(size)) ** -require_nonnegative("exponent", exponent)


def spectrum_of_participation_ratio(
    size: int, ratio: float | Float[Array, ""]
) -> Float[Array, " size"]:
    r"""Geometric singular values, $s_i^2 = q^i$, with a chosen participation ratio of the squares.

    $$\mathrm{PR} = \frac{(\sum_i s_i^2)^2}{\sum_i s_i^4}
        = \frac{(1 + q)(1 - q^n)}{(1 - q)(1 + q^n)}$$

    rises with $q$ from 1 to n; $q$ is found by bisection, to rounding.

    Args:
        size: n, how many.
        ratio: the participation ratio, from 1 to n.

    Raises:
        ValueError: an argument is not as described above.
    """
    size = require_whole("size", size)
    known = known_value(ratio)
    if known is not None and not 1 <= known <= size:
        raise ValueError(f"ratio is {known}; allowed are numbers from 1 to {size}.")
    index = jnp.arange(size)

    # In the decay rather than in q, which near 1 leaves float32 too few digits.
    def narrowed(_: Any, between: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = between
        middle = (low + high) / 2
        squares = jnp.exp(-jnp.exp(middle) * index)
        too_flat = jnp.sum(squares) ** 2 / jnp.sum(squares**2) > ratio
        return jnp.where(too_flat, middle, low), jnp.where(too_flat, high, middle)

    ends = (jnp.asarray(-25.0), jnp.asarray(np.log(100.0), jnp.result_type(float)))
    low, high = jax.lax.fori_loop(0, 60, narrowed, ends)
    return jnp.exp(-jnp.exp((low + high) / 2) * index / 2)


def _resized(new: Array, old: Array, keep: str) -> Array:
    require_choice("keep", keep, KEEP)
    if keep == "leading":
        return new * (old[0] / new[0])
    return new * (jnp.linalg.norm(old) / jnp.linalg.norm(new))
