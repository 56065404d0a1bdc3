"""The kernel of any network whose examples do not mix, from the factors of its gradients.

`plan_kernel` looks at the network once: where its weights enter by products, which outputs depend
on which steps, how each weight's sum is cheapest arranged, and how many examples fit in memory.
`kernel_by_factors` computes with such a plan.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ._arrangements import (
    Factors,
    Reach,
    Sizes,
    Span,
    cheapest,
    kernel_of_parts,
    laid_out,
    operations,
    whole_reach,
)
from ._linear_program import LinearProgram, linear_program
from ._pairs import Blocks, blocks_of, kernel_of_pairs
from ._reach import MARKS, Untold, reached
from ._uses import (
    Uses,
    derivatives_of,
    factors_of,
    find_uses,
    outputs_of_products,
    shapes_of_products,
)
from ._views import Use, flat_uses

# What is kept for two blocks of examples, unless the user says otherwise.
MEMORY = 2**26
# More pieces waste fewer operations on steps after the output, and take longer to compile.
_PIECES = 4
# Operations of a sum that is worth the time it takes to compile it in pieces.
WORTH_PIECES = 10**8
# One matrix product should stay in cache.
_PRODUCT_BYTES = 2**22


class Weight(NamedTuple):
    """How the sum for one leaf with uses is arranged."""

    leaf: int
    sizes: Sizes
    reach: Reach
    arrangement: str


class Plan(NamedTuple):
    """All that is decided before any number is known.

    `direct` are the sizes of the leaves differentiated directly, `part` is how many examples of
    either side meet at a time. `operations` is about what the kernel costs, and
    `operations_of_derivative` a derivative in one direction with its transpose.
    """

    program: LinearProgram
    uses: Uses
    weights: tuple[Weight, ...]
    direct: tuple[int, ...]
    blocks: Blocks
    part: int
    operations: float
    operations_of_derivative: float


def plan_kernel(
    apply: Callable[[list[Array], Array], Array],
    leaves: list[Array],
    x: Float[Array, "n ..."],
    x2: Float[Array, "n2 ..."] | None,
    memory: int | None,
) -> Plan:
    """Decide how to compute the kernel of `apply(leaves, example)` between all examples."""
    example = jax.ShapeDtypeStruct(x.shape[1:], x.dtype)
    program = linear_program(apply, leaves, example)
    uses = find_uses(program, leaves, example)
    n, n2 = max(len(x), 1), max(len(x if x2 is None else x2), 1)
    weights = _weights(program, uses, leaves, example, n, n2)
    # Deltas of all steps would be kept only to form a gradient that is smaller than they are.
    small = [
        weight.leaf
        for weight in weights
        if weight.arrangement == "rows"
        and weight.sizes.contracted <= weight.sizes.positions
        and any(use.loops for use in uses.of_leaves()[weight.leaf])
    ]
    if small:
        uses = find_uses(program, leaves, example, (*uses.direct, *small))
        weights = [weight for weight in weights if weight.leaf in uses.of_leaves()]
    direct = tuple(math.prod(leaves[i].shape) for i in uses.direct)
    outputs = math.prod(program.output.shape)
    kept = outputs * sum(direct) + sum(_kept(weight) for weight in weights)
    each = max(kept * leaves[0].dtype.itemsize, 1)
    most = max((MEMORY if memory is None else memory) // (2 * each), 1)
    # A single block is kept once, not as a left and a right one.
    if x2 is None and n <= 2 * most:
        most = n
    blocks = blocks_of(n, None if x2 is None else n2, most)
    part = _part(weights, outputs, min(blocks.left_size, blocks.right_size))
    blocks = blocks._replace(
        left_size=-(-blocks.left_size // part) * part,
        right_size=-(-blocks.right_size // part) * part,
    )
    count = 2.0 * n * n2 * outputs**2 * sum(direct)
    count += sum(operations(w.arrangement, n, n2, w.sizes, w.reach) for w in weights)
    forward = sum(w.sizes.positions * w.sizes.free * w.sizes.contracted for w in weights)
    derivative = 4.0 * (forward + sum(direct))
    return Plan(program, uses, tuple(weights), direct, blocks, part, count, derivative)


def _kept(weight: Weight) -> int:
    """How many numbers are kept of one example."""
    sizes = weight.sizes
    deltas = sizes.outputs * sizes.positions * sizes.free
    if weight.arrangement == "rows":
        return deltas + sizes.outputs * sizes.free * sizes.contracted
    return deltas + sizes.positions * sizes.contracted


def _part(weights: Sequence[Weight], outputs: int, block: int) -> int:
    # Four parts or more, so that few pairs of examples are computed twice, unless these are tiny.
    sizes = [max(-(-block // 4), min(8, block))]
    for weight in weights:
        if weight.arrangement == "products":
            spans = [(s.high - s.low) * (s.last - s.first) for s in weight.reach]
            sizes.append(int((_PRODUCT_BYTES / 4) ** 0.5) // max(1, *spans))
        elif weight.arrangement == "weighting":
            sizes.append(_PRODUCT_BYTES // 4 // (outputs * weight.sizes.free))
    return max(min(sizes), 1)


def _weights(
    program: LinearProgram, uses: Uses, leaves: list[Array], example: Any, n: int, n2: int
) -> list[Weight]:
    outputs = math.prod(program.output.shape)
    found = []
    reaches = _reaches(program, uses, leaves, example)
    for leaf, own in uses.of_leaves().items():
        shape = leaves[leaf].shape
        contracted = math.prod(shape[i] for i in own[0].contracted)
        positions = sum(math.prod(use.loops) * use.positions for use in own)
        sizes = Sizes(outputs, positions, math.prod(shape) // max(contracted, 1), contracted)
        reach = whole_reach(sizes)
        arrangement = cheapest(n, n2, sizes, reach)
        if operations(arrangement, n, n2, sizes, reach) >= WORTH_PIECES:
            reach = reaches.get(leaf, reach)
            arrangement = cheapest(n, n2, sizes, reach)
        found.append(Weight(leaf, sizes, reach, arrangement))
    return found


def _reaches(
    program: LinearProgram, uses: Uses, leaves: list[Array], example: Any
) -> dict[int, Reach]:
    """For each leaf which outputs depend on which of its positions, where that can be told."""
    outputs = math.prod(program.output.shape)
    counts = {
        leaf: sum(math.prod(use.loops) * use.positions for use in own)
        for leaf, own in uses.of_leaves().items()
    }
    leaves_left = [leaf for leaf, count in counts.items() if count > 1]
    if outputs <= 1 or not leaves_left:
        return {}
    products, direct = shapes_of_products(uses, leaves)
    residuals = jax.eval_shape(program.residuals, leaves, example)

    def linear(residuals: list[Array], products: Any, direct: list[Array]) -> Array:
        return outputs_of_products(program, uses, leaves, residuals)(products, direct)

    jaxpr = jax.make_jaxpr(linear)(residuals, products, direct).jaxpr
    unmarked = [None] * len(jaxpr.invars)
    found: dict[int, Reach] = {}
    at_once = MARKS // _PIECES
    for start in range(0, len(leaves_left), at_once):
        group = leaves_left[start : start + at_once]
        marks = _marks(uses, {leaf: counts[leaf] for leaf in group})
        inputs = [*unmarked[: len(residuals)], *marks, *unmarked[: len(direct)]]
        try:
            (after,) = reached(jaxpr, inputs)
        except Untold:
            return {}
        for i, leaf in enumerate(group):
            of_leaf = (after.reshape(-1) >> (i * _PIECES)) & (2**_PIECES - 1)
            found[leaf] = _spans(of_leaf, counts[leaf])
    return found


def _edges(count: int) -> list[int]:
    pieces = min(_PIECES, count)
    return [count * i // pieces for i in range(pieces + 1)]


def _marks(uses: Uses, counts: dict[int, int]) -> list[Any]:
    """For each product an array of marks, which say the leaf and the piece of its positions."""
    start = dict.fromkeys(counts, 0)
    order = list(counts)
    marks = []
    for use in flat_uses(uses.tree):
        if use.leaf not in counts:
            marks.append(None)
            continue
        number = math.prod(use.loops) * use.positions
        own = start[use.leaf] + np.arange(number)
        start[use.leaf] += number
        piece = np.searchsorted(_edges(counts[use.leaf])[1:], own, side="right")
        bits = np.int64(1) << (order.index(use.leaf) * _PIECES + piece.astype(np.int64))
        marks.append(_over_product(use, bits))
    return marks


def _over_product(use: Use, bits: np.ndarray) -> np.ndarray:
    """Marks of positions as marks of the product's entries."""
    by_order = [use.split[i] for i in use.order]
    n_free = len(use.order) - use.position_axes
    positions = by_order[: len(by_order) - n_free]
    bits = bits.reshape(*use.loops, *positions, *[1] * n_free)
    bits = np.broadcast_to(bits, (*use.loops, *by_order))
    back = np.argsort(use.order)
    loops = len(use.loops)
    return bits.transpose(*range(loops), *(loops + i for i in back)).reshape(*use.loops, *use.shape)


def _spans(marks: np.ndarray, count: int) -> Reach:
    """Outputs that depend on the same pieces, joined to as few spans as there are pieces."""
    edges = _edges(count)
    spans: list[Span] = []
    for output, mark in enumerate(marks.tolist()):
        if not mark:
            first = last = 0
        else:
            first = edges[(mark & -mark).bit_length() - 1]
            last = edges[mark.bit_length()]
        if spans and (spans[-1].first, spans[-1].last) == (first, last):
            spans[-1] = spans[-1]._replace(high=output + 1)
        else:
            spans.append(Span(output, output + 1, first, last))
    if len(spans) > _PIECES + 1:
        return (Span(0, len(marks), 0, count),)
    return tuple(spans)


class _Block(NamedTuple):
    weights: tuple[Any, ...]
    direct: tuple[Float[Array, "parts b O P"], ...]


def _prepared(plan: Plan, leaves: list[Array], x: Array) -> _Block:
    parts = len(x) // plan.part

    def of_example(example: Array) -> tuple[Any, Any, Any]:
        residuals = plan.program.residuals(leaves, example)
        factors = factors_of(plan.program, plan.uses, leaves, residuals)
        return (factors, *derivatives_of(plan.program, plan.uses, leaves, residuals))

    factors, deltas, rows = jax.vmap(of_example)(x)
    weights = [
        laid_out(w.arrangement, Factors(deltas[w.leaf], factors[w.leaf]), parts)
        for w in plan.weights
    ]
    direct = [
        rows[leaf].reshape(parts, plan.part, *rows[leaf].shape[1:]) for leaf in plan.uses.direct
    ]
    return _Block(tuple(weights), tuple(direct))


def _between(plan: Plan, left: _Block, right: _Block, same: bool) -> Float[Array, "b c O O"]:
    """The kernel between two blocks, part by part."""

    def of_parts(pair: tuple[Array, Array]) -> Array:
        i, j = pair
        first, second = (
            jax.tree_util.tree_map(lambda a, k=k: a[k], block)
            for k, block in ((i, left), (j, right))
        )
        terms = [
            kernel_of_parts(weight.arrangement, a, b, weight.reach)
            for weight, a, b in zip(plan.weights, first.weights, second.weights, strict=True)
        ]
        terms += [
            kernel_of_parts("rows", a, b, ())
            for a, b in zip(first.direct, second.direct, strict=True)
        ]
        return sum(terms[1:], terms[0])

    blocks = plan.blocks
    n_left, n_right = blocks.left_size // plan.part, blocks.right_size // plan.part
    if same:
        rows, columns = np.triu_indices(n_left)
    else:
        rows, columns = (indices.ravel() for indices in np.indices((n_left, n_right)))
    if len(rows) == 1:
        return of_parts((jnp.asarray(0), jnp.asarray(0)))
    found = jax.lax.map(of_parts, (jnp.asarray(rows), jnp.asarray(columns)))
    _, b, c, outputs, _ = found.shape
    whole = jnp.zeros((n_left, n_right, b, c, outputs, outputs), found.dtype)
    if same:
        whole = whole.at[columns, rows].set(found.transpose(0, 2, 1, 4, 3))
    whole = whole.at[rows, columns].set(found)
    return whole.swapaxes(1, 2).reshape(n_left * b, n_right * c, outputs, outputs)


def kernel_by_factors(
    plan: Plan, leaves: list[Array], x: Float[Array, "n ..."], x2: Float[Array, "n2 ..."] | None
) -> Float[Array, "n n2 ..."]:
    """The kernel between all examples, laid out as by `empirical_ntk`."""
    blocks, outputs = plan.blocks, math.prod(plan.program.output.shape)
    axes = plan.program.output.shape
    order = [axis for i in range(len(axes)) for axis in (2 + i, 2 + len(axes) + i)]
    n, n2 = len(x), len(x if x2 is None else x2)
    if 0 in (n, n2, outputs):
        kernel = jnp.zeros((n, n2, *axes, *axes), plan.program.output.dtype)
        return kernel.transpose(0, 1, *order)

    kernel = kernel_of_pairs(
        lambda examples: _prepared(plan, leaves, examples),
        lambda left, right, same: _between(plan, left, right, same),
        x,
        x2,
        blocks,
        (outputs, outputs),
        plan.program.output.dtype,
    )
    # From (n, n2, t k, t k) to (n, n2, t, t, k, k).
    return kernel.reshape(n, n2, *axes, *axes).transpose(0, 1, *order)
