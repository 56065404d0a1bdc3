"""Weights brought to the spectral radius of others."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require_axes


def with_spectral_radius_of(
    w: Float[Array, "n n"], null: Float[Array, "n n"]
) -> Float[Array, "n n"]:
    r"""Weights scaled as a whole to the spectral radius of others of the same size.

    $$W \mapsto W \, \rho(W_0) / \rho(W), \qquad \rho(W) = \max_i |\lambda_i|$$

    A linear network's activity grows or dies by its spectral radius. That of a random matrix of
    rank 1 is now and then near 0, and then the norm ends far above that of `null`; weights whose
    eigenvalues are all 0 become infinite or NaN. On accelerators where JAX has no eigenvalues of
    general matrices, call it on the CPU.

    Args:
        w: the weights to be scaled.
        null: $W_0$, the weights whose spectral radius is taken.

    Raises:
        ValueError: the two are not square matrices of one size.

    Source: ours, a control beside those of Liu et al. (2024), arXiv 2310.08513, for the norm and
    the leading singular value.
    """
    w, null = require_axes("w", w, "n", "n"), require_axes("null", null, "n", "n")
    if w.shape != null.shape or w.shape[0] != w.shape[1]:
        raise ValueError(
            f"w has shape {w.shape} and null {null.shape}; allowed are square matrices of one size."
        )
    # In one LAPACK call, since two at once can block each other for ever on a CPU of two cores
    # (seen on JAX 0.10.2).
    both = jnp.linalg.eigvals(jnp.stack([w, null]))
    own, wanted = jnp.max(jnp.abs(both), axis=1)
    return w * (wanted / own)
