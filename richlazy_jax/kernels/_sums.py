r"""The double sum over uses of a weight of which a tangent kernel consists, in three ways.

A weight that enters by matrix products, of its uses $s$ with factors $h_s$, has the gradient
$\sum_s \delta_s h_s^\top$ for an output whose derivatives by those products are $\delta_s$. Uses
are steps of a network in time, or positions in a layer. The kernel of two examples,

$$K = \sum_{s s'} (\delta_s \cdot \delta'_{s'}) (h_s \cdot h'_{s'}),$$

can be added up as products of all deltas, weighted by overlaps of factors ("products"); with the
sum over one side's uses first ("weighting"); or from the rows of the Jacobian,
$J = \sum_s \delta_s h_s^\top$, as $K = J \cdot J'$ ("rows"). `arrange` counts what each would take
and chooses, and `sum_of_uses` is the sum for two blocks of examples.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._pairs import Blocks, blocks_of

# Outputs are handled in pieces of steps: more of them waste fewer operations on steps after the
# output, and take longer to compile.
_PIECES = {"products": 8, "weighting": 4, "rows": 4}
# One matrix product, and the sums of "weighting" for one step, should stay in cache.
_PRODUCT_BYTES, _SUM_BYTES = 2**22, 2**18
# What all examples keep may be so large, and if it is larger what those of a block keep.
_KEPT_BYTES, _BLOCK_BYTES = 2**27, 2**26
# The kernel between two blocks, and rows of the Jacobian that are held at once, of one block.
_KERNEL_BYTES, _ROW_BYTES = 2**26, 2**25
# In the time of so many multiplications of a large product a CPU core weights an entry of
# "products", takes a sum of "weighting" to few outputs, begins a product of
# "products" or a round of the loop of "weighting", and writes and reads an entry of the rows.
_WEIGHTED, _MET, _ROUND, _ENTRY = 60, 27, 300_000, 20
# How many times longer than in a large product a multiplication takes in those of "weighting".
_SMALL = 1.8
# How many times slower the pairs are where the processor is none: a guess for "weighting".
_ELSEWHERE = {"products": 1, "weighting": 9, "rows": 1}
# Trials of a symmetric block in as many groups, of which each pair is visited once.
_GROUPS = 4
# Rows of the Jacobian in as many strips, of which each meets itself and those after it; fewer rows
# than these are no faster that way.
_STRIPS, _HALVED = 2, 256


class Sizes(NamedTuple):
    """What decides how much each way takes.

    - `steps`: uses; `read`: 1, or as many output steps, none of which depends on later uses;
      `outputs`: k, of each output step; `width`: N, entries of a delta; `factors`: M.
    - `left`, `right`: examples of each side; `symmetric`: whether both are the same.
    - `width_bytes`: bytes of a number.
    """

    steps: int
    read: int
    outputs: int
    width: int
    factors: int
    left: int
    right: int
    symmetric: bool
    width_bytes: int

    @property
    def sources(self) -> int:
        """Pairs of a use and an output step that may depend on it."""
        return self.steps * (self.steps + 1) // 2 if self.read > 1 else self.steps


class Uses(NamedTuple):
    """The uses of a weight by a block of examples.

    - `factors` (s, b, M): what multiplies each delta in the gradient.
    - `deltas`: an array (s, t, k, b, N) for each range of `Arrangement.ranges` of uses. Its output
      steps t run from the first of its range on, and what is later than its output step is 0; or
      there is one output step, and one range.
    """

    factors: Float[Array, "s b M"]
    deltas: tuple[Float[Array, "_ t k b N"], ...]


class Arrangement(NamedTuple):
    """How the double sum is added up.

    - `way`: "products", "weighting" or "rows".
    - `ranges`: uses that are handled together, counted from the first use.
    - `blocks`: of the examples of each side.
    """

    way: str
    ranges: tuple[tuple[int, int], ...]
    blocks: Blocks


def arrange(
    sizes: Sizes, block: int | None = None, among: Sequence[str] = tuple(_PIECES)
) -> Arrangement:
    """The arrangement that takes least, with blocks of examples that fit into memory.

    Args:
        sizes: what is to be added up.
        block: the most examples of a block; None has it follow from memory.
        among: the ways that are allowed.
    """
    ways = {way: _blocks_that_fit(sizes, way, block) for way in among}
    way = min(ways, key=lambda way: cost_of(sizes, way, ways[way]))
    number = min(sizes.steps, _PIECES[way] if sizes.read > 1 else 1)
    edges = [sizes.steps * i // number for i in range(number + 1)]
    return Arrangement(way, tuple(itertools.pairwise(edges)), ways[way])


def _blocks_that_fit(sizes: Sizes, way: str, block: int | None) -> Blocks:
    left, right = sizes.left, sizes.right
    outputs = sizes.outputs * sizes.read
    of_example = max(sizes.outputs * sizes.width * sizes.sources * sizes.width_bytes, 1)
    kept = block is None and of_example * (left + right * (not sizes.symmetric)) <= _KEPT_BYTES
    if block is None:
        rows = {"kernel": (outputs, _KERNEL_BYTES)}
        if way == "products":
            # Rows of the largest product: all sources of the last piece of outputs.
            last = -(-sizes.steps // min(sizes.steps, _PIECES[way])) if sizes.read > 1 else 1
            rows["product"] = last * sizes.steps * sizes.outputs, _PRODUCT_BYTES
        block = min(int((most / sizes.width_bytes) ** 0.5) // rows for rows, most in rows.values())
        if not kept:
            block = min(block, _BLOCK_BYTES // of_example)
        elif way == "weighting":
            sums = outputs * sizes.width * sizes.width_bytes
            block = min(block, max(_SUM_BYTES // sums, 4))
    found = blocks_of(left, None if sizes.symmetric else right, max(block, 1))
    return found._replace(kept=kept and max(found.left, found.right) > 1)


def cost_of(sizes: Sizes, way: str, blocks: Blocks) -> float:
    r"""About how long an arrangement takes, in units of a multiplication in a large product.

    With $P$ pairs of source and read steps, $S$ source steps, $O$ outputs of an example in all and
    $k$ in a step, a pair of examples takes

    - by "products" $k^2 P^2$ sums over $N$, each of which is weighted and added up after it;
    - by "weighting" $S O$ sums of $N$ entries over up to $S$ steps, which then meet $O$ outputs;
    - by "rows" $O^2$ sums over the $N M$ entries of a row.

    By the first two it takes $S^2 M$ for the overlaps of factors as well. An example takes
    $N^2 k P$ for its deltas, whenever its block is run, and by "rows" $N M k P$ for its rows,
    whenever its block is visited.
    """
    k, n, m, p = sizes.outputs, sizes.width, sizes.factors, sizes.sources
    outputs, steps = k * sizes.read, sizes.steps
    overlaps = steps**2 * m
    of_pair = {
        "products": (k * p) ** 2 * (n + _WEIGHTED) + overlaps,
        "weighting": _SMALL * n * k * (p * steps + max(p * outputs, steps * sizes.read * _MET))
        + overlaps,
        "rows": n * m * outputs**2,
    }[way]
    left, right = blocks.left, blocks.right
    pairs = sizes.left * sizes.right
    runs = sizes.left + sizes.right * left  # of an example, of which one on the right runs anew
    if sizes.symmetric:
        whole = {"products": 0.5, "weighting": 0.5 + 0.5 / _GROUPS, "rows": 0.5 + 0.5 / _STRIPS}
        pairs *= (0.5 * (left - 1) + whole[way]) / left
        runs = sizes.left * (1 + (left - 1) / 2)
    visits = left * right / (1 + sizes.symmetric)  # of pairs of blocks
    pieces = min(steps, _PIECES[way]) if sizes.read > 1 else 1
    own = {
        "products": visits * pieces**2 / 2 * _ROUND,
        "weighting": visits * sizes.left / left * steps * _ROUND,
        "rows": runs * n * m * outputs * (_ENTRY + p / sizes.read),
    }[way]
    if blocks.kept:
        runs = sizes.left + sizes.right * (not sizes.symmetric)
    slower = 1.0 if jax.default_backend() == "cpu" else _ELSEWHERE[way]
    return pairs * of_pair * slower + own + runs * n * n * k * p


def sum_of_uses(
    left: Uses,
    right: Uses,
    arrangement: Arrangement,
    *,
    symmetric: bool,
    mask: Float[Array, "N M"] | None = None,
) -> Float[Array, "b b2 t t2 k k2"]:
    """The kernel between two blocks of examples, which are one and the same where symmetric.

    With a mask, which only "rows" can have, it is that of the weights where the mask is 1.
    """
    if arrangement.way == "rows":
        return _by_rows(left, right, arrangement, mask)
    assert mask is None
    if arrangement.way == "weighting":
        return _by_weighting(left, right, arrangement, symmetric)
    return _by_products(left, right, arrangement, symmetric)


def _product(equation: str, *factors: Array) -> Array:
    return jnp.einsum(equation, *factors, precision="highest")


def _overlaps(left: Uses, right: Uses) -> Float[Array, "s b s2 b2"]:
    return _product("sbm,rcm->sbrc", left.factors, right.factors)


def _by_output(deltas: tuple[Array, ...], arrangement: Arrangement) -> list[Array]:
    """Deltas by pieces of the output steps: (s, t, k, b, N) with all s <= t."""
    ranges = arrangement.ranges
    return [
        jnp.concatenate(
            [
                delta[:, low - start : high - start]
                for delta, (start, _) in zip(deltas, ranges, strict=True)
                if start <= low
            ]
        )
        for low, high in ranges
    ]


def _by_products(left: Uses, right: Uses, arrangement: Arrangement, symmetric: bool) -> Array:
    """For each pair of output pieces one product over N of all deltas, then the sum over steps."""
    overlaps = _overlaps(left, right)
    left_pieces, right_pieces = (
        _by_output(left.deltas, arrangement),
        _by_output(right.deltas, arrangement),
    )
    rows: list[list[Array]] = []
    for i, first in enumerate(left_pieces):
        row = []
        for j, second in enumerate(right_pieces):
            if symmetric and j < i:
                row.append(rows[j][i].transpose(3, 4, 5, 0, 1, 2))
                continue
            products = jnp.tensordot(first, second, (-1, -1), precision="highest")
            # (s, t, k, b, s', t', k', b')
            weights = overlaps[: len(first), None, None, :, : len(second), None, None, :]
            row.append(jnp.sum(products * weights, (0, 4)))
        rows.append(row)
    kernel = jnp.concatenate([jnp.concatenate(row, axis=3) for row in rows])
    return kernel.transpose(2, 5, 0, 3, 1, 4)


def _by_rows(left: Uses, right: Uses, arrangement: Arrangement, mask: Array | None = None) -> Array:
    """The product of the rows of both Jacobians, for some units' weights at a time."""
    width = left.deltas[0].shape[-1]
    blocks = [left] if left is right else [left, right]
    pieces = [_by_output(block.deltas, arrangement) for block in blocks]
    outputs = sum(piece.shape[1] for piece in pieces[0])
    n_out = left.deltas[0].shape[2]
    row_bytes = outputs * n_out * left.factors.shape[-1] * left.factors.dtype.itemsize
    size, other = left.factors.shape[1], right.factors.shape[1]
    units = max(1, min(width, _ROW_BYTES // (max(size, other) * row_bytes)))
    chunks = -(-width // units)
    units = -(-width // chunks)
    # Units that fill the last chunk have no weights.
    filled = [(0, 0)] * 4 + [(0, chunks * units - width)]
    padded = [[jnp.pad(piece, filled) for piece in by_output] for by_output in pieces]
    if mask is not None:
        mask = jnp.pad(mask, [(0, chunks * units - width), (0, 0)])

    def rows_of(block: Uses, by_output: list[Array], chunk: Array | int) -> Array:
        found = []
        for piece in by_output:
            if chunks > 1:
                piece = jax.lax.dynamic_slice_in_dim(piece, chunk * units, units, axis=4)
            found.append(_product("stkbn,sbm->btknm", piece, block.factors[: len(piece)]))
        rows = found[0] if len(found) == 1 else jnp.concatenate(found, axis=1)
        if mask is not None:
            rows = rows * jax.lax.dynamic_slice_in_dim(mask, chunk * units, units)
        # As a matrix, because a product over several axes at once is first copied in their order.
        return rows.reshape(len(rows) * outputs * n_out, -1)

    def add(kernel: Array | float, chunk: Array | int) -> tuple[Array, None]:
        found = [rows_of(b, p, chunk) for b, p in zip(blocks, padded, strict=True)]
        return kernel + _of_rows(found[0], found[-1]), None

    if chunks == 1:
        kernel, _ = add(0.0, 0)
    else:
        of_trial = outputs * n_out
        shape = size * of_trial, other * of_trial
        kernel = jnp.zeros(shape, left.factors.dtype)
        kernel, _ = jax.lax.scan(add, kernel, jnp.arange(chunks))
    kernel = kernel.reshape(size, outputs, n_out, other, outputs, n_out)
    return kernel.transpose(0, 3, 1, 4, 2, 5)


def _of_rows(left: Array, right: Array) -> Array:
    """All inner products of rows. Where both sides are one, what is below the diagonal by half."""
    if left is not right or len(left) < _HALVED:
        return _product("im,jm->ij", left, right)
    edges = [len(left) * i // _STRIPS for i in range(_STRIPS + 1)]
    strips = [
        jnp.pad(_product("im,jm->ij", left[low:high], left[low:]), ((0, 0), (low, 0)))
        for low, high in itertools.pairwise(edges)
    ]
    upper = jnp.concatenate(strips)
    return jnp.triu(upper) + jnp.triu(upper, 1).T


def _by_weighting(left: Uses, right: Uses, arrangement: Arrangement, symmetric: bool) -> Array:
    """Where both blocks are one, pairs of groups of trials, each visited once."""
    size = left.factors.shape[1]
    if not symmetric or size < 2:
        return _weighted(left, right, arrangement)
    edges = sorted({size * i // _GROUPS for i in range(_GROUPS + 1)})
    kernel = None
    for low, high in itertools.pairwise(edges):
        found = _weighted(_trials(left, low, high), _trials(right, low, size), arrangement)
        if kernel is None:
            kernel = jnp.zeros((size, size, *found.shape[2:]), found.dtype)
        kernel = kernel.at[low:high, low:].set(found)
        mirror = found[:, high - low :].transpose(1, 0, 3, 2, 5, 4)
        kernel = kernel.at[high:, low:high].set(mirror)
    assert kernel is not None
    return kernel


def _trials(block: Uses, low: int, high: int) -> Uses:
    return block._replace(
        factors=block.factors[:, low:high],
        deltas=tuple(delta[:, :, :, low:high] for delta in block.deltas),
    )


def _weighted(left: Uses, right: Uses, arrangement: Arrangement) -> Array:
    """Sum the left deltas over steps first, weighted for one right step and trial at a time."""
    overlaps = _overlaps(left, right)
    n_out, size, width = left.deltas[0].shape[2:]
    # (b, s, t, k, N) for each piece of t, and (s', b', t' k', N) for each piece of s'
    left_pieces = [p.transpose(3, 0, 1, 2, 4) for p in _by_output(left.deltas, arrangement)]
    right_pieces = [
        p.transpose(0, 3, 1, 2, 4).reshape(len(p), p.shape[3], -1, width) for p in right.deltas
    ]
    n_right, n_rows = right_pieces[0].shape[1:3]

    def of_trial(trial: tuple[list[Array], Array]) -> Array:
        deltas, overlap = trial

        def add_step(total: Array, step: tuple[Array, Array]) -> tuple[Array, None]:
            rows, weights = step
            sums = [
                _product("sb,sm->bm", weights[: len(delta)], delta.reshape(len(delta), -1)).reshape(
                    n_right, -1, width
                )
                for delta in deltas
            ]
            return total + _product("bin,bjn->bij", jnp.concatenate(sums, axis=1), rows), None

        total = jnp.zeros((n_right, n_rows, n_rows), overlap.dtype)
        for rows, (low, high) in zip(right_pieces, arrangement.ranges, strict=True):
            weights = overlap[:, low:high].swapaxes(0, 1)
            # Outputs t' before this piece of s' get nothing from it.
            part = total[:, :, n_rows - rows.shape[2] :]
            part, _ = jax.lax.scan(add_step, part, (rows, weights))
            total = total.at[:, :, n_rows - rows.shape[2] :].set(part)
        return total

    kernel = jax.lax.map(of_trial, (left_pieces, overlaps.swapaxes(0, 1)))
    n_steps = n_rows // n_out
    kernel = kernel.reshape(size, n_right, n_steps, n_out, n_steps, n_out)
    return kernel.transpose(0, 1, 2, 4, 3, 5)
