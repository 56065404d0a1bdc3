"""Random networks in which connections come together more or less often than by chance."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import require_whole
from ._gaussian import gaussian_weights, with_norm_of
from ._motif_statistics import MotifStatistics


def sonet_adjacency(
    key: Key[Array, ""], size: int, statistics: MotifStatistics
) -> Float[Array, "n n"]:
    r"""A random network with chosen frequencies of all motifs of two connections.

    $$A_{ij} = \mathbf 1[x_i + y_j + z_{ij} > \theta], \quad i \ne j, \qquad A_{ii} = 0$$

    with jointly Gaussian variables of mean 0, independent but for

    $$\operatorname{var} x_i = v_x, \quad \operatorname{var} y_i = v_y, \quad
        \operatorname{cov}(x_i, y_i) = c, \quad \operatorname{var} z_{ij} = 1 - v_x - v_y = v_z,
        \quad \operatorname{cov}(z_{ij}, z_{ji}) = v_z r.$$

    Connections into one unit then correlate by $v_x$ before the threshold, those out of one unit by
    $v_y$, chains by $c$, reciprocal ones by $2 c + v_z r$, and those without a common unit not at
    all. Every Gaussian array that looks the same in any order of its units, whatever their
    number, and whose entries without a common unit are independent, is of this form: that is why
    `MotifStatistics` refuses what it cannot make. The statistics hold exactly in expectation at
    every size.

    Args:
        key: a JAX random key.
        size: $n$, the number of units, at least 2.
        statistics: the motifs.

    Returns:
        Ones and zeros. Rows receive, columns send.

    Raises:
        ValueError: an argument is not as described above.

    Source: L. Zhao, B. Beverlin, T. Netoff and D. Q. Nykamp (2011), Frontiers in Computational
    Neuroscience 5:28, whose networks (SONETs) also come from a thresholded Gaussian array.
    """
    size = require_whole("size", size, least=2)
    theta, v_x, v_y, c, r = statistics.latent
    both = math.sqrt(v_x * v_y)
    share = c / both if both > 0 else 0.0
    # One draw for all, because each call of the generator is compiled by itself.
    noise = jax.random.normal(key, (size, size + 2))
    first, second, square = noise[:, 0], noise[:, 1], noise[:, 2:]
    x = math.sqrt(v_x) * first
    y = math.sqrt(v_y) * (share * first + math.sqrt(1 - share**2) * second)
    # Weights whose squares add to 1 and whose product is r / 2.
    own = (math.sqrt(1 + r) + math.sqrt(1 - r)) / 2
    other = (math.sqrt(1 + r) - math.sqrt(1 - r)) / 2
    z = math.sqrt(max(0.0, 1 - v_x - v_y)) * (own * square + other * square.T)
    connected = (x[:, None] + y[None, :] + z > theta) & ~jnp.eye(size, dtype=bool)
    return connected.astype(noise.dtype)


def motif_weights(
    key: Key[Array, ""],
    size: int,
    statistics: MotifStatistics,
    *,
    centred: bool = True,
    gain: float | int = 1.25,
    resized: bool = True,
) -> Float[Array, "n n"]:
    r"""Recurrent weights from the network of `sonet_adjacency`.

    $$W_{ij} = A_{ij} - p, \quad i \ne j, \qquad W_{ii} = 0$$

    before resizing: every connection has weight 1, and uniform inhibition takes the mean off, so
    that what is left against the Gaussian null is the motifs. An entry then has mean 0 and variance
    $p (1 - p)$, and two entries that form a motif have covariance $p^2 \alpha$.

    Args:
        key: a JAX random key.
        size: $n$, the number of units, at least 2.
        statistics: the motifs.
        centred: False leaves out the inhibition, $W = A$.
        gain: $g$, above 0, of the null.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`.
            If so and not centred, a draw without any connection is refused, or NaN under a
            transformation.

    Raises:
        ValueError: an argument is not as described above.

    Source: as `sonet_adjacency`; Liu et al. (2024), arXiv 2310.08513, for motifs as a start.
    """
    # The key itself is the null's, so that structure and null are independent draws.
    w = sonet_adjacency(jax.random.fold_in(key, 1), size, statistics)
    if centred:
        w = jnp.where(jnp.eye(size, dtype=bool), 0.0, w - statistics.probability)
    return with_norm_of(w, gaussian_weights(key, size, gain)) if resized else w
