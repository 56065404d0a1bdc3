"""All singular values and eigenvalues of small matrices, and what follows from them."""

import numpy as np
from jaxtyping import Float, Real


def whole_spectra(w: Real[np.ndarray, "runs n n"]) -> dict[str, Float[np.ndarray, "runs ..."]]:
    r"""Singular values, eigenvalue magnitudes and effective ranks of a stack of matrices.

    In NumPy and float64, because not every accelerator has eigenvalues of general matrices. The
    effective ranks are those of `richlazy_jax.effective_ranks`. A matrix without eigenvalues other
    than 0 has an eigenvalue area of NaN, and one that is not finite, as of a network that diverged,
    has NaN for all.

    Args:
        w: the matrices.

    Returns:
        `singular_value` and `eigenvalue_magnitude` (runs, n), each in falling order, `norm`, the
        Frobenius norm, and the four effective ranks by name (runs,).
    """
    w = np.asarray(w, np.float64)
    finite = np.array([np.isfinite(one).all() for one in w])
    if not finite.all():
        found = whole_spectra(np.where(finite[:, None, None], w, np.eye(w.shape[-1])))
        for values in found.values():
            values[~finite] = np.nan
        return found
    s = np.linalg.svd(w, compute_uv=False)
    magnitudes = -np.sort(-np.abs(np.linalg.eigvals(w)), axis=-1)
    squares = s**2
    with np.errstate(invalid="ignore"):
        area = magnitudes.sum(axis=-1) / magnitudes[:, 0]
    return {
        "singular_value": s,
        "eigenvalue_magnitude": magnitudes,
        "norm": np.sqrt(squares.sum(axis=-1)),
        "participation_ratio": squares.sum(axis=-1) ** 2 / (squares**2).sum(axis=-1),
        "exponential_entropy": np.asarray(exponential_entropy(s)),
        "stable_rank": squares.sum(axis=-1) / squares[:, 0],
        "eigenvalue_area": area,
    }


def exponential_entropy(
    s: Float[np.ndarray, "*runs n"],
) -> Float[np.ndarray, "*runs"] | np.floating:
    r"""$\exp(-\sum_i p_i \ln p_i)$ with $p_i = s_i / \sum_j s_j$, over the last axis."""
    p = s / s.sum(axis=-1, keepdims=True)
    logs = np.log(p, out=np.zeros_like(p), where=p > 0)
    return np.exp(-(p * logs).sum(axis=-1))
