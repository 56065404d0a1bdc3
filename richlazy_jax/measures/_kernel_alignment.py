"""The alignment of two tangent kernels, whole or block by block."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import require_same_shape, require_whole
from .._powers import exponent_of, of_products, scaled, times_power


def kernel_alignment(kernel: Float[Array, "..."], other: Float[Array, "..."]) -> Float[Array, ""]:
    r"""The cosine between two kernels: 1 where learning was lazy, less where it was rich.

    $$\mathrm{KA} = \frac{\operatorname{Tr}(K K')}{\lVert K \rVert_F \lVert K' \rVert_F}$$

    Args:
        kernel: a kernel in the layout of `empirical_ntk`, or any symmetric matrix.
        other: another over the same examples and outputs.

    Raises:
        ValueError: the shapes differ.

    Source: Liu et al. (2024), arXiv 2310.08513, its kernel alignment; Cristianini et al. (2001).
    """
    kernel, other = require_same_shape("kernel", kernel, "other", other)

    a, b = scaled(kernel), scaled(other)
    return jnp.sum(a * b) / (jnp.sqrt(jnp.sum(a**2)) * jnp.sqrt(jnp.sum(b**2)))


def blocked_kernel_alignment(
    kernel: Callable[[Any, Any], Float[Array, "block block ..."]],
    other: Callable[[Any, Any], Float[Array, "block block ..."]],
    x: Float[Array, "n ..."],
    block: int,
) -> Float[Array, ""]:
    r"""`kernel_alignment` with no more than one block of each kernel in memory.

    The three sums $\sum K K'$, $\sum K^2$ and $\sum K'^2$ gather over pairs of blocks of examples;
    pairs below the diagonal are counted by symmetry and not computed.

    Args:
        kernel: called as `kernel(x, x2)` with `block` examples each, for example
            `lambda x, x2: empirical_ntk(apply, params, x, x2=x2)`.
        other: likewise; usually the same function with other parameters.
        x: the examples.
        block: how many examples a block holds. Memory falls with its square; the last block is
            filled up and the filling left out of the sums.

    Raises:
        ValueError: block is not a whole number of at least 1.

    Source: as `kernel_alignment`.
    """
    n = len(x)
    block = min(require_whole("block", block), n)
    blocks = -(-n // block)
    filled = jnp.arange(blocks * block).reshape(blocks, block) % n
    counted = (jnp.arange(blocks * block) < n).reshape(blocks, block)
    rows, columns = np.triu_indices(blocks)

    def sums(pair: tuple[Array, Array]) -> tuple[Array, Array]:
        i, j = pair
        first, second = x[filled[i]], x[filled[j]]
        a, b = kernel(first, second), other(first, second)
        keep = counted[i][:, None] & counted[j][None, :]
        weight = jnp.where(keep, jnp.where(i == j, 1, 2), 0).reshape(
            block, block, *[1] * (a.ndim - 2)
        )
        # Each block has a scale of its own, as the largest entry of all is known only at the end.
        sizes = jnp.stack([exponent_of(a), exponent_of(b)])
        a, b = (times_power(k, -size) for k, size in zip((a, b), sizes, strict=True))
        return jnp.stack([jnp.sum(weight * p) for p in (a * b, a * a, b * b)]), sizes

    found, sizes = jax.lax.map(sums, (jnp.asarray(rows), jnp.asarray(columns)))
    found = times_power(found, of_products(sizes - jnp.max(sizes, axis=0)))
    cross, own, others = jnp.sum(found, axis=0)
    return cross / (jnp.sqrt(own) * jnp.sqrt(others))
