"""All pairs of blocks of examples, each once, with two blocks in memory at a time."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Blocks(NamedTuple):
    """Examples in blocks of equal size; `left` are those of x and `right` those of x2, if any."""

    left: int
    left_size: int
    right: int
    right_size: int


def blocks_of(n: int, n2: int | None, most: int) -> Blocks:
    """As few blocks as hold `most` examples each, at the most."""
    left = -(-n // most)
    if n2 is None:
        # With an odd number, each block has equally many others on either side of a ring, so
        # that going round one way meets every pair once.
        left += 1 - left % 2
        return Blocks(left, -(-n // left), left, -(-n // left))
    right = -(-n2 // most)
    return Blocks(left, -(-n // left), right, -(-n2 // right))


def in_blocks(x: Float[Array, "n ..."], count: int, size: int) -> Float[Array, "count size ..."]:
    """The examples in blocks, the last filled up with copies of the first."""
    return x[jnp.arange(count * size) % len(x)].reshape(count, size, *x.shape[1:])


def fold_pairs(
    visit: Callable[[Any, Any, Any, Any, bool], Any],
    carry: Any,
    prepare: Callable[[Array], Any],
    between: Callable[[Any, Any, bool], Any],
    x: Float[Array, "n ..."],
    x2: Float[Array, "n2 ..."] | None,
    blocks: Blocks,
) -> Any:
    """Fold `visit(carry, i, j, found, mirrored)` over the pairs of blocks i of x and j of x2.

    `found` is `between(left, right, same)` of the two blocks as `prepare` returns them. Without x2
    each pair of different blocks comes once, `mirrored`, and stands for its mirror image as well.
    """
    left_x = in_blocks(x, blocks.left, blocks.left_size)
    right_x = left_x if x2 is None else in_blocks(x2, blocks.right, blocks.right_size)

    def row(carry: Any, i: Array) -> tuple[Any, None]:
        left = prepare(left_x[i])
        if x2 is None:
            carry = visit(carry, i, i, between(left, left, True), False)

        def pair(carry: Any, step: Array) -> tuple[Any, None]:
            j = (i + step) % blocks.right if x2 is None else step
            found = between(left, prepare(right_x[j]), False)
            return visit(carry, i, j, found, x2 is None), None

        others = jnp.arange(1, (blocks.left + 1) // 2) if x2 is None else jnp.arange(blocks.right)
        # A loop of no steps would be compiled all the same.
        return jax.lax.scan(pair, carry, others)[0] if len(others) else carry, None

    if blocks.left == 1:
        return row(carry, jnp.asarray(0))[0]
    return jax.lax.scan(row, carry, jnp.arange(blocks.left))[0]
