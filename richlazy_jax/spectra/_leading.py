"""The largest singular values of a sparse matrix, with their vectors and what they are off by."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.sparse import csr_array
from scipy.sparse.linalg import ArpackError, svds

from .._checks import require_whole
from .._host import as_square_sparse
from ._power_sums import unit_scaled

# Up to this size a whole decomposition is as fast.
DENSE = 200


class LeadingTriplets(NamedTuple):
    r"""The k largest singular values of a matrix, largest first, and their vectors.

    - `values`: $s_i$.
    - `left`, `right`: $u_i$ and $v_i$, in columns. In weights whose rows receive, $u$ is over
      receivers and $v$ over senders.
    - `residuals`: $\max(\lVert W v_i - s_i u_i \rVert, \lVert W^\top u_i - s_i v_i \rVert)$. A
      singular value of the matrix is no further from $s_i$ than this.
    """

    values: Float[np.ndarray, " k"]
    left: Float[np.ndarray, "n k"]
    right: Float[np.ndarray, "n k"]
    residuals: Float[np.ndarray, " k"]


def leading_singular_triplets(w: Any, count: int = 1, tolerance: float = 1e-9) -> LeadingTriplets:
    r"""The largest singular values and their vectors, by ARPACK; the matrix never becomes dense.

    It starts from one fixed vector, so that the same matrix gives the same numbers. Each result is
    then checked against the definition, $W v = s u$ and $W^\top u = s v$.

    Args:
        w: the matrix (n, n), sparse (of `scipy.sparse`) or dense, with n above `count`.
        count: k, how many.
        tolerance: of the singular values, relative; 0 stands for rounding.

    Raises:
        ValueError: an argument is not as described above, or ARPACK did not come to an end.

    Source: R. B. Lehoucq, D. C. Sorensen and C. Yang (1998), ARPACK Users' Guide, SIAM.
    """
    count = require_whole("count", count)
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance is {tolerance}; allowed are numbers from 0 and below 1.")
    matrix, exponent = unit_scaled(as_square_sparse("w", w))
    n = len(matrix.indptr) - 1
    if count > max(1, n - 1):
        raise ValueError(f"count is {count}; allowed is below n, which is {n}.")
    if n <= DENSE or not matrix.nnz:
        u, s, vt = _dense(matrix, count)
    else:
        start = np.random.default_rng(0).standard_normal(n)
        # ARPACK is told of the squares, which are twice as far off.
        how: dict[str, Any] = {"v0": start, "tol": 2 * tolerance, "solver": "arpack"}
        try:
            found: Any = svds(matrix, k=count, **how)
        except ArpackError as error:
            raise ValueError(
                f"ARPACK found no {count} singular values within {tolerance:g}: {error}. Allowed "
                "is a larger tolerance or another count."
            ) from error
        u, s, vt = found
        order = np.argsort(-s)
        u, s, vt = u[:, order], s[order], vt[order]
    forward = np.linalg.norm(matrix @ vt.T - u * s, axis=0)
    back = np.linalg.norm(matrix.T @ u - vt.T * s, axis=0)
    residuals = np.maximum(forward, back)
    return LeadingTriplets(np.ldexp(s, exponent), u, vt.T, np.ldexp(residuals, exponent))


def _dense(matrix: csr_array, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not matrix.nnz:
        some = np.eye(len(matrix.indptr) - 1, count)
        return some, np.zeros(count), some.T
    u, s, vt = np.linalg.svd(matrix.toarray())
    return u[:, :count], s[:count], vt[:count]
