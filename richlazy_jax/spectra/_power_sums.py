"""Sums of powers of the singular values, exact, from products with themselves."""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from .._host import as_square_sparse

# So many multiplications of a dense product take as long as one of a sparse product, and a dense
# matrix is made of so many nodes at most.
DENSE_FASTER, LARGEST_DENSE = 60, 2000


class PowerSums(NamedTuple):
    r"""The sums over the singular values of a matrix that need no decomposition.

    - `first`: $\sum_i s_i^2 = \operatorname{Tr} W W^\top$.
    - `second`: $\sum_i s_i^4 = \operatorname{Tr} (W W^\top)^2$.
    """

    first: float
    second: float

    @property
    def participation_ratio(self) -> float:
        r"""$(\sum_i s_i^2)^2 / \sum_i s_i^4$, and 0 for a matrix that is zero."""
        # Divided before it is multiplied, since the square may overflow where the ratio does not.
        return self.first * (self.first / self.second) if self.second > 0 else 0.0


def power_sums(w: Any) -> PowerSums:
    r"""The sums of the second and fourth powers of the singular values, without finding any.

    $$\sum_i s_i^2 = \sum_{ij} W_{ij}^2, \qquad
        \sum_i s_i^4 = \lVert W W^\top \rVert_F^2 = \lVert W^\top W \rVert_F^2.$$

    The product that takes fewer multiplications is made, one row at a time, and only its squares
    are kept, so that memory does not grow with it. Up to 2,000 nodes the product is dense where
    that is faster. A graph of 139,000 nodes and 2.7 million connections takes some seconds.

    Args:
        w: the matrix (n, n), sparse (of `scipy.sparse`) or dense.

    Returns:
        The sums, exact up to rounding in float64.

    Raises:
        ValueError: it is no square matrix of finite real numbers, or the fourth powers of its
            entries leave the range of float64.
    """
    scaled, exponent = unit_scaled(as_square_sparse("w", w))
    return in_own_units(sums_of(scaled), exponent)


def participation_ratio(w: Any) -> float:
    r"""How many directions a matrix uses, $(\sum_i s_i^2)^2 / \sum_i s_i^4$, at any scale.

    It comes from `power_sums`, exactly and without a singular value.

    Args:
        w: the matrix (n, n), sparse (of `scipy.sparse`) or dense. Zero has the ratio 0.

    Raises:
        ValueError: it is no square matrix of finite real numbers.
    """
    return sums_of(unit_scaled(as_square_sparse("w", w))[0]).participation_ratio


def unit_scaled(matrix: csr_array) -> tuple[csr_array, int]:
    """The matrix over a power of two that brings its largest entry to about 1, and the exponent."""
    largest = np.abs(matrix.data).max(initial=0.0)
    exponent = min(int(np.frexp(largest)[1]), 1023)
    # In two steps, since the power itself may lie outside of float64.
    half = exponent // 2
    data = np.ldexp(np.ldexp(matrix.data, -half), half - exponent)
    return csr_array((data, matrix.indices, matrix.indptr), matrix.shape), exponent


def in_own_units(sums: PowerSums, exponent: int) -> PowerSums:
    """The sums of a matrix of which those of `unit_scaled` are known, where float64 has them."""
    with np.errstate(over="ignore", under="ignore"):
        first, second = np.ldexp(sums.first, 2 * exponent), np.ldexp(sums.second, 4 * exponent)
    if not np.isfinite(second) or (sums.second > 0) != (second > 0):
        raise ValueError(
            f"w has its largest entry near 2^{exponent}; allowed are entries whose fourth powers "
            "float64 can hold. Divide w by that number: effective ranks stay as they are."
        )
    return PowerSums(float(first), float(second))


def sums_of(matrix: csr_array) -> PowerSums:
    """The sums of a matrix that is sparse and checked, with entries that do not overflow."""
    first = float(matrix.data @ matrix.data)
    rows, columns = _degrees(matrix)
    n = len(rows)
    if n <= LARGEST_DENSE and n**3 <= DENSE_FASTER * product_multiplications(matrix):
        dense = matrix.toarray()
        return PowerSums(first, float(np.sum((dense @ dense.T) ** 2)))
    # Multiplications of W W^T and of W^T W.
    if (columns.astype(float) ** 2).sum() > (rows.astype(float) ** 2).sum():
        matrix = csr_array(matrix.T)
    # numba takes long to import, for which small matrices need not wait.
    from ._gram import gram_square_sum

    matrix, transposed = csr_array(matrix), csr_array(matrix.T)
    for each in (matrix, transposed):
        each.sort_indices()
    second = gram_square_sum(
        matrix.indptr,
        matrix.indices,
        matrix.data,
        transposed.indptr,
        transposed.indices,
        transposed.data,
    )
    return PowerSums(first, float(second))


def product_multiplications(matrix: csr_array) -> float:
    """How many multiplications `power_sums` takes: what its time grows with."""
    rows, columns = _degrees(matrix)
    return float(min((rows.astype(float) ** 2).sum(), (columns.astype(float) ** 2).sum()))


def _degrees(matrix: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """How many entries each row and each column has."""
    rows = np.diff(matrix.indptr)
    return rows, np.bincount(matrix.indices, minlength=len(rows))
