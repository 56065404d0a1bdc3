"""A ring of neighbours with some connections sent elsewhere."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from .._checks import require_whole
from ._gaussian import gaussian_weights, with_norm_of


def small_world_weights(
    key: Key[Array, ""],
    size: int,
    *,
    neighbours: int,
    rewired: float | int,
    gain: float | int = 1.25,
    resized: bool = True,
) -> Float[Array, "n n"]:
    r"""Gaussian weights on a directed ring lattice, some of whose connections are rewired.

    $$W_{ij} = A_{ij} G_{ij}, \qquad \sum_j A_{ij} = k, \quad A_{ii} = 0, \quad
        G_{ij} \sim \mathcal N\!\left(0, \frac{g^2}{k}\right)$$

    In the lattice, unit $i$ receives from the first $k$ of $i + 1, i - 1, i + 2, i - 2, \dots$,
    counted around the ring. Each connection is marked with probability $q$, independently. The
    marked ones of a unit, $M$ of $k$, then get new senders together: $M$ different ones, every set
    equally likely, out of the $n - 1 - k + M$ units that are neither the unit itself nor senders
    that it keeps. Lost senders are among them, so that a marked connection may come back. No
    connection is doubled, and $q = 1$ is a uniformly random choice of $k$ senders for each unit.
    Rows are independent draws.

    Before resizing an existing connection has mean 0 and variance $g^2 / k$, and the expected
    square of a row's norm is $g^2$, the null's.

    Args:
        key: a JAX random key.
        size: $n$, the number of units, at least 2.
        neighbours: $k$, how many senders each unit has, from 1 to `size` - 1.
        rewired: $q$, from 0 to 1.
        gain: $g$, above 0.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`.

    Raises:
        ValueError: an argument is not as described above.

    Source: D. J. Watts and S. H. Strogatz (1998), Nature 393:440, whose ring is undirected and
    rewired one connection after another.
    """
    size = require_whole("size", size, least=2)
    k = require_whole("neighbours", neighbours, most=size - 1)
    if not 0 <= rewired <= 1:
        raise ValueError(f"rewired is {rewired!r}; allowed are numbers from 0 to 1.")
    unit = np.arange(size)
    after = (unit - unit[:, None]) % size
    lattice = (after > 0) & (np.minimum(2 * after - 1, 2 * (size - after)) <= k)
    marked = jax.random.bernoulli(jax.random.fold_in(key, 2), float(rewired), (size, size))
    # The k highest of a row are kept senders, and then others in random order.
    score = jax.random.uniform(jax.random.fold_in(key, 3), (size, size))
    score = jnp.where(lattice & ~marked, 2.0, jnp.where(after == 0, -1.0, score))
    senders = jax.lax.top_k(score, k)[1]
    connected = jnp.zeros((size, size), bool).at[unit[:, None], senders].set(True)
    # The key itself is the null's, so that structure and null are independent draws.
    w = (size / k) ** 0.5 * gaussian_weights(jax.random.fold_in(key, 1), size, gain) * connected
    return with_norm_of(w, gaussian_weights(key, size, gain)) if resized else w
