"""The double sum over steps of the recurrent kernel, for two blocks of trials, in three ways.

With deltas $\\delta_s$ (one for each output) and factors $h_s$ of each step,

$$K = \\sum_{s s'} (\\delta_s \\cdot \\delta'_{s'}) (h_s \\cdot h'_{s'})$$

can be added up as products of all deltas, weighted by overlaps of factors ("products"); with the
sum over one side's steps first ("weighting"); or from the rows of the Jacobian,
$J = \\sum_s \\delta_s h_s^\\top$, as $K = J \\cdot J'$ ("rows"). `plan_sums` counts what each would
take and chooses, and `tile` is the kernel between two blocks.
"""

import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._powers import OF_ZERO, times_power
from ._recurrent_blocks import Block, Options, Pieces, first_source

# Outputs are handled in pieces of steps: more of them waste fewer operations on steps after the
# output, and take longer to compile.
_PIECES = {"products": 8, "weighting": 4, "rows": 4}
# One matrix product should stay in cache; what a block of trials keeps may be larger.
_PRODUCT_BYTES = 2**22
_KEPT_BYTES = 2**26
# Rows of the Jacobian that are held at once, of one block.
_ROW_BYTES = 2**25
# Of the rate of one large matrix product, what each way reached on a CPU core.
_RATES = {"products": 0.8, "weighting": 0.35, "rows": 0.7}
# Trials of a symmetric block in as many groups, of which each pair is visited once.
_GROUPS = 4


class Sizes(NamedTuple):
    """What decides how much each way takes.

    - `steps`: source steps; `read`: steps read out; `outputs`: k; `width`: N; `factors`: M.
    - `left`, `right`: trials of each side; `symmetric`: whether both are the same.
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
        """Pairs of a source step and a step read out that is not before it."""
        return self.steps * (self.steps + 1) // 2 if self.read > 1 else self.steps


class Plan(NamedTuple):
    """How the double sum over steps is arranged."""

    arrangement: str
    pieces: Pieces
    n_out: int
    left_blocks: int
    left_size: int
    right_blocks: int
    right_size: int

    @property
    def tile_shape(self) -> tuple[int, ...]:
        n_steps = self.pieces.n_steps
        return self.left_size, self.right_size, n_steps, n_steps, self.n_out, self.n_out


def plan_sums(params: dict[str, Array], x: Array, x2: Array | None, options: Options) -> Plan:
    """The arrangement that takes least, and blocks of trials that fit into memory."""
    n_out, width = params["readout"].shape
    n_steps = x.shape[1]
    wrt = options.wrt
    first = first_source(params, options.start_given, wrt)
    read = n_steps if options.outputs == "all" else 1
    columns = {"input": x.shape[2], "recurrent": width, "bias": 1}
    sizes = Sizes(
        n_steps - first,
        read,
        n_out,
        width,
        sum(columns.get(name, 0) for name in wrt),
        len(x),
        len(x if x2 is None else x2),
        x2 is None,
        x.dtype.itemsize,
    )
    needed = bool(set(wrt) - {"readout", "readout_bias"}) and sizes.steps > 0
    ways = {
        way: blocks_of(sizes, way, options.block) for way in (_PIECES if needed else ("products",))
    }
    way = min(ways, key=lambda way: seconds_of(sizes, way, *ways[way]))
    if not needed:
        ranges = ()
    elif read == 1:
        ranges = ((first, n_steps),)
    else:
        number = min(n_steps - first, _PIECES[way])
        edges = [first + (n_steps - first) * i // number for i in range(number + 1)]
        ranges = tuple(itertools.pairwise(edges))
    left, right = ways[way]
    return Plan(
        way,
        Pieces(ranges, read),
        n_out,
        left,
        -(-sizes.left // left),
        right,
        -(-sizes.right // right),
    )


def blocks_of(sizes: Sizes, way: str, block: int | None) -> tuple[int, int]:
    """How many blocks the trials of each side fall into."""
    if block is None:
        row = sizes.outputs * sizes.width * sizes.width_bytes
        block = _KEPT_BYTES // max(row * sizes.sources, 1)
        if way == "products":
            # Rows of the largest product: all sources of the last piece of outputs.
            pieces = min(sizes.steps, _PIECES[way])
            outputs = -(-sizes.steps // pieces) if sizes.read > 1 else 1
            rows = outputs * sizes.steps * sizes.outputs
            block = min(block, int((_PRODUCT_BYTES / sizes.width_bytes) ** 0.5) // max(rows, 1))
        block = max(block, 1)
    left, right = -(-sizes.left // block), -(-sizes.right // block)
    if sizes.symmetric:
        # With an odd number, each block has equally many others on either side of a ring, so
        # that going round one way meets every pair once.
        left = right = left + 1 - left % 2
    return left, right


def seconds_of(sizes: Sizes, way: str, left: int, right: int) -> float:
    r"""About how long an arrangement takes, in units of a multiplication in a large product.

    With $P$ pairs of source and read steps, $S$ source steps, $O$ outputs of a trial in all and
    $k$ in a step, a pair of trials takes $N k^2 P^2$ multiplications by "products", $N k P (S + O)$
    by "weighting" and $N M O^2$ by "rows". A trial takes $N^2 k P$ for its deltas, and by "rows"
    $N M k P$ for its rows, each time that its block is visited.
    """
    k, n, m, p = sizes.outputs, sizes.width, sizes.factors, sizes.sources
    outputs = k * sizes.read
    of_pair = {
        "products": n * (k * p) ** 2,
        "weighting": n * k * p * (sizes.steps + outputs),
        "rows": n * m * outputs**2,
    }[way]
    pairs = sizes.left * sizes.right
    visits = left * (sizes.right + sizes.left / left)  # of trials, for tiles of left with right
    if sizes.symmetric:
        whole = {"products": 0.5, "weighting": 0.5 + 0.5 / _GROUPS, "rows": 1.0}[way]
        pairs *= (0.5 * (left - 1) + whole) / left
        visits = sizes.left * (1 + (left - 1) / 2)
    rows = n * m * k * p if way == "rows" else 0
    return (pairs * of_pair + visits * rows) / _RATES[way] + visits * n * n * k * p


def tile(
    left: Block, right: Block, options: Options, plan: Plan, symmetric: bool
) -> tuple[Array, Array]:
    """The kernel (b, b', t, t', k, k') between two blocks, one and the same where symmetric.

    It comes as an array and an exponent: the kernel is the array times that power of two.
    """
    same = jnp.eye(plan.n_out, dtype=left.hidden.dtype)
    terms = []
    if left.deltas:
        if plan.arrangement == "rows":
            term = _by_rows(left, right, plan)
        elif plan.arrangement == "weighting":
            term = _by_weighting(left, right, plan, symmetric)
        else:
            term = _by_products(left, right, plan, symmetric)
        if options.outputs == "all":
            # Outputs before the first source step do not depend on the weights.
            early = (plan.pieces.ranges[0][0], 0)
            term = jnp.pad(term, ((0, 0), (0, 0), early, early, (0, 0), (0, 0)))
        terms.append((term, left.gradient_exponent + right.gradient_exponent))
    if left.by_start is not None:
        term = _product("tkbn,ulcn->bctukl", left.by_start, right.by_start)
        terms.append((term, left.start_exponent + right.start_exponent))
    if "readout" in options.wrt:
        overlaps = _product("tbn,ucn->bctu", left.hidden, right.hidden)
        terms.append(
            (overlaps[..., None, None] * same, left.hidden_exponent + right.hidden_exponent)
        )
    if "readout_bias" in options.wrt:
        both = left.real[:, None] * right.real
        terms.append(
            (jnp.broadcast_to(both[..., None, None, None, None] * same, plan.tile_shape), 0)
        )
    # No term where a single step meets the recurrent weights alone: they act on a state of 0.
    kernel = jnp.zeros(plan.tile_shape, left.hidden.dtype)
    exponent = jnp.max(jnp.stack([OF_ZERO, *(exponent for _, exponent in terms)]))
    for term, own in terms:
        kernel = kernel + times_power(term, own - exponent)
    return kernel, exponent


def _product(equation: str, *factors: Array) -> Array:
    return jnp.einsum(equation, *factors, precision="highest")


def _overlaps(left: Block, right: Block) -> Float[Array, "s b s2 b2"]:
    return _product("sbm,rcm->sbrc", left.factors, right.factors)


def _by_output(deltas: tuple[Array, ...], plan: Plan) -> list[Array]:
    """Deltas by pieces of the output steps: (s, t, k, b, N) with all s <= t."""
    ranges = plan.pieces.ranges
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


def _by_products(left: Block, right: Block, plan: Plan, symmetric: bool) -> Array:
    """For each pair of output pieces one product over N of all deltas, then the sum over steps."""
    overlaps = _overlaps(left, right)
    left_pieces, right_pieces = _by_output(left.deltas, plan), _by_output(right.deltas, plan)
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


def _by_rows(left: Block, right: Block, plan: Plan) -> Array:
    """The product of the rows of both Jacobians, for some units' weights at a time."""
    width = left.deltas[0].shape[-1]
    blocks = [left] if left is right else [left, right]
    pieces = [_by_output(block.deltas, plan) for block in blocks]
    outputs = sum(piece.shape[1] for piece in pieces[0])
    row_bytes = outputs * plan.n_out * left.factors.shape[-1] * left.factors.dtype.itemsize
    trials = max(plan.left_size, plan.right_size)
    units = max(1, min(width, _ROW_BYTES // (trials * row_bytes)))
    chunks = -(-width // units)
    # Units that fill the last chunk have no weights.
    filled = [(0, 0)] * 4 + [(0, chunks * units - width)]
    padded = [[jnp.pad(piece, filled) for piece in by_output] for by_output in pieces]

    def rows_of(block: Block, by_output: list[Array], chunk: Array) -> Array:
        found = []
        for piece in by_output:
            some = jax.lax.dynamic_slice_in_dim(piece, chunk * units, units, axis=4)
            found.append(_product("stkbn,sbm->btknm", some, block.factors[: len(piece)]))
        return jnp.concatenate(found, axis=1)

    def add(kernel: Array, chunk: Array) -> tuple[Array, None]:
        found = [rows_of(b, p, chunk) for b, p in zip(blocks, padded, strict=True)]
        return kernel + _product("btknm,culnm->btkcul", found[0], found[-1]), None

    left_shape, right_shape = (
        (size, outputs, plan.n_out) for size in (plan.left_size, plan.right_size)
    )
    kernel = jnp.zeros((*left_shape, *right_shape), left.factors.dtype)
    kernel, _ = jax.lax.scan(add, kernel, jnp.arange(chunks))
    return kernel.transpose(0, 3, 1, 4, 2, 5)


def _by_weighting(left: Block, right: Block, plan: Plan, symmetric: bool) -> Array:
    """Where both blocks are one, pairs of groups of trials, each visited once."""
    size = plan.left_size
    if not symmetric or size < 2:
        return _weighted(left, right, plan)
    edges = sorted({size * i // _GROUPS for i in range(_GROUPS + 1)})
    kernel = None
    for low, high in itertools.pairwise(edges):
        found = _weighted(_trials(left, low, high), _trials(right, low, size), plan)
        if kernel is None:
            kernel = jnp.zeros((size, size, *found.shape[2:]), found.dtype)
        kernel = kernel.at[low:high, low:].set(found)
        mirror = found[:, high - low :].transpose(1, 0, 3, 2, 5, 4)
        kernel = kernel.at[high:, low:high].set(mirror)
    assert kernel is not None
    return kernel


def _trials(block: Block, low: int, high: int) -> Block:
    return block._replace(
        factors=block.factors[:, low:high],
        deltas=tuple(delta[:, :, :, low:high] for delta in block.deltas),
    )


def _weighted(left: Block, right: Block, plan: Plan) -> Array:
    """Sum the left deltas over steps first, weighted for one right step and trial at a time."""
    overlaps = _overlaps(left, right)
    n_out, size, width = left.deltas[0].shape[2:]
    # (b, s, t, k, N) for each piece of t, and (s', b', t' k', N) for each piece of s'
    left_pieces = [p.transpose(3, 0, 1, 2, 4) for p in _by_output(left.deltas, plan)]
    right_pieces = [
        p.transpose(0, 3, 1, 2, 4).reshape(len(p), p.shape[3], -1, width) for p in right.deltas
    ]
    n_right, n_rows = right_pieces[0].shape[1:3]
    first = plan.pieces.ranges[0][0]

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
        for rows, (low, high) in zip(right_pieces, plan.pieces.ranges, strict=True):
            weights = overlap[:, low - first : high - first].swapaxes(0, 1)
            # Outputs t' before this piece of s' get nothing from it.
            part = total[:, :, n_rows - rows.shape[2] :]
            part, _ = jax.lax.scan(add_step, part, (rows, weights))
            total = total.at[:, :, n_rows - rows.shape[2] :].set(part)
        return total

    kernel = jax.lax.map(of_trial, (left_pieces, overlaps.swapaxes(0, 1)))
    n_steps = n_rows // n_out
    kernel = kernel.reshape(size, n_right, n_steps, n_out, n_steps, n_out)
    return kernel.transpose(0, 1, 2, 4, 3, 5)
