"""What random matrices have on average, where it is known in closed form."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array, Float, Key
from scipy.linalg import eigh_tridiagonal
from scipy.special import digamma

from .._checks import require_whole
from .._host import as_square_sparse, host_generator
from ._power_sums import PowerSums, in_own_units, unit_scaled


def gaussian_inverse_ratio(n: int) -> float:
    r"""The mean of 1 / PR over square Gaussian matrices, exactly.

    $$E\left[\frac{1}{\mathrm{PR}}\right] = \frac{2 n + 1}{n^2 + 2}$$

    The direction of a Gaussian matrix is independent of its norm, so that
    $E[\sum_i s_i^4] = E[1 / \mathrm{PR}] \, E[(\sum_i s_i^2)^2]$; for entries of variance 1 the
    left side is $n^2 (2 n + 1)$ and the last mean $n^2 (n^2 + 2)$. The mean of PR itself is above
    $(n^2 + 2) / (2 n + 1)$ by a part of order $1 / n^2$ of it.

    Args:
        n: the size.

    Raises:
        ValueError: n is no whole number of at least 1.
    """
    n = require_whole("n", n)
    return (2 * n + 1) / (n * n + 2)


def shuffled_power_sums(w: Any, diagonal: bool = False) -> PowerSums:
    r"""The mean power sums of a matrix whose weights are put at random places, exactly.

    The sum of squares is that of the matrix. With $S_k = \sum_{ij} W_{ij}^k$, P places of which
    each row and column has q, and $P_{(4)} = P (P - 1) (P - 2) (P - 3)$,

    $$E \sum_i s_i^4 = S_4 + \frac{2 n q (q - 1)}{P (P - 1)} (S_2^2 - S_4)
        + \frac{R}{P_{(4)}} (S_1^4 - 6 S_1^2 S_2 + 3 S_2^2 + 8 S_1 S_3 - 6 S_4),$$

    where R counts the ordered rectangles of four places: $n^2 (n - 1)^2$ where the diagonal takes
    part and $q = n$, otherwise $n (n - 1) (n - 2) (n - 3)$ and $q = n - 1$. The first term counts
    places with themselves, the second pairs in one row or column, the third four different places.

    `first ** 2 / second` is 1 over the mean of 1 / PR, exactly. The mean of PR is a little higher,
    by a part of about its squared relative spread.

    Args:
        w: the matrix (n, n), sparse (of `scipy.sparse`) or dense.
        diagonal: whether the diagonal takes part, as in `shuffled_weights`. If not, it is zero.

    Raises:
        ValueError: w is no square matrix of finite real numbers, or has weights on the diagonal
            while that takes no part.
    """
    matrix, exponent = unit_scaled(as_square_sparse("w", w))
    n = len(matrix.indptr) - 1
    if not diagonal and matrix.diagonal().any():
        raise ValueError(
            "w has weights on its diagonal while diagonal is False; allowed is a zero diagonal, or "
            "diagonal=True."
        )
    s1, s2, s3, s4 = (float((matrix.data**k).sum()) for k in (1, 2, 3, 4))
    q = n if diagonal else n - 1
    places = float(n * q)
    rectangles = float(n * n * (n - 1) ** 2 if diagonal else n * (n - 1) * (n - 2) * (n - 3))
    pairs = (s2**2 - s4) / (places * max(places - 1, 1))
    fours = s1**4 - 6 * s1**2 * s2 + 3 * s2**2 + 8 * s1 * s3 - 6 * s4
    fours /= places * max(places - 1, 1) * max(places - 2, 1) * max(places - 3, 1)
    second = s4 + 2 * n * q * (q - 1) * pairs + rectangles * fours
    return in_own_units(PowerSums(s2, second), exponent)


def shuffled_motif_excess(connections: float | int, places: float | int) -> float:
    r"""The mean excess of each motif of two connections, m of them being at random among P places.

    Two different places are both connected with probability $m (m - 1) / (P (P - 1))$, so that
    for chains, convergent, divergent and reciprocal pairs alike

    $$E[\hat\alpha] = \frac{m (m - 1)}{P (P - 1)} \frac{P^2}{m^2} - 1
        = -\frac{P - m}{m (P - 1)}.$$

    Args:
        connections: m, at least 1.
        places: P, n (n - 1) without the diagonal.

    Raises:
        ValueError: there are no connections, or more than places.
    """
    if not 1 <= connections <= places or places < 2:
        raise ValueError(
            f"connections is {connections} and places is {places}; allowed are connections from 1 "
            "to places, and at least 2 places."
        )
    return -(places - connections) / (connections * (places - 1))


def gaussian_entropy(n: int) -> float:
    r"""The exponential entropy of the singular values of large square Gaussian matrices.

    They fill a quarter of a circle, with the density $\sqrt{4 - x^2} / \pi$ of $x = s / \sqrt n$
    from 0 to 2, so that with the mean of $x$, $8 / (3 \pi)$, and that of $x \ln x$,

    $$\exp\left(-\sum_i p_i \ln p_i\right) \to n \, \frac{4}{3 \pi}
        \exp\left(\frac{\psi(5/2) - \psi(1)}{2}\right) \approx 0.805 \, n.$$

    This is a limit. Finite matrices are below it by less than one, from 100 nodes on.

    Args:
        n: the size.

    Raises:
        ValueError: n is no whole number of at least 1.

    Source: V. A. Marchenko and L. A. Pastur (1967), Math. USSR Sbornik 1:457, for the density.
    """
    n = require_whole("n", n)
    return float(n * 4 / (3 * np.pi) * np.exp((digamma(2.5) - digamma(1)) / 2))


class Bidiagonal(NamedTuple):
    """A square matrix with entries on the diagonal and right of it, and zeros elsewhere.

    - `diagonal`: from the first row to the last.
    - `above`: right of the diagonal, in all rows but the last.
    """

    diagonal: Float[np.ndarray, " n"]
    above: Float[np.ndarray, " n-1"]

    @property
    def power_sums(self) -> PowerSums:
        """Exact, by as many operations as there are rows."""
        own, beside = self._square
        return PowerSums(float(own.sum()), float(own @ own + 2 * beside @ beside))

    def singular_values(self, count: int | None = None) -> Float[np.ndarray, " k"]:
        """The largest so many singular values, or all, largest first."""
        n, (own, beside) = len(self.diagonal), self._square
        if n == 1:
            return np.abs(self.diagonal)
        which: dict[str, Any] = {}
        if count is not None:
            which = {"select": "i", "select_range": (n - min(count, n), n - 1)}
        squares = eigh_tridiagonal(own, beside, eigvals_only=True, **which)
        return np.sqrt(np.clip(squares, 0, None))[::-1]

    @property
    def _square(self) -> tuple[np.ndarray, np.ndarray]:
        """Diagonal and what is beside it of the matrix times its transpose."""
        own = self.diagonal**2
        own[:-1] += self.above**2
        return own, self.above * self.diagonal[1:]


def gaussian_bidiagonal(key: Key[Array, ""], n: int) -> Bidiagonal:
    r"""A bidiagonal matrix whose singular values are distributed as those of a Gaussian matrix.

    Reflections, which leave a Gaussian matrix as it is distributed, bring it to this form: entries
    $\chi_n, \chi_{n-1}, \ldots, \chi_1$ on the diagonal and $\chi_{n-1}, \ldots, \chi_1$ above it,
    all independent. This takes n numbers where the matrix has n squared.

    Args:
        key: a JAX random key.
        n: the size. The Gaussian matrix has entries of variance 1.

    Raises:
        ValueError: n is no whole number of at least 1.

    Source: I. Dumitriu and A. Edelman (2002), J. Math. Phys. 43:5830, with $\beta = 1$.
    """
    n = require_whole("n", n)
    rng = host_generator(key)
    degrees = np.arange(n, 0, -1)
    return Bidiagonal(np.sqrt(rng.chisquare(degrees)), np.sqrt(rng.chisquare(degrees[1:])))
