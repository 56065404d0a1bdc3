"""Proposition 1: a low-rank start that is aligned with its task can be lazy."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from ._checks import as_dimension, as_nonnegative, require_some
from ._precision import highest_precision
from ._scale import scale_of


@highest_precision
def aligned_kernel_alignment(
    c: Real[ArrayLike, ""], *, readout_norm: Real[ArrayLike, ""], d: int, rank: int = 1
) -> Float[Array, ""]:
    r"""The kernel alignment of a start whose first layer points along the task.

    The start is $W_1^\top W_1 = c \left( b b^\top + \frac12 \sum_{i=2}^{r} v_i v_i^\top \right)$
    with $v_i$ orthonormal and orthogonal to the task $b$, and readout norm $w$. Its alignment is

    $$\mathrm{KA} = \frac{\frac{r + 3}{2} c + (d + 1) w^2}
        {\sqrt{\left( \frac{r + 3}{4} c^2 + (r + 1)\, c w^2 + d w^4 \right) (d + 3)}}.$$

    For rank one, $W_1 = \sqrt{c}\, v b^\top$, it is exactly 1 at $c = w^2$: a rank-one start can be
    perfectly lazy. With $w = 0$ it is $\sqrt{(r + 3) / (d + 3)}$, the best that any start of that
    rank without readout weights can do.

    Args:
        c: the weight on the task direction, the square of the leading singular value of $W_1$.
        readout_norm: $w = \lVert w_2 \rVert$ at the start.
        d: the number of inputs.
        rank: $r$, from 1 to d.

    Raises:
        ValueError: an argument is not as described above, or the start is zero.

    Source: Liu et al. (2024), arXiv 2310.08513, Proposition 1, for rank one; for greater rank the
    weights in the ratio 2 to 1 are those of `optimal_initial_gram` for one task.
    """
    d = as_dimension("d", d)
    r = as_dimension("rank", rank, most=d)
    c = as_nonnegative("c", c)
    w = as_nonnegative("readout_norm", readout_norm)
    require_some("the start (c and readout_norm)", c, w)
    c, square = start_weights(c, w)
    overlap = (r + 3) / 2 * c + (d + 1) * square
    start = (r + 3) / 4 * c**2 + (r + 1) * c * square + d * square**2
    return overlap / jnp.sqrt(start * (d + 3))


def start_weights(c: Array, w: Array) -> tuple[Array, Array]:
    """`c` and the square of `w`, both divided by one number that makes the larger about 1."""
    scale = scale_of(jnp.sqrt(jax.lax.stop_gradient(c)), w)
    return c / scale / scale, (w / scale) ** 2
