"""Sums over all singular values of a matrix of which only products with vectors are known."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array, Float, Key
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from .._checks import require_whole
from .._host import as_square_sparse, host_generator
from ._power_sums import PowerSums, in_own_units, sums_of, unit_scaled


class Estimate(NamedTuple):
    """A number, and how far it may be off.

    - `value`: the number.
    - `error`: its standard error, and 0 for what is exact up to rounding.
    """

    value: float
    error: float


class SpectralQuadrature(NamedTuple):
    r"""Nodes and weights of which sums over all singular values are estimated.

    For a random vector $x$ with entries of $\pm 1$, $E[x^\top f(W^\top W) x] = \sum_i f(s_i^2)$,
    and $x^\top f(W^\top W) x \approx n \sum_j \omega_j f(\theta_j^2)$. Each probe $x$ has two
    rules: that of Gauss, and that of Gauss and Radau, which has a node at 0. For the sum of the
    singular values itself the first is never too low and the second never too high.

    - `gauss_nodes`, `gauss_weights`: $\theta$ and $\omega$, one row a probe; weights of 0 fill up
      rows that ended early because nothing was left of the probe.
    - `radau_nodes`, `radau_weights`: the same of the other rule.
    - `sums`: the exact sums, which take most of the noise out.
    - `size`: n.
    """

    gauss_nodes: Float[np.ndarray, "probes steps"]
    gauss_weights: Float[np.ndarray, "probes steps"]
    radau_nodes: Float[np.ndarray, "probes steps+1"]
    radau_weights: Float[np.ndarray, "probes steps+1"]
    sums: PowerSums
    size: int


def spectral_quadrature(
    key: Key[Array, ""], w: Any, probes: int = 16, steps: int = 100
) -> SpectralQuadrature:
    r"""Stochastic Lanczos quadrature of the singular values of a matrix.

    From each probe, Golub and Kahan's recurrence makes a small bidiagonal matrix, whose singular
    values are the nodes. The right vectors are orthogonalized against all before them, twice where
    that is needed, so that no node is counted more than once. Memory is that of `steps` vectors.

    Args:
        key: a JAX random key.
        w: the matrix (n, n), sparse (of `scipy.sparse`) or dense, and not zero.
        probes: how many random vectors, at least 2, since errors are told from their differences.
        steps: of the recurrence.

    Returns:
        Nodes and weights, for `spectral_estimate` and `singular_value_quantiles`.

    Raises:
        ValueError: an argument is not as described above.

    Source: S. Ubaru, J. Chen and Y. Saad (2017), SIAM J. Matrix Anal. Appl. 38:1075; G. H. Golub
    and G. Meurant (2010), Matrices, Moments and Quadrature, for the two rules.
    """
    probes, steps = require_whole("probes", probes, 2), require_whole("steps", steps, 2)
    matrix, exponent = unit_scaled(as_square_sparse("w", w))
    if not matrix.nnz:
        raise ValueError("w is zero everywhere; allowed is at least one number other than 0.")
    rng, sums = host_generator(key), in_own_units(sums_of(matrix), exponent)
    n = len(matrix.indptr) - 1
    steps = min(steps, n)
    transposed = csr_array(matrix.T)
    gauss, radau = np.zeros((2, probes, steps)), np.zeros((2, probes, steps + 1))
    starts = (rng.choice([-1.0, 1.0], n) / np.sqrt(n) for _ in range(probes))
    found = [_bidiagonal(matrix, transposed, start, steps) for start in starts]
    # Small decompositions on many threads wait for each other for longer than they compute.
    with threadpool_limits(1, user_api="blas"):
        for probe, (diagonal, above) in enumerate(found):
            k = len(diagonal)
            square = np.diag(diagonal) + np.diag(above[:-1], 1)
            _, nodes, vt = np.linalg.svd(square)
            gauss[:, probe, :k] = nodes, vt[:, 0] ** 2
            # With one column more the square of the matrix is singular: this is the node at 0.
            wide = np.column_stack([square, np.append(np.zeros(k - 1), above[-1])])
            _, nodes, vt = np.linalg.svd(wide)
            radau[:, probe, : k + 1] = np.append(nodes, 0.0), vt[:, 0] ** 2
    # Nodes, and not weights, have the unit of the matrix.
    gauss[0], radau[0] = np.ldexp(gauss[0], exponent), np.ldexp(radau[0], exponent)
    return SpectralQuadrature(gauss[0], gauss[1], radau[0], radau[1], sums, n)


def spectral_estimate(
    quadrature: SpectralQuadrature,
    functions: Sequence[Callable[[np.ndarray], np.ndarray]],
    of: Callable[..., float] = float,
) -> Estimate:
    r"""A number made of sums over all singular values, $g(\sum_i f_1(s_i), \sum_i f_2(s_i), ...)$.

    Of each function, the part that $1$, $s^2$ and $s^4$ make up is summed exactly, since the sums
    of those are known; probes estimate only what is left. The number is the mean of what the two
    rules give. Its error is that of a jackknife over probes, together with a quarter of the
    difference of the rules, between which it lies.

    Args:
        quadrature: of the matrix.
        functions: each takes an array of singular values and gives one of that shape.
        of: g, which takes one sum for each function; the sum itself by default, for one function.

    Source: B. Efron and C. Stein (1981), Annals of Statistics 9:586, for the jackknife.
    """
    rules = (
        (quadrature.gauss_nodes, quadrature.gauss_weights),
        (quadrature.radau_nodes, quadrature.radau_weights),
    )
    sums = np.array([[_sums(quadrature, f, *rule) for f in functions] for rule in rules])
    # At a kink at 0 the rules err as the midpoint and the trapezoidal rule do, by e and -2 e; where
    # many values are exactly 0, that of Gauss errs more. No other mean was nearer in both cases.
    both = sums.mean(axis=0)
    value = of(*both.mean(axis=1))
    probes = both.shape[1]
    left_out = [of(*np.delete(both, i, axis=1).mean(axis=1)) for i in range(probes)]
    variance = (probes - 1) * np.var(left_out)
    upper, lower = (of(*rule.mean(axis=1)) for rule in sums)
    return Estimate(float(value), float(np.hypot(np.sqrt(variance), (upper - lower) / 4)))


def singular_value_quantiles(
    quadrature: SpectralQuadrature,
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """The estimated curve of the singular values in falling order, over the index divided by n.

    Returns:
        Shares from 0 to 1 and the singular values there: so large a share of all values are larger.
    """
    curves = []
    for nodes, weights in zip(quadrature.gauss_nodes, quadrature.gauss_weights, strict=True):
        nodes, weights = nodes[weights > 0], weights[weights > 0]
        # A node stands in the middle of the share that it has.
        curves.append((np.cumsum(weights) - weights / 2, nodes))
    # Nodes of all probes are about the same, so that together they would make stairs.
    shares, _ = max(curves, key=lambda curve: len(curve[0]))
    return shares, np.mean([np.interp(shares, *curve) for curve in curves], axis=0)


def _sums(
    quadrature: SpectralQuadrature,
    f: Callable[[np.ndarray], np.ndarray],
    nodes: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """The sum of f over all singular values, as each probe has it."""
    n, (first, second) = quadrature.size, quadrature.sums
    top = nodes.max()
    squares = (nodes / top) ** 2
    known = np.stack([np.ones_like(squares), squares, squares**2], axis=-1)
    values, share = f(nodes), np.sqrt(weights)[..., None]
    fit, *_ = np.linalg.lstsq(
        (known * share).reshape(-1, 3), (values * share[..., 0]).ravel(), rcond=None
    )
    exact = fit @ [n, first / top**2, second / top**4]
    return exact + n * (weights * (values - known @ fit)).sum(axis=1)


def _bidiagonal(
    matrix: csr_array, transposed: csr_array, start: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    r"""Diagonal and the entries right of it, $W V = U B$ with orthonormal V that begins at `start`.

    The last entry right of it belongs to a column that follows. It ends early, with an entry of 0,
    once the products lead out of the space no more.
    """
    basis = np.empty((steps, len(start)))
    diagonal, above = np.zeros(steps), np.zeros(steps)
    v, u = start, np.zeros_like(start)
    beta = largest = 0.0
    for k in range(steps):
        basis[k] = v
        u = matrix @ v - beta * u
        alpha = float(np.linalg.norm(u))
        largest = max(largest, alpha, beta)
        if alpha <= 1e-12 * largest or largest == 0:
            return diagonal[: k + 1], above[: k + 1]
        u /= alpha
        v = transposed @ u - alpha * v
        before = float(np.linalg.norm(v))
        v -= basis[: k + 1].T @ (basis[: k + 1] @ v)
        beta = float(np.linalg.norm(v))
        # What a first pass makes much shorter it has not made orthogonal to working precision.
        if beta < 0.7 * before:
            v -= basis[: k + 1].T @ (basis[: k + 1] @ v)
            beta = float(np.linalg.norm(v))
        diagonal[k] = alpha
        if beta <= 1e-12 * largest:
            return diagonal[: k + 1], above[: k + 1]
        v /= beta
        above[k] = beta
    return diagonal, above
