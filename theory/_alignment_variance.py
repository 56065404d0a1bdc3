"""The spread of the kernel alignment over tasks, around Theorem 1's mean."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from ._checks import as_dimension, as_square, require_some
from ._expected_alignment import start_squares
from ._precision import highest_precision
from ._scale import scaled


@highest_precision
def kernel_alignment_variance(
    singular_values: Real[ArrayLike, " p"], *, d: int, readout_norm: Real[ArrayLike, ""] = 0.0
) -> Float[Array, ""]:
    r"""The variance of the kernel alignment over uniformly random tasks, from a start's spectrum.

    With $M_0 = W_1^\top W_1 + w^2 I$,

    $$\operatorname{Var}[\mathrm{KA}] = \frac{2 \left( \lVert M_0 \rVert_F^2
        - (\operatorname{Tr} M_0)^2 / d \right)}{d (d + 2)\, (d + 3)\, \lVert M_0 \rVert_F^2}.$$

    A low-rank start has the wider spread; one with all d singular values equal has none.

    Args:
        singular_values: those of $W_1$, at most d of them; the others are 0.
        d: the number of inputs.
        readout_norm: $w = \lVert w_2 \rVert$ at the start.

    Raises:
        ValueError: an argument is not as described above, or the start is zero.

    Source: ours; the variance of $b^\top M b$ for $b$ uniform on the sphere, put in Lemma 2 of Liu
    et al. (2024), arXiv 2310.08513.
    """
    squares, readout = start_squares(singular_values, d, readout_norm)
    # The readout's multiple of the identity is centred away, so it is not added first.
    return _variance(jnp.diag(squares - jnp.mean(squares)), jnp.diag(squares + readout), 2)


@highest_precision
def kernel_alignment_variance_from_factor(
    factor: Float[ArrayLike, "d d"], *, depth: int = 2
) -> Float[Array, ""]:
    r"""The variance of the kernel alignment over uniformly random tasks, for any depth.

    $$\operatorname{Var}[\mathrm{KA}] = \frac{(L - 1)^2}{d - 1 + L^2} \cdot
        \frac{2 \left( \lVert M_0 \rVert_F^2 - (\operatorname{Tr} M_0)^2 / d \right)}
        {d (d + 2)\, \lVert M_0 \rVert_F^2}$$

    Args:
        factor: $M_0$, as `kernel_factor` or `deep_kernel_factor` gives it for one output.
        depth: the number of layers $L$, at least 2.

    Raises:
        ValueError: an argument is not as described above, or the start is zero.

    Source: as `kernel_alignment_variance`.
    """
    m0 = as_square("factor", factor)
    d = len(m0)
    depth = as_dimension("depth", depth, least=2)
    require_some("factor", m0)
    # Centred before it is squared, since the difference of two near equal sums loses digits.
    m0 = scaled(m0)
    return _variance(m0 - jnp.trace(m0) / d * jnp.eye(d, dtype=m0.dtype), m0, depth)


def _variance(centred: Array, m0: Array, depth: int) -> Array:
    d = len(m0)
    share = jnp.sum(centred * centred.T) / jnp.sum(m0 * m0.T)
    return (depth - 1) ** 2 / (d - 1 + depth**2) * 2 * share / (d * (d + 2))
