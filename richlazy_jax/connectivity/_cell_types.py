"""Weights drawn block by block from a table of cell types."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from .._checks import require_choice, require_whole
from ._cell_type_table import CellTypes
from ._gaussian import gaussian_weights, with_norm_of

DISTRIBUTIONS = ("lognormal", "normal")


def cell_type_counts(cell_types: CellTypes, size: int) -> tuple[int, ...]:
    """How many of `size` units each type gets, in proportion by largest remainders.

    Each type gets the whole part of its share, and those of the largest remainders one unit more
    until all are given; of equal remainders the type named first comes first.

    Args:
        cell_types: the table.
        size: the number of units.

    Raises:
        ValueError: an argument is not as described above, or a type would get no unit.
    """
    size = require_whole("size", size)
    # Exact, so that equal shares stay equal.
    sizes = [Fraction(float(s)) for s in cell_types.sizes]
    shares = [size * s / sum(sizes) for s in sizes]
    counts = [math.floor(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: counts[i] - shares[i])
    for i in by_remainder[: size - sum(counts)]:
        counts[i] += 1
    if 0 in counts:
        enough = math.ceil(sum(sizes) / min(sizes))
        raise ValueError(
            f"size is {size}, which leaves no unit to type {cell_types.names[counts.index(0)]}; "
            f"from {enough} on every type gets one."
        )
    return tuple(counts)


def cell_type_weights(
    key: Key[Array, ""],
    size: int,
    cell_types: CellTypes,
    *,
    distribution: str = "lognormal",
    gain: float | int = 1.25,
    resized: bool = True,
) -> Float[Array, "n n"]:
    r"""Recurrent weights with the connection statistics of cell types.

    $$W_{ij} = B_{ij} J_{ij}, \qquad B_{ij} \sim \mathrm{Bernoulli}(p_{ab}), \qquad
        \mathbb E J_{ij} = m_{ab}, \quad \mathrm{sd}(J_{ij}) = s_{ab}$$

    independently for each unit $i$ of type $a$ that receives from a unit $j$ of type $b$, so that
    before resizing an entry has mean $p m$ and variance $p (s^2 + m^2) - p^2 m^2$. Connections of a
    unit to itself are drawn like all others.

    Args:
        key: a JAX random key.
        size: $n$, the number of units; `cell_type_counts` of them for each type, in the table's
            order. Rows receive, columns send.
        cell_types: the table of $p$, $m$ and $s$.
        distribution: of $J$. "lognormal" is the sign of $m$ times a lognormal variable of mean
            $|m|$, so that columns keep their sign; where $m$ is 0, $s$ must be too. "normal" is
            Gaussian; its signs may flip where $s$ is not small beside $|m|$.
        gain: $g$, above 0, of the null.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`;
            False leaves it in the table's unit. If so, a draw without any connection is refused, or
            NaN under a transformation.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, its start from measured cell types.
    """
    counts = cell_type_counts(cell_types, size)
    require_choice("distribution", distribution, DISTRIBUTIONS)
    p, m, s = cell_types.probability, cell_types.mean, cell_types.sd
    without_sign = (m == 0) & (s > 0)
    if distribution == "lognormal" and without_sign.any():
        target, source = (cell_types.names[i] for i in np.argwhere(without_sign)[0])
        raise ValueError(
            f"sd of {target} from {source} is {s[without_sign][0]} with mean 0; allowed is 0, or "
            "distribution 'normal'."
        )
    types = np.repeat(np.arange(len(counts)), counts)

    def spread(table: np.ndarray) -> Array:
        return jnp.asarray(table, jnp.result_type(float))[types[:, None], types[None, :]]

    # The key itself is the null's, so that structure and null are independent draws.
    noise = jax.random.normal(jax.random.fold_in(key, 1), (size, size))
    kept = jax.random.uniform(jax.random.fold_in(key, 2), (size, size)) < spread(p)
    if distribution == "normal":
        w = spread(m) + spread(s) * noise
    else:
        magnitude = np.abs(m)
        log_sd = np.sqrt(np.log1p((s / np.where(m == 0, 1.0, magnitude)) ** 2))
        scale = m * np.exp(-(log_sd**2) / 2)
        w = spread(scale) * jnp.exp(spread(log_sd) * noise)
    w = jnp.where(kept, w, 0.0)
    return with_norm_of(w, gaussian_weights(key, size, gain)) if resized else w
