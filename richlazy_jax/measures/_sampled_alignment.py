"""The alignment of two tangent kernels on a sample of examples, and how far it may be off."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, Shaped

from .._checks import require_same_shape, require_whole
from .._powers import exponent_of, of_products, times_power


class SampledAlignment(NamedTuple):
    """A kernel alignment on some examples, as an estimate of that on the whole population.

    - `alignment`: `kernel_alignment` of the two kernels on these examples.
    - `standard_error`: its standard error, nan for a single example.
    - `bias`: how far it lies above the population's on average; `alignment - bias` is the better
      estimate of the latter. nan for a single example.
    - `examples`: which examples of `x` were used.
    """

    alignment: Float[Array, ""]
    standard_error: Float[Array, ""]
    bias: Float[Array, ""]
    examples: Int[Array, " m"]


class PairSums(NamedTuple):
    r"""Sums over the outputs of each pair of examples i and j, of two kernels K and K'.

    - `products`: of $K_{ia,jb} K'_{ia,jb}$, of $K^2$ and of $K'^2$, up to a factor for each kernel.
    - `traces`: of $K_{ia,ja}$ and of $K'_{ia,ja}$, up to the same factors.
    - `exponents`: what `traces` have to be multiplied by, as exponents of 2.
    """

    products: Float[Array, "n n 3"]
    traces: Float[Array, "n n 2"]
    exponents: Int[Array, " 2"]


def sampled_kernel_alignment(
    kernel: Callable[[Any, Any], Float[Array, "block block ..."]],
    other: Callable[[Any, Any], Float[Array, "block block ..."]],
    x: Shaped[Array, "n ..."],
    *,
    subsample: int | None = None,
    key: Key[Array, ""] | None = None,
    block: int | None = None,
) -> SampledAlignment:
    r"""`kernel_alignment` on all examples or a random few, with the error of the sampling.

    With $A_{ij}$, $B_{ij}$ and $C_{ij}$ the sums of $K K'$, $K^2$ and $K'^2$ over the outputs of
    examples $i$ and $j$, and $m$ examples,

    $$\mathrm{KA} = \frac{\sum_{ij} A_{ij}}{\sqrt{\sum_{ij} B_{ij} \sum_{ij} C_{ij}}}.$$

    Examples are the unit of sampling. $\mathrm{KA}_{(i)}$ leaves out example $i$, which is row
    and column $i$ of each sum, and the jackknife gives from these the standard error and bias

    $$\mathrm{se}^2 = \frac{m - 1}{m} \sum_i (\mathrm{KA}_{(i)} - \overline{\mathrm{KA}})^2, \quad
        \mathrm{bias} = (m - 1) (\overline{\mathrm{KA}} - \mathrm{KA}).$$

    Both need no further kernel. They refer to the population that `x` was drawn from, whose
    alignment is over pairs of independent examples. Pairs of an example with itself count in KA,
    as they do in `kernel_alignment`; they are one in $m$, which is where most of a bias of order
    $1/m$ comes from.

    For the alignment on the $n$ examples of `x` itself, of which $m$ were drawn, multiply the
    standard error by $\sqrt{1 - m/n}$ and the bias by $1 - m/n$: both vanish at $m = n$.

    The standard error is first order in $1/m$, on average rather too large than too small, and
    not to be trusted for a handful of examples or where one outweighs all others. Rounding adds
    about $\epsilon \sqrt m$ to it, and $\epsilon m$ to the bias, with $\epsilon = 10^{-7}$ in
    float32.

    Args:
        kernel: called as `kernel(x, x2)` with `block` examples each, for example
            `lambda x, x2: empirical_ntk(apply, params, x, x2=x2)`.
        other: likewise; usually the same function with other parameters.
        x: the examples, or whatever stands for them, such as their places.
        subsample: how many of them to use, drawn without replacement. None uses all, in order.
        key: draws them; needed with `subsample` and not used without.
        block: how many examples a block holds. No more than one block of each kernel is in memory,
            and pairs below the diagonal of blocks are not computed. None takes one block.

    Raises:
        ValueError: x has no examples; subsample is not a whole number from 1 to their number, or
            comes without key; block is not a whole number of at least 1; the kernels have
            different shapes, or none that starts with two axes of examples.

    Source: R. G. Miller (1974), "The jackknife: a review"; B. Efron and C. Stein (1981), "The
    jackknife estimate of variance", for the sign of its error; J. N. Arvesen (1969), "Jackknifing
    U-statistics", for functions of sums over pairs; W. G. Cochran (1977), "Sampling techniques",
    for the finite population.
    """
    x = jnp.asarray(x)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"x has shape {x.shape}; allowed is at least one example, along axis 0.")
    examples = _drawn(len(x), subsample, key)
    if block is None:
        block = len(examples)
    block = min(require_whole("block", block), len(examples))

    return alignment_of_pairs(pair_sums(kernel, other, x[examples], block).products, examples)


def alignment_of_pairs(
    products: Float[Array, "m m 3"], examples: Int[Array, " m"]
) -> SampledAlignment:
    """The alignment of two kernels from the `products` of `pair_sums`, with its jackknife.

    Args:
        products: of each pair of examples.
        examples: what is said of them.
    """
    alignment = _cosine(jnp.sum(products, (0, 1)))
    m = len(products)
    deleted = _cosine(_sums_without_each(products))
    mean = jnp.mean(deleted)
    return SampledAlignment(
        alignment=alignment,
        standard_error=jnp.sqrt((m - 1) / m * jnp.sum((deleted - mean) ** 2)),
        bias=(m - 1) * (mean - alignment),
        examples=examples,
    )


def _drawn(n: int, subsample: Any, key: Any) -> Array:
    if subsample is None:
        return jnp.arange(n)
    m = require_whole("subsample", subsample, most=n)
    if key is None:
        raise ValueError(f"key is None; allowed with subsample={m} is a key of jax.random.")
    return jax.random.choice(key, n, (m,), replace=False)


def pair_sums(
    kernel: Callable[[Any, Any], Float[Array, "block block ..."]],
    other: Callable[[Any, Any], Float[Array, "block block ..."]],
    x: Shaped[Array, "n ..."],
    block: int,
) -> PairSums:
    """Sums over outputs for each pair of examples, with one block of each kernel in memory.

    Args:
        kernel, other: as in `sampled_kernel_alignment`.
        x: the examples, or whatever stands for them, such as their places.
        block: how many a block holds.

    Raises:
        ValueError: the kernels have different shapes, or none that starts with two axes of
            examples.
    """
    n = len(x)
    blocks = -(-n // block)
    filled = jnp.arange(blocks * block).reshape(blocks, block) % n
    rows, columns = np.triu_indices(blocks, 1)

    def of_blocks(first: Array, second: Array) -> tuple[Array, Array, Array]:
        a, b = require_same_shape("kernel", kernel(first, second), "other", other(first, second))
        if a.shape[:2] != (block, block):
            raise ValueError(
                f"kernel has shape {a.shape} for {block} examples by {block}; allowed is "
                f"({block}, {block}, ...)."
            )
        # Each block has a scale of its own, because squares can leave the range of float32 and
        # the largest entry of all is known only at the end.
        sizes = jnp.stack([exponent_of(a), exponent_of(b)])
        a, b = (times_power(k, -size) for k, size in zip((a, b), sizes, strict=True))
        traces = jnp.stack([_trace(k) for k in (a, b)], -1)
        a, b = (k.reshape(block, block, -1) for k in (a, b))
        return jnp.stack([jnp.sum(p, -1) for p in (a * b, a * a, b * b)], -1), traces, sizes

    def of_one(i: Array) -> tuple[Array, Array, Array]:
        # One and the same array on both sides, for kernels that are then computed by half.
        block = x[i]
        return of_blocks(block, block)

    found = jax.lax.map(of_one, filled)
    if blocks > 1:
        pairs = filled[rows], filled[columns]
        others = jax.lax.map(lambda pair: of_blocks(x[pair[0]], x[pair[1]]), pairs)
        found = tuple(jnp.concatenate(both) for both in zip(found, others, strict=True))
    products, traces, sizes = found
    rows, columns = (np.concatenate([np.arange(blocks), some]) for some in (rows, columns))
    largest = jnp.max(sizes, 0)

    def whole(sums: Array, exponents: Array) -> Array:
        sums = times_power(sums, exponents[:, None, None])
        found = jnp.zeros((blocks, block, blocks, block, sums.shape[-1]), sums.dtype)
        found = found.at[columns, :, rows].set(sums.swapaxes(1, 2)).at[rows, :, columns].set(sums)
        return found.reshape(blocks * block, blocks * block, -1)[:n, :n]

    exponents = sizes - largest
    return PairSums(whole(products, of_products(exponents)), whole(traces, exponents), largest)


def _trace(kernel: Array) -> Array:
    """The sum over equal outputs of a kernel whose output axes come in twos."""
    while kernel.ndim > 3:
        kernel = jnp.trace(kernel, axis1=2, axis2=3)
    return jnp.sum(kernel, range(2, kernel.ndim))


def _sums_without_each(sums: Array) -> Array:
    """The total over all pairs that do not hold example i, for each i: (n, 3).

    Added up from both sides, and not taken off the total, so that next to nothing is left exactly
    where one example outweighs all others.
    """
    none = jnp.zeros_like(sums[:1])
    before = jnp.concatenate([none, jnp.cumsum(sums, 0)[:-1]])
    after = jnp.concatenate([jax.lax.cumsum(sums, 0, reverse=True)[1:], none])
    # Row i of before + after is the sum of all other rows.
    own = jnp.eye(len(sums), dtype=bool)[:, :, None]
    return jnp.sum(jnp.where(own, 0, before + after), 1)


def _cosine(sums: Array) -> Array:
    # The root of each, because the product of the two can leave the range of float32.
    return sums[..., 0] / jnp.sqrt(sums[..., 1]) / jnp.sqrt(sums[..., 2])
