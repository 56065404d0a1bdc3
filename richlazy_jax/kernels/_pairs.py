"""A kernel from its blocks: pairs of blocks of examples, of which one is in memory at a time."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Blocks(NamedTuple):
    """Examples in blocks of equal size: how many blocks of which size on each side.

    `kept` says that every block is run once, ahead, and what comes of it kept. Otherwise each is
    run again for every pair, with no more than one pair in memory.
    """

    left: int
    left_size: int
    right: int
    right_size: int
    kept: bool = False


def blocks_of(n: int, n2: int | None, most: int) -> Blocks:
    """As few blocks as hold `most` examples each, at the most; n2 is None for one side alone."""
    left = -(-n // most)
    if n2 is None:
        # With an odd number, each block has equally many others on either side of a ring, so
        # that going round one way meets every pair once.
        left += 1 - left % 2
        return Blocks(left, -(-n // left), left, -(-n // left))
    right = -(-n2 // most)
    return Blocks(left, -(-n // left), right, -(-n2 // right))


def fold_pairs(
    visit: Callable[[Any, Any, Any, Any, bool], Any],
    carry: Any,
    run: Callable[[Any], Any],
    compare: Callable[[Any, Any, bool], Any],
    first: Any,
    second: Any | None,
    blocks: Blocks,
    *,
    fill: str = "copies",
) -> Any:
    """Fold `visit(carry, i, j, compared, mirrored)` over the pairs of blocks i and j of both sides.

    Args:
        visit: called with what `compare` gives for the pair.
        carry: what the fold begins with.
        run: called with a block of examples, for all that is compared.
        compare: called as `compare(run(left), run(right), symmetric)`; symmetric says that both are
            one and the same.
        first: examples, a pytree whose leaves have an axis of them before all others.
        second: likewise. None stands for the first: then each pair of different blocks comes once,
            mirrored=True, and stands for its mirror image as well.
        blocks: as of `blocks_of`.
        fill: what fills up the last block of a side, "copies" of the first examples or "zeros".
    """

    def ready(examples: Any, count: int, size: int) -> Any:
        cut = _in_blocks(examples, count, size, fill)
        return jax.lax.map(run, cut) if blocks.kept else cut

    left_examples = right_examples = ready(first, blocks.left, blocks.left_size)
    if second is not None:
        right_examples = ready(second, blocks.right, blocks.right_size)

    def run_of(examples: Any, i: Any) -> Any:
        block = jax.tree.map(lambda leaf: leaf[i], examples)
        return block if blocks.kept else run(block)

    def row(carry: Any, i: Array) -> tuple[Any, None]:
        left = run_of(left_examples, i)
        if second is None:
            carry = visit(carry, i, i, compare(left, left, True), False)

        def pair(carry: Any, step: Array) -> tuple[Any, None]:
            j = (i + step) % blocks.right if second is None else step
            found = compare(left, run_of(right_examples, j), False)
            return visit(carry, i, j, found, second is None), None

        ring = jnp.arange(1, (blocks.left + 1) // 2)
        others = ring if second is None else jnp.arange(blocks.right)
        # A loop of no steps would be compiled all the same.
        return jax.lax.scan(pair, carry, others)[0] if len(others) else carry, None

    if blocks.left == 1:
        return row(carry, jnp.asarray(0))[0]
    return jax.lax.scan(row, carry, jnp.arange(blocks.left))[0]


def kernel_of_pairs(
    run: Callable[[Any], Any],
    compare: Callable[[Any, Any, bool], Float[Array, "b b2 *pairs"]],
    first: Any,
    second: Any | None,
    blocks: Blocks,
    pairs: tuple[int, ...],
    dtype: Any,
    *,
    fill: str = "copies",
) -> Float[Array, "n n2 *pairs"]:
    """The whole kernel, whose axes after those of examples come in twos, each output axis twice.

    Args are those of `fold_pairs`, and the lengths of these axes and the type of numbers.
    """
    left, right = (
        len(jax.tree.leaves(side)[0]) for side in (first, first if second is None else second)
    )
    twice = [axis for i in range(2, 2 + len(pairs), 2) for axis in (i + 1, i)]

    def write(kernel: Array, i: Any, j: Any, found: Array, mirrored: bool) -> Array:
        row, column, rest = i * blocks.left_size, j * blocks.right_size, (0,) * len(pairs)
        kernel = jax.lax.dynamic_update_slice(kernel, found, (row, column, *rest))
        if mirrored:
            mirror = found.transpose(1, 0, *twice)
            kernel = jax.lax.dynamic_update_slice(kernel, mirror, (column, row, *rest))
        return kernel

    shape = blocks.left * blocks.left_size, blocks.right * blocks.right_size, *pairs
    kernel = jnp.zeros(shape, dtype)
    kernel = fold_pairs(write, kernel, run, compare, first, second, blocks, fill=fill)
    return kernel[:left, :right]


def _in_blocks(examples: Any, count: int, size: int, fill: str) -> Any:
    def cut(leaf: Array) -> Array:
        number = count * size
        if fill == "copies":
            filled = leaf[jnp.arange(number) % len(leaf)]
        else:
            filled = jnp.pad(leaf, [(0, number - len(leaf)), *[(0, 0)] * (leaf.ndim - 1)])
        return filled.reshape(count, size, *leaf.shape[1:])

    return jax.tree.map(cut, examples)
