"""The double sum over steps of the recurrent kernel, for two blocks of trials.

- `plan_sums` decides how trials fall into blocks and how the sum is arranged.
- `run_block` runs a block of trials forward, and back from every output.
- `tile` is the kernel between two blocks, by one of two arrangements of the same sum:
  `_by_products` is a few large matrix products, `_by_weighting` has fewer operations in smaller
  products, which pays over many steps or outputs.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..models import RNN_ACTIVATIONS
from ._powers import OF_ZERO, exponent_of, times_power


def _relu_slope(argument: Array) -> Array:
    # An argument out of range has lost its sign, which must not pass for that of a silent unit.
    return jnp.where(jnp.isfinite(argument), (argument > 0).astype(argument.dtype), jnp.nan)


def _tanh_slope(argument: Array) -> Array:
    # 1 - tanh(a)^2 would lose its digits where tanh saturates.
    decay = jnp.exp(-2 * jnp.abs(argument))
    return 4 * decay / (1 + decay) ** 2


_SLOPES: dict[str, Callable] = {"relu": _relu_slope, "tanh": _tanh_slope}
# More pieces waste fewer operations on steps after the output, and take longer to compile.
_PIECES = {"products": 8, "weighting": 4}
# One matrix product should stay in cache; what a block of trials keeps may be larger.
_PRODUCT_BYTES = 2**22
_KEPT_BYTES = 2**26


class Options(NamedTuple):
    """What a compiled kernel depends on besides its arrays, all of it hashable."""

    wrt: tuple[str, ...]
    outputs: str
    activation: str
    leak: float
    block: int | None


class Plan(NamedTuple):
    """How the double sum over steps is arranged.

    `pieces` are the ranges of steps that are handled together, `n_steps` the outputs' steps.
    """

    arrangement: str
    pieces: tuple[tuple[int, int], ...]
    n_steps: int
    n_out: int
    left_blocks: int
    left_size: int
    right_blocks: int
    right_size: int

    @property
    def tile_shape(self) -> tuple[int, ...]:
        sizes = self.left_size, self.right_size
        return (*sizes, self.n_steps, self.n_steps, self.n_out, self.n_out)


class Block(NamedTuple):
    """A block of trials, run forward and back.

    `factors` (s, b, m) holds what multiplies each weight's delta in the gradient, `deltas` one
    array (s, t, k, b, N) for each piece of source steps s, and `hidden` (t, b, N) the states read
    out. A gradient is 2^`gradient_exponent` times the sum of deltas by factors, and the states are
    2^`hidden_exponent` times `hidden`, so that all three are at most 1.
    """

    factors: Array
    deltas: tuple[Array, ...]
    gradient_exponent: Array | int
    hidden: Array
    hidden_exponent: Array


def plan_sums(params: dict[str, Array], x: Array, x2: Array | None, options: Options) -> Plan:
    n_out, width = params["readout"].shape
    n_steps = x.shape[1]
    # The state before the first step is 0, so it gives the recurrent weights no gradient there.
    first = 0 if "input" in options.wrt else 1
    arrangement = _cheaper_arrangement(n_steps, n_out, options.outputs)
    if options.outputs == "last":
        pieces = ((first, n_steps),) if first < n_steps else ()
    else:
        n_pieces = min(n_steps - first, _PIECES[arrangement])
        edges = [first + (n_steps - first) * i // max(n_pieces, 1) for i in range(n_pieces + 1)]
        pieces = tuple(itertools.pairwise(edges))
    if options.wrt == ("readout",):
        pieces = ()
    # Rows of the largest matrix product, and of the derivatives kept, for each trial.
    if options.outputs == "all":
        product_rows = max(((high - low) * high * n_out for low, high in pieces), default=1)
        kept_rows = sum((high - low) * (n_steps - low) * n_out for low, high in pieces)
    else:
        product_rows = kept_rows = n_steps * n_out
    block = options.block
    if block is None:
        block = _KEPT_BYTES // max(kept_rows * width * x.dtype.itemsize, 1)
        if arrangement == "products":
            within = int((_PRODUCT_BYTES / x.dtype.itemsize) ** 0.5) // product_rows
            block = min(block, within)
        block = max(block, 1)
    shared = arrangement, pieces, n_steps if options.outputs == "all" else 1, n_out
    n_left = x.shape[0]
    left_blocks = -(-n_left // block)
    if x2 is None:
        # With an odd number, each block has equally many others on either side of a ring, so
        # that going round one way meets every pair once.
        left_blocks += 1 - left_blocks % 2
        left_size = -(-n_left // left_blocks)
        return Plan(*shared, left_blocks, left_size, left_blocks, left_size)
    right_blocks = -(-x2.shape[0] // block)
    sizes = -(-n_left // left_blocks), -(-x2.shape[0] // right_blocks)
    return Plan(*shared, left_blocks, sizes[0], right_blocks, sizes[1])


def _cheaper_arrangement(n_steps: int, n_out: int, outputs: str) -> str:
    # How many times fewer operations weighting needs. It has to outweigh its smaller matrix
    # products; the two break-even points were measured on one CPU core at N = 300.
    if outputs == "all":
        return "weighting" if n_out * n_steps / (n_out + 1) > 7 else "products"
    return "weighting" if n_out * n_steps / (n_out + n_steps) > 2.5 else "products"


def in_blocks(x: Array, n_blocks: int, size: int) -> Array:
    # Trials of zeros fill the last block: the network stays at 0, and so do their kernels.
    filled = jnp.pad(x, ((0, n_blocks * size - x.shape[0]), (0, 0), (0, 0)))
    return filled.reshape(n_blocks, size, *x.shape[1:])


def run_block(params: dict[str, Array], x: Array, options: Options, plan: Plan) -> Block:
    phi = RNN_ACTIVATIONS[options.activation]
    leak = options.leak
    x = x.swapaxes(0, 1)
    # One product for all steps, ahead of the loop.
    drive = x @ params["input"].T

    def step(hidden: Array, drive: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        argument = leak * hidden + (1 - leak) * (hidden @ params["recurrent"].T + drive)
        after = phi(argument)
        return after, (hidden, after, argument)

    _, (before, after, arguments) = jax.lax.scan(step, jnp.zeros_like(drive[0]), drive)

    hidden_exponent = exponent_of(after[-plan.n_steps :])
    hidden = times_power(after[-plan.n_steps :], -hidden_exponent)
    used = [x] if "input" in options.wrt else []
    used += [before] if "recurrent" in options.wrt else []
    if not plan.pieces:
        return Block(before[:0], (), OF_ZERO, hidden, hidden_exponent)
    factors = (1 - leak) * jnp.concatenate(used, axis=-1)[plan.pieces[0][0] :]
    # Derivatives are linear in the readout.
    readout_exponent = exponent_of(params["readout"])
    unit = {**params, "readout": times_power(params["readout"], -readout_exponent)}
    deltas = _deltas(unit, _SLOPES[options.activation](arguments), options, plan)
    factors, deltas, exponent = _balanced(factors, deltas, plan)
    return Block(factors, deltas, exponent + readout_exponent, hidden, hidden_exponent)


def _balanced(
    factors: Array, deltas: tuple[Array, ...], plan: Plan
) -> tuple[Array, tuple[Array, ...], Array]:
    """Factors of size 1, deltas that share one power of two, and the exponent of that power.

    What the factors of a step and trial lose goes into the deltas beside them. So only what is
    small in a gradient can vanish, however differently states and derivatives grow over steps.
    """
    of_factors = exponent_of(factors, -1)
    of_deltas = jnp.concatenate([exponent_of(delta, (1, 2, 4)) for delta in deltas])
    exponent = jnp.max(of_factors + of_deltas)
    first = plan.pieces[0][0]
    shifts = [of_factors[low - first : high - first] - exponent for low, high in plan.pieces]
    return (
        times_power(factors, -of_factors[..., None]),
        tuple(
            times_power(delta, shift[:, None, None, :, None])
            for delta, shift in zip(deltas, shifts, strict=True)
        ),
        exponent,
    )


def _deltas(
    params: dict[str, Array], slopes: Array, options: Options, plan: Plan
) -> tuple[Array, ...]:
    """The derivative of each output by each step's argument of phi, by pieces of those steps.

    A piece from step low to high is an array (high - low, t, k, b, N), whose outputs t run from
    low on, or are the last alone. Steps s > t hold zeros.
    """
    readout = params["readout"][:, None]
    n_out, width = params["readout"].shape
    # How the next step's argument depends on this step's state, acting on rows.
    onward = options.leak * jnp.eye(width, dtype=slopes.dtype)
    onward += (1 - options.leak) * params["recurrent"]
    every_step = options.outputs == "all"

    found = []
    by_state = None
    for low, high in reversed(plan.pieces):
        shape = (high - low if every_step else 1, n_out, slopes.shape[1], width)
        own = jnp.zeros(shape, slopes.dtype).at[-1].set(readout)
        by_state = own if by_state is None else jnp.concatenate([own, by_state])
        last = slopes[high - 1] * by_state

        def back(delta: Array, step: Array, low: int = low) -> tuple[Array, Array]:
            by_state = delta @ onward
            if every_step:
                by_state = by_state.at[step - low].set(readout)
            delta = slopes[step] * by_state
            return delta, delta

        delta, earlier = jax.lax.scan(back, last, jnp.arange(low, high - 1), reverse=True)
        found.append(jnp.concatenate([earlier, last[None]]))
        if low > plan.pieces[0][0]:
            by_state = delta @ onward
    return tuple(reversed(found))


def _by_output(deltas: tuple[Array, ...], plan: Plan) -> list[Array]:
    """The same derivatives by pieces of the output steps: (s, t, k, b, N) with all s <= t."""
    return [
        jnp.concatenate(
            [
                delta[:, low - start : high - start]
                for delta, (start, _) in zip(deltas, plan.pieces, strict=True)
                if start <= low
            ]
        )
        for low, high in plan.pieces
    ]


def tile(
    left: Block, right: Block, options: Options, plan: Plan, symmetric: bool
) -> tuple[Array, Array]:
    """The kernel (b, b', t, t', k, k') between two blocks, one and the same where symmetric.

    It comes as an array and an exponent: the kernel is the array times that power of two.
    """
    terms = []
    if plan.pieces:
        overlaps = jnp.einsum("sbm,rcm->sbrc", left.factors, right.factors)
        if plan.arrangement == "products":
            term = _by_products(left.deltas, right.deltas, overlaps, plan, symmetric)
        else:
            term = _by_weighting(left.deltas, right.deltas, overlaps, plan)
        if options.outputs == "all":
            # Outputs before the first source step do not depend on the weights.
            early = (plan.pieces[0][0], 0)
            term = jnp.pad(term, ((0, 0), (0, 0), early, early, (0, 0), (0, 0)))
        terms.append((term, left.gradient_exponent + right.gradient_exponent))
    if "readout" in options.wrt:
        overlaps = jnp.einsum("tbn,ucn->bctu", left.hidden, right.hidden)
        term = overlaps[..., None, None] * jnp.eye(plan.n_out, dtype=overlaps.dtype)
        terms.append((term, left.hidden_exponent + right.hidden_exponent))
    # No term where a single step meets the recurrent weights alone: they act on a state of 0.
    kernel = jnp.zeros(plan.tile_shape, left.hidden.dtype)
    exponent = jnp.max(jnp.stack([OF_ZERO, *(exponent for _, exponent in terms)]))
    for term, own in terms:
        kernel = kernel + times_power(term, own - exponent)
    return kernel, exponent


def _by_products(
    left: tuple[Array, ...],
    right: tuple[Array, ...],
    overlaps: Float[Array, "s b s2 b2"],
    plan: Plan,
    symmetric: bool,
) -> Array:
    """For each pair of output pieces one product over N of all deltas, then the sum over steps."""
    left_pieces, right_pieces = _by_output(left, plan), _by_output(right, plan)
    rows: list[list[Array]] = []
    for i, first in enumerate(left_pieces):
        row = []
        for j, second in enumerate(right_pieces):
            if symmetric and j < i:
                row.append(rows[j][i].transpose(3, 4, 5, 0, 1, 2))
                continue
            products = jnp.tensordot(first, second, (-1, -1))
            # (s, t, k, b, s', t', k', b')
            weights = overlaps[: len(first), None, None, :, : len(second), None, None, :]
            row.append(jnp.sum(products * weights, (0, 4)))
        rows.append(row)
    kernel = jnp.concatenate([jnp.concatenate(row, axis=3) for row in rows])
    return kernel.transpose(2, 5, 0, 3, 1, 4)


def _by_weighting(
    left: tuple[Array, ...],
    right: tuple[Array, ...],
    overlaps: Float[Array, "s b s2 b2"],
    plan: Plan,
) -> Array:
    """Sum the left deltas over steps first, weighted for one right step and trial at a time."""
    n_out, size, width = left[0].shape[2:]
    # (b, s, t, k, N) for each piece of t, and (s', b', t' k', N) for each piece of s'
    left_pieces = [piece.transpose(3, 0, 1, 2, 4) for piece in _by_output(left, plan)]
    right_pieces = [
        piece.transpose(0, 3, 1, 2, 4).reshape(len(piece), piece.shape[3], -1, width)
        for piece in right
    ]
    n_right, n_rows = right_pieces[0].shape[1:3]
    first = plan.pieces[0][0]

    def of_trial(trial: tuple[list[Array], Array]) -> Array:
        deltas, overlap = trial

        def add_step(total: Array, step: tuple[Array, Array]) -> tuple[Array, None]:
            rows, weights = step
            sums = [
                (weights[: len(delta)].T @ delta.reshape(len(delta), -1)).reshape(
                    n_right, -1, width
                )
                for delta in deltas
            ]
            return total + jnp.concatenate(sums, axis=1) @ rows.swapaxes(1, 2), None

        total = jnp.zeros((n_right, n_rows, n_rows), overlap.dtype)
        for rows, (low, high) in zip(right_pieces, plan.pieces, strict=True):
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
