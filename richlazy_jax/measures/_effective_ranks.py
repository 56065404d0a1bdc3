"""All effective ranks of a matrix at once."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require_axes
from .._powers import scaled


class EffectiveRanks(NamedTuple):
    """Effective ranks of one matrix; `theory.effective_rank` states each."""

    participation_ratio: Float[Array, ""]
    exponential_entropy: Float[Array, ""]
    stable_rank: Float[Array, ""]
    eigenvalue_area: Float[Array, ""]


def effective_ranks(w: Float[Array, "rows columns"]) -> EffectiveRanks:
    r"""Four effective ranks from one singular value decomposition.

    With singular values $s_i$, $p_i = s_i / \sum_j s_j$ and eigenvalues $\lambda_i$: the
    participation ratio $(\sum s_i^2)^2 / \sum s_i^4$, the exponential entropy
    $\exp(-\sum p_i \ln p_i)$, the stable rank $\sum s_i^2 / \max s_i^2$, and the eigenvalue area
    $\sum |\lambda_i| / \max |\lambda_i|$, which is NaN for a matrix that is not square. The
    eigenvalues of a matrix that is far from normal are ill conditioned: those of a nilpotent matrix
    in a rotated basis are rounding errors of like magnitude, and their area is nearly the largest
    possible instead of that of zeros. The other three have no such weakness. On
    accelerators where JAX has no eigenvalues of general matrices, call it on the CPU.

    Args:
        w: the matrix.

    Raises:
        ValueError: it is not a matrix.

    Source: Liu et al. (2024), arXiv 2310.08513; O. Roy and M. Vetterli (2007) for the entropy.
    """
    # None depends on the size of the matrix.
    w = scaled(require_axes("w", w, "rows", "columns"))
    s = jnp.linalg.svd(w, compute_uv=False)
    squares = s**2
    if w.shape[0] == w.shape[1]:
        # The second LAPACK call waits for the first, since two at once can block each other for
        # ever on a CPU of two cores (seen on JAX 0.10.2).
        after = jnp.where(jnp.isnan(s[0]), jnp.nan, w)
        magnitudes = jnp.abs(jnp.linalg.eigvals(after))
        area = jnp.sum(magnitudes) / jnp.max(magnitudes)
    else:
        area = jnp.asarray(jnp.nan, w.dtype)
    return EffectiveRanks(
        participation_ratio=jnp.sum(squares) ** 2 / jnp.sum(squares**2),
        exponential_entropy=jnp.exp(jnp.sum(jax.scipy.special.entr(s / jnp.sum(s)))),
        stable_rank=jnp.sum(squares) / jnp.max(squares),
        eigenvalue_area=area,
    )
