"""Effective ranks of matrices of any size, from sparse products alone."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array, Key

from .._checks import require_whole
from .._host import as_square_sparse
from ._leading import LeadingTriplets, leading_singular_triplets
from ._power_sums import sums_of, unit_scaled
from ._quadrature import Estimate, SpectralQuadrature, spectral_estimate, spectral_quadrature
from ._whole import exponential_entropy


class SpectralRanks(NamedTuple):
    """Effective ranks of one matrix, each with its error; `theory.effective_rank` states them.

    - `participation_ratio`: exact.
    - `exponential_entropy`: exact in small matrices, an estimate in large ones.
    - `stable_rank`: exact in small matrices; in large ones its error is what the residual of the
      largest singular value allows.
    """

    participation_ratio: Estimate
    exponential_entropy: Estimate
    stable_rank: Estimate


def spectral_ranks(
    key: Key[Array, ""], w: Any, *, probes: int = 16, steps: int = 100, dense: int = 2000
) -> SpectralRanks:
    r"""Three effective ranks of a matrix that may be too large to be dense.

    The participation ratio comes from sparse products, the stable rank from the largest singular
    value by ARPACK, and the exponential entropy from the sums of $s_i$ and $s_i \ln s_i$ by
    stochastic Lanczos quadrature. The fourth measure, the eigenvalue area, is missing: the
    eigenvalues of a matrix that is not normal follow from no such sums.

    Args:
        key: a JAX random key.
        w: the matrix (n, n), sparse (of `scipy.sparse`) or dense, and not zero.
        probes: of the quadrature, see `spectral_quadrature`.
        steps: of the quadrature.
        dense: up to this size all singular values are found, which then makes everything exact.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513; O. Roy and M. Vetterli (2007) for the entropy.
    """
    probes, steps = require_whole("probes", probes, 2), require_whole("steps", steps, 2)
    dense = require_whole("dense", dense, 0)
    # Ranks have no scale, and so none that powers would lead out of float64.
    matrix, _ = unit_scaled(as_square_sparse("w", w))
    if not matrix.nnz:
        raise ValueError("w is zero everywhere; allowed is at least one number other than 0.")
    if len(matrix.indptr) - 1 > dense:
        quadrature = spectral_quadrature(key, matrix, probes, steps)
        return ranks_of_quadrature(quadrature, leading_singular_triplets(matrix))
    sums, s = sums_of(matrix), np.linalg.svd(matrix.toarray(), compute_uv=False)
    numbers = (sums.participation_ratio, float(exponential_entropy(s)), sums.first / s[0] ** 2)
    return SpectralRanks(*(Estimate(float(number), 0.0) for number in numbers))


def ranks_of_quadrature(quadrature: SpectralQuadrature, leading: LeadingTriplets) -> SpectralRanks:
    r"""The effective ranks of a matrix of which these are known.

    The exponential entropy is $\exp(\ln S - T / S)$, of the sums S of $s$ and T of $s \ln s$. The
    error of the stable rank is what the residual of the largest singular value allows.

    Args:
        quadrature: of the matrix.
        leading: of the same matrix, at least one.
    """
    top, sums = quadrature.gauss_nodes.max(), quadrature.sums

    def with_log(s: np.ndarray) -> np.ndarray:
        part = s / top
        return part * np.log(part, out=np.zeros_like(part), where=part > 0)

    def entropy(total: float, logs: float) -> float:
        return total * np.exp(-logs / total)

    largest, off = float(leading.values[0]), float(leading.residuals[0])
    stable = sums.first / largest**2
    return SpectralRanks(
        participation_ratio=Estimate(sums.participation_ratio, 0.0),
        exponential_entropy=spectral_estimate(quadrature, (lambda s: s / top, with_log), entropy),
        stable_rank=Estimate(stable, 2 * stable * off / largest),
    )
