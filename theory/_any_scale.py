"""A start of any scale, small or large, with equal singular values and a silent readout."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from ._checks import as_dimension, as_nonnegative, known_value, require_some
from ._precision import highest_precision


@highest_precision
def any_scale_kernel_alignment(
    sigma: Real[ArrayLike, ""],
    *,
    d: int,
    rank: int,
    overlap: Real[ArrayLike, ""] | None = None,
    task_norm: Real[ArrayLike, ""] = 1.0,
) -> Float[Array, ""]:
    r"""The kernel alignment of a start of r equal singular values at any scale.

    The start is $W_1^\top W_1 = g P$ with $g = \sigma^2 / r$, $P$ the projection on its row space,
    and a readout of zeros; the task is $\beta$, one output, on white data. Gradient flow moves only
    the unit that its first step makes, $n \propto W_1 \beta$: the readout stays along $n$, and the
    rows of $W_1$ orthogonal to $n$ stay as they were, since they are orthogonal to the task. With
    $s = \lVert w_2 \rVert$ at the end, the conserved balance gives
    $s^2 (s^2 + g) = \lVert \beta \rVert^2$, and the factors of the kernels are

    $$M_0 = g P, \qquad M_f = (s^2 + g)\, b b^\top + g Q + s^2 I,$$

    $Q$ being the projection on the part of the row space that is orthogonal to the task, of
    dimension r - 1. With the overlap $q = b^\top P b$ and $u = g / (s^2 + g)$, which goes from 0
    for small starts to 1 for large ones,

    $$\mathrm{KA} = \frac{q + r - u}
        {\sqrt{r \left( (2 - u)^2 + r - 1 + (d - r) (1 - u)^2 \right)}}, \qquad
    1 - u = \left( \frac{2}{\gamma + \sqrt{\gamma^2 + 4}} \right)^2, \quad
    \gamma = \frac{g}{\lVert \beta \rVert}.$$

    It is linear in q, so the mean over tasks of any direction is that at $q = r / d$. As $u \to 0$
    it is Theorem 1, and as $u \to 1$ it tends to $(r - 1 + q) / r$: lazy for high rank, and $1 / d$
    on average for rank one.

    It is not what a network with a small readout does at a large scale. Hidden units that the start
    leaves silent stay silent here, and learn the task first where they are not quite silent.

    Args:
        sigma: the Frobenius norm of $W_1$ at the start, above 0.
        d: the number of inputs.
        rank: $r$, from 1 to d.
        overlap: $q$, the share of the task's energy in the row space of the start, from 0 to 1; at
            0 the value is a limit, since such a start does not learn. None stands for $r / d$, the
            mean over tasks of any direction.
        task_norm: $\lVert \beta \rVert$, above 0.

    Raises:
        ValueError: an argument is not as described above.

    Source: ours.
    """
    d = as_dimension("d", d)
    r = as_dimension("rank", rank, most=d)
    sigma, norm = as_nonnegative("sigma", sigma), as_nonnegative("task_norm", task_norm)
    require_some("sigma", sigma)
    require_some("task_norm", norm)
    q = as_nonnegative("overlap", r / d if overlap is None else overlap)
    known = known_value(q)
    # A share that was computed may be above 1 by rounding.
    if known is not None and known > 1 + 32 * d * jnp.finfo(q.dtype).eps:
        raise ValueError(f"overlap is {known}; allowed are numbers from 0 to 1.")
    return at_any_scale(sigma, d, r, q, norm)


def at_any_scale(sigma: Array, d: int, r: int | Array, q: Array, norm: Array) -> Array:
    """The form itself, for any positive number r."""
    dtype = jnp.result_type(sigma, norm)
    root = jnp.sqrt(norm.astype(dtype))
    # So far above 1 that u is 1 to all digits, and not so far that the square of gamma overflows.
    most = float(jnp.finfo(dtype).max) ** 0.25 / 2
    gamma = (jnp.minimum(sigma, most * root) / root) ** 2 / r
    left = (2 / (gamma + jnp.sqrt(gamma**2 + 4))) ** 2  # 1 - u
    square = (1 + left) ** 2 + r - 1 + (d - r) * left**2
    return (q + (r - 1) + left) / jnp.sqrt(r * square)
