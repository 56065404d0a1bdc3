"""A kernel from its blocks: pairs of blocks of examples, of which one is in memory at a time."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def fold_pairs(
    visit: Callable[[Any, Any, Any, Any, bool], Any],
    carry: Any,
    run: Callable[[Any], Any],
    compare: Callable[[Any, Any, bool], Any],
    first: Any,
    second: Any | None,
    blocks: tuple[int, int],
    kept: bool = False,
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
        blocks: how many blocks each side falls into; without a second an odd number, the same for
            both. The last of them is filled up with zeros.
        kept: run every block once, ahead, and keep what comes of it. Otherwise each is run again
            for every pair, with no more than one pair in memory.
    """

    def ready(examples: Any, blocks: int) -> Any:
        examples = in_blocks(examples, blocks)
        return jax.lax.map(run, examples) if kept else examples

    def run_of(examples: Any, i: Any) -> Any:
        block = jax.tree.map(lambda leaf: leaf[i], examples)
        return block if kept else run(block)

    left_examples = ready(first, blocks[0])
    if second is None:

        def symmetric_row(carry: Any, i: Array) -> tuple[Any, None]:
            left = run_of(left_examples, i)
            carry = visit(carry, i, i, compare(left, left, True), False)

            def pair(carry: Any, distance: Array) -> tuple[Any, None]:
                # With an odd number of blocks in a ring, each has equally many on either side, so
                # that going round one way meets every pair once.
                j = (i + distance) % blocks[0]
                right = run_of(left_examples, j)
                return visit(carry, i, j, compare(left, right, False), True), None

            return jax.lax.scan(pair, carry, jnp.arange(1, (blocks[0] + 1) // 2))

        return jax.lax.scan(symmetric_row, carry, jnp.arange(blocks[0]))[0]

    right_examples = ready(second, blocks[1])

    def row(carry: Any, i: Array) -> tuple[Any, None]:
        left = run_of(left_examples, i)

        def pair(carry: Any, j: Array) -> tuple[Any, None]:
            right = run_of(right_examples, j)
            return visit(carry, i, j, compare(left, right, False), False), None

        return jax.lax.scan(pair, carry, jnp.arange(blocks[1]))

    return jax.lax.scan(row, carry, jnp.arange(blocks[0]))[0]


def kernel_of_pairs(
    run: Callable[[Any], Any],
    compare: Callable[[Any, Any, bool], Array],
    first: Any,
    second: Any | None,
    blocks: tuple[int, int],
    kept: bool = False,
) -> Float[Array, "n n2 *pairs"]:
    """The whole kernel. Of `compare` it has (b, b2, *pairs), where each output axis comes twice.

    Args are those of `fold_pairs`.
    """
    left, right = (
        len(jax.tree.leaves(side)[0]) for side in (first, first if second is None else second)
    )
    sizes = -(-left // blocks[0]), -(-right // blocks[1])
    block = jax.eval_shape(lambda: run(jax.tree.map(lambda a: a[0], in_blocks(first, blocks[0]))))
    other = block
    if second is not None:
        other = jax.eval_shape(
            lambda: run(jax.tree.map(lambda a: a[0], in_blocks(second, blocks[1])))
        )
    shape = jax.eval_shape(lambda a, b: compare(a, b, False), block, other)

    def write(kernel: Array, i: Any, j: Any, found: Array, mirrored: bool) -> Array:
        row, column = i * sizes[0], j * sizes[1]
        rest = (0,) * (found.ndim - 2)
        kernel = jax.lax.dynamic_update_slice(kernel, found, (row, column, *rest))
        if mirrored:
            twice = [axis for i in range(2, found.ndim, 2) for axis in (i + 1, i)]
            mirror = found.transpose(1, 0, *twice)
            kernel = jax.lax.dynamic_update_slice(kernel, mirror, (column, row, *rest))
        return kernel

    whole = jnp.zeros((blocks[0] * sizes[0], blocks[1] * sizes[1], *shape.shape[2:]), shape.dtype)
    return fold_pairs(write, whole, run, compare, first, second, blocks, kept)[:left, :right]


def in_blocks(examples: Any, blocks: int) -> Any:
    """Examples in blocks of one size, the last of which is filled up with zeros."""

    def cut(leaf: Array) -> Array:
        size = -(-len(leaf) // blocks)
        missing = [(0, blocks * size - len(leaf)), *[(0, 0)] * (leaf.ndim - 1)]
        return jnp.pad(leaf, missing).reshape(blocks, size, *leaf.shape[1:])

    return jax.tree.map(cut, examples)
