r"""The kernel of one weight from the factors of its gradients, arranged in three ways.

For output o of example b the gradient is the sum over positions s of outer products of a delta
(N) and a factor (M), so that the kernel is

$$K_{bo,cp} = \sum_{s, z} (\delta_{bos} \cdot \delta_{cpz}) (h_{bs} \cdot h_{cz}).$$

- "products" takes all inner products of deltas, then weights them by those of factors;
- "weighting" first sums the left deltas over s, weighted for one right position z at a time;
- "rows" forms the gradients, and multiplies these.

Which is cheapest depends on the sizes, and `cheapest` counts. A `Reach` says which outputs depend
on which positions: in a network over time half of all deltas are 0 and are left out.
"""

import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

_HIGHEST = jax.lax.Precision.HIGHEST


class Factors(NamedTuple):
    """One weight's deltas and factors for a block of examples."""

    deltas: Float[Array, "n O S N"]
    factors: Float[Array, "n S M"]


class Sizes(NamedTuple):
    """How many outputs and positions an example has, and the lengths of its delta and factor."""

    outputs: int
    positions: int
    free: int
    contracted: int


class Span(NamedTuple):
    """Outputs from `low` to `high`, which depend on no position but those in [first, last)."""

    low: int
    high: int
    first: int
    last: int


# Spans in order, which together hold all outputs.
Reach = tuple[Span, ...]
# One multiplication costs about as many operations of a matrix product.
_ELEMENTWISE = 16
# How much longer an operation takes in the smaller matrix products of weighting.
_SMALL_PRODUCTS = 1.6


def whole_reach(sizes: Sizes) -> Reach:
    """Every output may depend on every position."""
    return (Span(0, sizes.outputs, 0, sizes.positions),)


def operations(arrangement: str, n: int, n2: int, sizes: Sizes, reach: Reach) -> float:
    """About how long the sum takes for n by n2 examples, in operations of a matrix product."""
    if arrangement == "rows":
        gradients = (n + n2) * sizes.outputs * sizes.positions
        products = n * n2 * sizes.outputs**2
        return 2.0 * (gradients + products) * sizes.free * sizes.contracted
    overlaps = 2.0 * n * n2 * sizes.positions**2 * sizes.contracted
    rows = sum((span.high - span.low) * (span.last - span.first) for span in reach)
    if arrangement == "products":
        return overlaps + n * n2 * rows**2 * (2.0 * sizes.free + _ELEMENTWISE)
    reached = sum(
        (last - first) * (high - low) for first, last, low, high in pieces_of_positions(reach)
    )
    count = rows * sizes.positions + reached * sizes.outputs
    return overlaps + _SMALL_PRODUCTS * 2.0 * n * n2 * count * sizes.free


def cheapest(n: int, n2: int, sizes: Sizes, reach: Reach) -> str:
    """The arrangement with the fewest operations."""
    # With a single position nothing is summed, and nothing can be weighted first.
    allowed = ("products", "rows") if sizes.positions == 1 else ("products", "weighting", "rows")
    return min(allowed, key=lambda how: operations(how, n, n2, sizes, reach))


def pieces_of_positions(reach: Reach) -> list[tuple[int, int, int, int]]:
    """Ranges of positions, each with the range of outputs that may depend on it."""
    edges = sorted({edge for span in reach for edge in (span.first, span.last)})
    pieces = []
    for first, last in itertools.pairwise(edges):
        spans = [span for span in reach if span.first <= first and last <= span.last]
        if spans:
            pieces.append((first, last, spans[0].low, spans[-1].high))
    return pieces


def laid_out(arrangement: str, block: Factors, count: int) -> Array | Factors:
    """A block of examples in `count` parts, as `kernel_of_parts` takes them one by one."""
    n, outputs, positions, free = block.deltas.shape
    if arrangement == "rows":
        rows = jnp.einsum("bosn,bsm->bonm", block.deltas, block.factors, precision=_HIGHEST)
        return rows.reshape(count, n // count, outputs, -1)
    deltas = block.deltas.reshape(count, n // count, outputs, positions, free)
    factors = block.factors.reshape(count, n // count, positions, -1)
    # Examples next to the contracted axis, positions in front, because pieces are cut from these.
    order = (0, 3, 2, 1, 4) if arrangement == "products" else (0, 3, 1, 2, 4)
    return Factors(deltas.transpose(order), factors.swapaxes(1, 2))


def kernel_of_parts(
    arrangement: str, left: Array | Factors, right: Array | Factors, reach: Reach
) -> Float[Array, "b c O O"]:
    """The kernel between a part of one block and a part of another."""
    if not isinstance(left, Factors) or not isinstance(right, Factors):
        return jnp.einsum("box,cpx->bcop", left, right, precision=_HIGHEST)
    overlaps = jnp.einsum("sbm,zcm->sbzc", left.factors, right.factors, precision=_HIGHEST)
    by = _by_products if arrangement == "products" else _by_weighting
    return by(left.deltas, right.deltas, overlaps, reach)


def _by_products(
    left: Float[Array, "s o b N"],
    right: Float[Array, "z p c N"],
    overlaps: Float[Array, "s b z c"],
    reach: Reach,
) -> Float[Array, "b c o p"]:
    rows = []
    for span in reach:
        first = left[span.first : span.last, span.low : span.high]
        row = []
        for other in reach:
            second = right[other.first : other.last, other.low : other.high]
            products = jnp.tensordot(first, second, (-1, -1), precision=_HIGHEST)
            weights = overlaps[span.first : span.last, :, other.first : other.last]
            # (s, o, b, z, p, c)
            row.append(jnp.sum(products * weights[:, None, :, :, None], (0, 3)))
        rows.append(jnp.concatenate(row, axis=2))
    return jnp.concatenate(rows).transpose(1, 3, 0, 2)


def _by_weighting(
    left: Float[Array, "s b o N"],
    right: Float[Array, "z c p N"],
    overlaps: Float[Array, "s b z c"],
    reach: Reach,
) -> Float[Array, "b c o p"]:
    n_right, outputs, free = right.shape[1:]

    def of_example(example: tuple[Array, Array]) -> Array:
        deltas, overlap = example  # (s, o, N) and (z, c, s)

        def add_position(total: Array, position: tuple[Array, Array]) -> tuple[Array, None]:
            rows, weights = position  # (c, p, N) and (c, s)
            sums = [
                jnp.matmul(
                    weights[:, span.first : span.last],
                    deltas[span.first : span.last, span.low : span.high].reshape(
                        span.last - span.first, (span.high - span.low) * free
                    ),
                    precision=_HIGHEST,
                ).reshape(n_right, span.high - span.low, free)
                for span in reach
            ]
            weighted = jnp.concatenate(sums, axis=1)
            return total + jnp.matmul(weighted, rows.swapaxes(1, 2), precision=_HIGHEST), None

        total = jnp.zeros((n_right, outputs, outputs), deltas.dtype)
        for first, last, low, high in pieces_of_positions(reach):
            part, _ = jax.lax.scan(
                add_position,
                total[:, :, low:high],
                (right[first:last, :, low:high], overlap[first:last]),
            )
            total = total.at[:, :, low:high].set(part)
        return total

    return jax.lax.map(of_example, (left.swapaxes(0, 1), overlaps.transpose(1, 2, 3, 0)))
