"""Weights that know of the weight the other way."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import require_whole
from ._gaussian import gaussian_weights, with_norm_of


def symmetric_weights(
    key: Key[Array, ""],
    size: int,
    *,
    symmetry: float | int,
    gain: float | int = 1.25,
    resized: bool = True,
) -> Float[Array, "n n"]:
    r"""Gaussian weights in which the two between a pair of units correlate.

    $$W = \sqrt{\frac{1 + \tau}{2}}\; \frac{X + X^\top}{\sqrt 2}
        + \sqrt{\frac{1 - \tau}{2}}\; \frac{X - X^\top}{\sqrt 2}, \qquad
        X_{ij} \sim \mathcal N(0, g^2 / n)$$

    Before resizing an entry has mean 0 and variance $g^2 / n$, or $(1 + \tau)\, g^2 / n$ on the
    diagonal; $W_{ij}$ and $W_{ji}$ correlate by $\tau$, and all else is independent. As $n$ grows,
    the eigenvalues fill an ellipse of half axes $g (1 + \tau)$, real, and $g (1 - \tau)$,
    imaginary. At $\tau = 1$, $W^\top$ is exactly $W$ and all are real; at $-1$, it is exactly $-W$
    and all are imaginary.

    Args:
        key: a JAX random key.
        size: $n$, the number of units.
        symmetry: $\tau$, from -1, antisymmetric, over 0, independent, to 1, symmetric.
        gain: $g$, above 0.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`.
            If so, one unit of symmetry -1, whose weight is 0, is refused, or NaN under a
            transformation.

    Raises:
        ValueError: an argument is not as described above.

    Source: H. J. Sommers, A. Crisanti, H. Sompolinsky and Y. Stein (1988), Physical Review Letters
    60:1895.
    """
    size = require_whole("size", size)
    if not -1 <= symmetry <= 1:
        raise ValueError(f"symmetry is {symmetry!r}; allowed are numbers from -1 to 1.")
    # The key itself is the null's, so that structure and null are independent draws.
    x = gaussian_weights(jax.random.fold_in(key, 1), size, gain)
    # From the upper half, because compilers that fuse products and sums leave rounding in x - x.T.
    upper = jnp.triu(x - x.T, 1)
    # In these two parts, because one of them is then exactly 0 at either end.
    w = math.sqrt(1 + symmetry) / 2 * (x + x.T) + math.sqrt(1 - symmetry) / 2 * (upper - upper.T)
    return with_norm_of(w, gaussian_weights(key, size, gain)) if resized else w
