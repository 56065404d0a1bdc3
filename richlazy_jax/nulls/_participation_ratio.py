"""The participation ratio of a sparse matrix, exactly and without its singular values."""

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

# Of products in one block of rows, at most about as many numbers as this.
_BLOCK = 8_000_000


def participation_ratio(weights: sp.csr_array | Float[np.ndarray, "n n"]) -> float:
    r"""The participation ratio of the squared singular values, from traces.

    $$\mathrm{PR} = \frac{(\sum_i s_i^2)^2}{\sum_i s_i^4}
    = \frac{(\mathrm{Tr}\, W W^\top)^2}{\mathrm{Tr}\, (W W^\top)^2}.$$

    The products of rows are made in blocks of rows, whose memory does not grow with the matrix.

    Args:
        weights: not zero everywhere, or the ratio is NaN.
    """
    w = sp.csr_array(weights, dtype=np.float64)
    n = len(w.indptr) - 1
    # The products of columns have the same sum of squares, and may be fewer.
    by_row, by_column = np.diff(w.indptr), np.bincount(w.indices, minlength=n)
    if np.sum(np.square(by_row, dtype=float)) < np.sum(np.square(by_column, dtype=float)):
        w, by_column = sp.csr_array(w.T), by_row
    work = np.cumsum(np.add.reduceat(np.append(by_column[w.indices], 0), w.indptr[:-1]))
    other, total = sp.csr_array(w.T), 0.0
    begin = 0
    while begin < n:
        done = work[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(work, done + _BLOCK, side="right")))
        total += float(np.sum((w[begin:end] @ other).data ** 2))
        begin = end
    squares = float(np.sum(w.data**2))
    return squares**2 / total if total else float("nan")
