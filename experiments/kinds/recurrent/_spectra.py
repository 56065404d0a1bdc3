"""Spectra and effective ranks of the weights at the start."""

import numpy as np

RANKS = {
    "participation_ratio": "participation ratio of the start's squared singular values",
    "exponential_entropy": "exponential entropy of the start's singular values",
    "stable_rank": "stable rank of the start",
    "eigenvalue_area": "area under the start's scaled eigenvalue magnitudes",
}
SPECTRA = RANKS | {
    "norm": "Frobenius norm of the start's recurrent weights",
    "singular_value": "singular values of the start's recurrent weights",
    "eigenvalue_magnitude": "magnitudes of the eigenvalues of the start's recurrent weights",
}


def spectra(w: np.ndarray) -> dict[str, np.ndarray]:
    r"""Singular values, eigenvalue magnitudes and effective ranks of a stack of matrices.

    In numpy and float64, because not every accelerator has eigenvalues of general matrices. The
    effective ranks are those of `richlazy_jax.effective_ranks`. A matrix without eigenvalues other
    than 0 has an eigenvalue area of NaN, and one that is not finite, as of a network that diverged,
    has NaN for all.

    Args:
        w: (runs, N, N).

    Returns:
        `singular_value` and `eigenvalue_magnitude` (runs, N), each in falling order, `norm` and the
        four effective ranks (runs,).
    """
    w = np.asarray(w, np.float64)
    finite = np.array([np.isfinite(one).all() for one in w])
    if not finite.all():
        found = spectra(np.where(finite[:, None, None], w, np.eye(w.shape[-1])))
        for values in found.values():
            values[~finite] = np.nan
        return found
    s = np.linalg.svd(w, compute_uv=False)
    magnitudes = -np.sort(-np.abs(np.linalg.eigvals(w)), axis=-1)
    squares = s**2
    p = s / s.sum(axis=-1, keepdims=True)
    logs = np.log(p, out=np.zeros_like(p), where=p > 0)
    with np.errstate(invalid="ignore"):
        area = magnitudes.sum(axis=-1) / magnitudes[:, 0]
    return {
        "singular_value": s,
        "eigenvalue_magnitude": magnitudes,
        "norm": np.sqrt(squares.sum(axis=-1)),
        "participation_ratio": squares.sum(axis=-1) ** 2 / (squares**2).sum(axis=-1),
        "exponential_entropy": np.exp(-(p * logs).sum(axis=-1)),
        "stable_rank": squares.sum(axis=-1) / squares[:, 0],
        "eigenvalue_area": area,
    }
