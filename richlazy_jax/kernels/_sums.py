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
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._pairs import Blocks, blocks_of

# Outputs are handled in pieces of steps: more of them waste fewer operations on steps after the
# output, and take longer to compile.
_PIECES = {"products": 8, "weighting": 4, "rows": 4}
# One matrix product should stay in cache; what a block of trials keeps may be larger.
_PRODUCT_BYTES = 2**22
_KEPT_BYTES = 2**26
# Rows of the Jacobian that are held at once, of one block.
_ROW_BYTES = 2**25
# Of the rate of one large matrix product, what each way reached on a CPU core at widths of 50 to
# 300. Elsewhere the small products of "weighting" are taken to be slow, which was not measured.
_RATES = {"products": 0.35, "weighting": 0.25, "rows": 0.7}
_RATES_ELSEWHERE = {"products": 0.8, "weighting": 0.05, "rows": 0.8}
# Multiplications that a core makes in the time that one round of the loop of "weighting" takes to
# start.
_ROUND = 600_000
# Likewise, to write and read an entry of the rows of the Jacobian.
_ENTRY = 100
# Trials of a symmetric block in as many groups, of which each pair is visited once.
_GROUPS = 4


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


def arrange(sizes: Sizes, block: int | None = None) -> Arrangement:
    """The arrangement that takes least, with blocks of examples that fit into memory.

    Args:
        sizes: what is to be added up.
        block: the most examples of a block; None has it follow from memory.
    """
    ways = {way: _blocks_that_fit(sizes, way, block) for way in _PIECES}
    way = min(ways, key=lambda way: seconds_of(sizes, way, ways[way]))
    number = min(sizes.steps, _PIECES[way] if sizes.read > 1 else 1)
    edges = [sizes.steps * i // number for i in range(number + 1)]
    return Arrangement(way, tuple(itertools.pairwise(edges)), ways[way])


def _blocks_that_fit(sizes: Sizes, way: str, block: int | None) -> Blocks:
    if block is None:
        row = sizes.outputs * sizes.width * sizes.width_bytes
        block = _KEPT_BYTES // max(row * sizes.sources, 1)
        if way == "products":
            # Rows of the largest product: all sources of the last piece of outputs.
            pieces = min(sizes.steps, _PIECES[way])
            outputs = -(-sizes.steps // pieces) if sizes.read > 1 else 1
            rows = outputs * sizes.steps * sizes.outputs
            block = min(block, int((_PRODUCT_BYTES / sizes.width_bytes) ** 0.5) // max(rows, 1))
    return blocks_of(sizes.left, None if sizes.symmetric else sizes.right, max(block, 1))


def seconds_of(sizes: Sizes, way: str, blocks: Blocks) -> float:
    r"""About how long an arrangement takes, in units of a multiplication in a large product.

    With $P$ pairs of source and read steps, $S$ source steps, $O$ outputs of a trial in all and
    $k$ in a step, a pair of trials takes $N k^2 P^2$ multiplications by "products", $N k P (S + O)$
    by "weighting" and $N M O^2$ by "rows". A trial takes $N^2 k P$ for its deltas, by "rows"
    $N M k P$ for its rows, and by "weighting" S rounds of a loop, each time that its block is
    visited.
    """
    k, n, m, p = sizes.outputs, sizes.width, sizes.factors, sizes.sources
    outputs = k * sizes.read
    of_pair = {
        "products": n * (k * p) ** 2,
        "weighting": n * k * p * (sizes.steps + outputs),
        "rows": n * m * outputs**2,
    }[way]
    pairs = sizes.left * sizes.right
    left = blocks.left
    visits = left * (sizes.right + sizes.left / left)  # of examples, for tiles of left with right
    if sizes.symmetric:
        whole = {"products": 0.5, "weighting": 0.5 + 0.5 / _GROUPS, "rows": 1.0}[way]
        pairs *= (0.5 * (left - 1) + whole) / left
        visits = sizes.left * (1 + (left - 1) / 2)
    rows = (n * m * k * p, n * m * outputs * _ENTRY) if way == "rows" else (0, 0)
    rounds = visits * sizes.steps * _ROUND if way == "weighting" else 0
    rate = (_RATES if jax.default_backend() == "cpu" else _RATES_ELSEWHERE)[way]
    own = visits * (rows[1] + n * n * k * p) + rounds
    return (pairs * of_pair + visits * rows[0]) / rate + own


def sum_of_uses(
    left: Uses, right: Uses, arrangement: Arrangement, *, symmetric: bool
) -> Float[Array, "b b2 t t2 k k2"]:
    """The kernel between two blocks of examples, which are one and the same where symmetric."""
    if arrangement.way == "rows":
        return _by_rows(left, right, arrangement)
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


def _by_rows(left: Uses, right: Uses, arrangement: Arrangement) -> Array:
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

    def rows_of(block: Uses, by_output: list[Array], chunk: Array | int) -> Array:
        found = []
        for piece in by_output:
            if chunks > 1:
                piece = jax.lax.dynamic_slice_in_dim(piece, chunk * units, units, axis=4)
            found.append(_product("stkbn,sbm->btknm", piece, block.factors[: len(piece)]))
        rows = found[0] if len(found) == 1 else jnp.concatenate(found, axis=1)
        # As a matrix, because a product over several axes at once is first copied in their order.
        return rows.reshape(len(rows) * outputs * n_out, -1)

    def add(kernel: Array | float, chunk: Array | int) -> tuple[Array, None]:
        found = [rows_of(b, p, chunk) for b, p in zip(blocks, padded, strict=True)]
        return kernel + _product("im,jm->ij", found[0], found[-1]), None

    if chunks == 1:
        kernel, _ = add(0.0, 0)
    else:
        of_trial = outputs * n_out
        shape = size * of_trial, other * of_trial
        kernel = jnp.zeros(shape, left.factors.dtype)
        kernel, _ = jax.lax.scan(add, kernel, jnp.arange(chunks))
    kernel = kernel.reshape(size, outputs, n_out, other, outputs, n_out)
    return kernel.transpose(0, 3, 1, 4, 2, 5)


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
