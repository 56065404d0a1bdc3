"""How often two connections occur together: as asked for, and as measured."""

import math
from dataclasses import dataclass, field
from numbers import Real
from statistics import NormalDist
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped
from scipy.sparse import issparse, sparray, spmatrix

from .._checks import require_axes
from .._host import as_square_sparse

# Bounds come from quadrature, and what meets one exactly must not be refused. As a correlation of
# two connections, which is p / (1 - p) times their excess.
SLACK = 1e-9


class Latent(NamedTuple):
    r"""The Gaussian variables behind a random network, as `sonet_adjacency` describes them.

    - `threshold`: $\theta$.
    - `receiver`, `sender`: $v_x$ and $v_y$, the variances of what a unit adds to all that it
      receives and to all that it sends; `both` is their covariance $c$ in one unit.
    - `pair`: $r$, the correlation of the two remainders of a pair, of variance
      $v_z = 1 - v_x - v_y$ each.
    """

    threshold: float
    receiver: float
    sender: float
    both: float
    pair: float


@dataclass(frozen=True)
class MotifStatistics:
    r"""The probability of a connection and the excess of each motif of two connections.

    An excess $\alpha$ compares a motif with a network of independent connections,

    $$\mathbb E[A_{ij} A_{kl}] = p^2 (1 + \alpha),$$

    where $A_{ij}$ is 1 if unit $i$ receives from unit $j$ and 0 otherwise.

    - `probability`: $p$, between 0 and 1.
    - `chain`: $i \leftarrow j \leftarrow k$.
    - `convergent`: $i \leftarrow j,\ i \leftarrow k$.
    - `divergent`: $i \leftarrow j,\ k \leftarrow j$.
    - `reciprocal`: $i \leftrightarrow j$. None stands for what the others imply by themselves,
      `expected_reciprocal`.

    The networks are those of `sonet_adjacency`, which exist at every size. For this, each excess
    must be one that two events of probability $p$ allow, from the greater of $-1$ and
    $-(1 / p - 1)^2$ to $1 / p - 1$. And with $\rho$ the correlations of standard Gaussian variables
    that exceed one threshold as often as asked,

    $$\rho_\mathrm{conv}, \rho_\mathrm{div} \ge 0, \quad
        v_z = 1 - \rho_\mathrm{conv} - \rho_\mathrm{div} \ge 0, \quad
        \rho_\mathrm{chain}^2 \le \rho_\mathrm{conv} \rho_\mathrm{div}, \quad
        |\rho_\mathrm{recip} - 2 \rho_\mathrm{chain}| \le v_z.$$

    The correlations are found by quadrature and root finding, in float64 on the host, when the
    statistics are made; `latent` holds them. What is a billionth beyond a bound, as a correlation
    of two connections, counts as the bound.

    Raises:
        ValueError: a field is not as described above. The message names it, its value and what is
            allowed beside the other fields.

    Source: L. Zhao, B. Beverlin, T. Netoff and D. Q. Nykamp (2011), Frontiers in Computational
    Neuroscience 5:28.
    """

    probability: float | int
    chain: float | int = 0.0
    convergent: float | int = 0.0
    divergent: float | int = 0.0
    reciprocal: float | int | None = None
    latent: Latent = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        p = self._number("probability")
        if not 0 < p < 1:
            raise ValueError(f"probability is {p}; allowed are numbers above 0 and below 1.")
        low, high = -(min(1.0, (1 - p) / p) ** 2), 1 / p - 1
        rho = {}
        for name in ("chain", "convergent", "divergent", "reciprocal"):
            if name == "reciprocal" and self.reciprocal is None:
                continue
            excess = self._number(name)
            # Those that share a unit cannot exclude each other at every size.
            least = 0.0 if name in ("convergent", "divergent") else low
            if not least <= excess <= high:
                raise ValueError(
                    f"{name} is {excess}; allowed is {_between(least, high)} with probability {p}."
                )
            rho[name] = _correlation(p, excess, low, high)
        object.__setattr__(self, "latent", self._feasible(rho))

    @property
    def expected_reciprocal(self) -> float:
        """`reciprocal`, or where that is None the excess that the other motifs imply."""
        if self.reciprocal is not None:
            return float(self.reciprocal)
        return _excess(self.probability, 2 * self.latent.both)

    def _number(self, name: str) -> float:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
            raise ValueError(f"{name} is {value!r}; allowed are finite numbers.")
        object.__setattr__(self, name, float(value))
        return float(value)

    def _feasible(self, rho: dict[str, float]) -> Latent:
        v_x, v_y = rho["convergent"], rho["divergent"]
        with_x = f"convergent {self.convergent}"
        v_y = self._within("divergent", v_y, 0.0, 1 - v_x, with_x)
        both = f"{with_x} and divergent {self.divergent}"
        most = math.sqrt(v_x * v_y)
        c = self._within("chain", rho["chain"], -most, most, both)
        v_z = max(0.0, 1 - v_x - v_y)
        all_three = f"chain {self.chain}, {both}"
        pair = rho.get("reciprocal", 2 * c)
        pair = self._within("reciprocal", pair, 2 * c - v_z, 2 * c + v_z, all_three)
        r = min(max((pair - 2 * c) / v_z, -1.0), 1.0) if v_z > 0 else 0.0
        return Latent(-NormalDist().inv_cdf(self.probability), v_x, v_y, c, r)

    def _within(self, name: str, rho: float, least: float, most: float, others: str) -> float:
        """A correlation, refused outside its bounds in the words of the excess behind it."""
        if least <= rho <= most:
            return rho
        p, excess = self.probability, getattr(self, name)
        low, high = _excess(p, max(least, -1.0)), _excess(p, min(most, 1.0))
        slack = SLACK * (1 - p) / p
        if not low - slack <= excess <= high + slack:
            beyond = max(least - rho, rho - most)
            raise ValueError(
                f"{name} is {excess}, which takes a Gaussian correlation of {rho:.4g}, "
                f"{beyond:.2g} beyond {least + 0.0:.4g} to {most:.4g}; allowed is "
                f"{_between(low, high)} with {others}."
            )
        return min(max(rho, least), most)


class MeasuredMotifs(NamedTuple):
    """The statistics of one network, with fields as in `MotifStatistics`."""

    probability: Float[Array, ""]
    chain: Float[Array, ""]
    convergent: Float[Array, ""]
    divergent: Float[Array, ""]
    reciprocal: Float[Array, ""]


def measured_motifs(
    adjacency: Shaped[Array | np.ndarray, "n n"] | sparray | spmatrix,
) -> MeasuredMotifs:
    r"""The share of connections in a network and the excess of each motif, by exact counting.

    With $r_i$ and $c_j$ the sums of the rows and columns of $A$, and $m$ the sum of all,

    $$\hat p = \frac{m}{n (n - 1)}, \qquad 1 + \hat\alpha = \frac{f}{\hat p^2},$$

    with the frequencies $f$ of the ordered triples of different units

    $$f_\mathrm{chain} = \frac{\sum_i r_i c_i - \sum_{ij} A_{ij} A_{ji}}{n (n - 1) (n - 2)}, \quad
        f_\mathrm{conv} = \frac{\sum_i r_i^2 - m}{n (n - 1) (n - 2)}, \quad
        f_\mathrm{div} = \frac{\sum_j c_j^2 - m}{n (n - 1) (n - 2)}$$

    and $f_\mathrm{recip} = \sum_{ij} A_{ij} A_{ji} / (n (n - 1))$. The frequencies are unbiased;
    the excesses, as ratios, are so only in large networks.

    Args:
        adjacency: a matrix whose entries other than 0 are connections, such as weights. Rows
            receive, columns send, and the diagonal is left out. At least 3 units. One of
            `scipy.sparse` stays sparse and is counted on the host, in float64.

    Returns:
        The statistics. Without any connection the excesses are NaN.

    Raises:
        ValueError: the matrix is not as described above.
    """
    if issparse(adjacency):
        matrix = as_square_sparse("adjacency", adjacency, least=3)
        # As a connection of a unit to itself is not counted, it is taken out of all counts.
        own = matrix.diagonal() != 0
        connected = matrix.astype(bool)
        received = np.diff(matrix.indptr) - own.astype(float)
        sent = np.bincount(matrix.indices, minlength=len(own)) - own.astype(float)
        mutual = float(connected.multiply(connected.T).nnz - own.sum())
        with np.errstate(invalid="ignore"):
            return _of_degrees(received, sent, np.float64(mutual))
    a = require_axes("adjacency", adjacency, "n", "n")
    n = len(a)
    if a.shape != (n, n) or n < 3:
        raise ValueError(f"adjacency has shape {a.shape}; allowed is (n, n) with n at least 3.")
    a = ((a != 0) & ~jnp.eye(n, dtype=bool)).astype(jnp.result_type(float))
    return _of_degrees(jnp.sum(a, axis=1), jnp.sum(a, axis=0), jnp.sum(a * a.T))


def _of_degrees(received: Any, sent: Any, mutual: Any) -> MeasuredMotifs:
    """Motifs from how much each unit receives and sends, and twice the number of mutual pairs."""
    connections = received.sum()
    # As floats: the number of triples outgrows 32 bits.
    pairs = float(len(received) * (len(received) - 1))
    triples = pairs * (len(received) - 2)
    p = connections / pairs
    frequencies = (
        ((received * sent).sum() - mutual) / triples,
        ((received**2).sum() - connections) / triples,
        ((sent**2).sum() - connections) / triples,
        mutual / pairs,
    )
    return MeasuredMotifs(p, *(f / p**2 - 1 for f in frequencies))


def _excess(p: float, rho: float) -> float:
    r"""$\alpha$ of two events, each a standard Gaussian variable above the threshold of $p$.

    By Plackett's identity $\partial P / \partial \rho = \varphi_2(\theta, \theta; \rho)$; with
    $\rho = \sin t$ the integrand is smooth up to both ends,

    $$p^2 \alpha = \frac{1}{2 \pi} \int_0^{\arcsin \rho} e^{-\theta^2 / (1 + \sin t)} \, dt.$$
    """
    # Here, because it takes as long to import as half of this package.
    from scipy.integrate import quad

    squared = NormalDist().inv_cdf(p) ** 2
    shift = math.log(2 * math.pi) + 2 * math.log(p)

    def integrand(t: float) -> float:
        below = 1 + math.sin(t)
        return math.exp(-squared / below - shift) if below > 0 else 0.0

    return quad(integrand, 0, math.asin(rho), epsabs=0, epsrel=1e-12, limit=200)[0]


def _correlation(p: float, excess: float, low: float, high: float) -> float:
    """The correlation that `_excess` takes to `excess`, which lies between `low` and `high`."""
    from scipy.optimize import root_scalar

    if excess in (0.0, low, high):
        return {low: -1.0, 0.0: 0.0, high: 1.0}[excess]

    def off(t: float) -> float:
        return _excess(p, math.sin(t)) - excess

    end = math.copysign(math.pi / 2, excess)
    # Within rounding of an end, the end is the answer.
    if off(end) * end <= 0:
        return math.copysign(1.0, excess)
    found = root_scalar(off, bracket=(0.0, end), method="brentq", xtol=1e-15, rtol=1e-15)
    return math.sin(found.root)


def _between(low: float, high: float) -> str:
    """A range in six digits, rounded inwards so that the numbers shown are allowed."""
    largest = max(abs(low), abs(high))
    unit = 10.0 ** (math.floor(math.log10(largest)) - 5) if largest > 0 else 1.0
    least, most = math.ceil(low / unit - 1e-6) * unit, math.floor(high / unit + 1e-6) * unit
    return f"from {least:.6g} to {most:.6g}"
