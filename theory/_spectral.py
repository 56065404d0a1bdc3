"""Parts and roots of matrices, with derivatives where singular values or eigenvalues coincide.

Single singular vectors have no derivative there, and rules that go by them give nan. What they
make together has one: in their basis each entry is a divided difference, taken here in closed form.
"""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array

from ._precision import highest_precision


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def leading_projector(matrix: Array, keep: int) -> Array:
    """The projector (p, p) on the `keep` leading left singular vectors of `matrix` (p, d)."""
    u = jnp.linalg.svd(matrix, full_matrices=False)[0][:, :keep]
    return u @ u.T


@leading_projector.defjvp
@highest_precision
def _leading_projector_jvp(keep, primals, tangents):
    (matrix,), (change,) = primals, tangents
    p, d = matrix.shape
    u, s, vt = jnp.linalg.svd(matrix, full_matrices=p > d)
    rounding = max(p, d) * jnp.finfo(s.dtype).eps * s[0]
    s = jnp.zeros(p, s.dtype).at[: len(s)].set(jnp.where(s > rounding, s, 0))
    rotated = u.T @ change @ vt.T
    rotated = jnp.zeros((p, p), s.dtype).at[:, : min(p, d)].set(rotated[:, : min(p, d)])
    kept, cut = s[:keep], s[keep:, None]
    between = rotated[keep:, :keep] * kept + rotated[:keep, keep:].T * cut
    gap = (kept - cut) * (kept + cut)
    # Where both are 0 neither matters to what is projected.
    nothing = (kept == 0) & (cut == 0)
    between = jnp.where(nothing, 0, between / jnp.where(nothing, 1, gap))
    half = u[:, keep:] @ between @ u[:, :keep].T
    return u[:, :keep] @ u[:, :keep].T, half + half.T


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def leading_part(matrix: Array, rank: int) -> Array:
    """What the `rank` largest eigenvalues make of a symmetric positive matrix (d, d)."""
    eigenvalues, vectors = jnp.linalg.eigh(matrix)
    kept = vectors[:, len(matrix) - rank :]
    return (kept * eigenvalues[len(matrix) - rank :]) @ kept.T


@leading_part.defjvp
@highest_precision
def _leading_part_jvp(rank, primals, tangents):
    (matrix,), (change,) = primals, tangents
    eigenvalues, vectors = jnp.linalg.eigh(matrix)
    kept = jnp.arange(len(matrix)) >= len(matrix) - rank
    # Of two that are kept 1, of two that are cut 0, of one and the other their own ratio.
    one = kept[:, None] != kept
    gap = jnp.abs(eigenvalues[:, None] - eigenvalues)
    largest = jnp.maximum(eigenvalues[:, None], eigenvalues)
    slope = jnp.where(one, largest / jnp.where(one, gap, 1), kept[:, None] & kept)
    rotated = vectors.T @ ((change + change.T) / 2) @ vectors
    part = (vectors * jnp.where(kept, eigenvalues, 0)) @ vectors.T
    return part, vectors @ (slope * rotated) @ vectors.T


@jax.custom_jvp
def root_grams(matrix: Array) -> tuple[Array, Array]:
    """(A^T A)^(1/2) of shape (d, d) and (A A^T)^(1/2) of shape (k, k), for A of shape (k, d)."""
    u, s, vt = jnp.linalg.svd(matrix, full_matrices=False)
    return (vt.T * s) @ vt, (u * s) @ u.T


@root_grams.defjvp
@highest_precision
def _root_grams_jvp(primals, tangents):
    (matrix,), (change,) = primals, tangents
    k, d = matrix.shape
    u, s, vt = jnp.linalg.svd(matrix, full_matrices=True)
    nothing = max(k, d) * jnp.finfo(s.dtype).eps * s[0]
    n = max(k, d)
    values = jnp.zeros(n, s.dtype).at[: len(s)].set(jnp.where(s > nothing, s, 0))
    rotated = jnp.zeros((n, n), s.dtype).at[:k, :d].set(u.T @ change @ vt.T)
    total = values[:, None] + values
    share = jnp.where(total > 0, values / jnp.where(total > 0, total, 1), 0)
    inputs = rotated.T * share
    outputs = rotated * share
    changes = (
        vt.T @ (inputs + inputs.T)[:d, :d] @ vt,
        u @ (outputs + outputs.T)[:k, :k] @ u.T,
    )
    m = min(k, d)
    return ((vt[:m].T * s) @ vt[:m], (u[:, :m] * s) @ u[:, :m].T), changes
