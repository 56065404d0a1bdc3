"""Weights that excite, or inhibit, on average."""

import math

import jax
from jaxtyping import Array, Float, Key

from .._checks import require_whole
from ._gaussian import gaussian_weights, with_norm_of


def mean_shifted_weights(
    key: Key[Array, ""],
    size: int,
    *,
    mean: float | int,
    gain: float | int = 1.25,
    resized: bool = True,
) -> Float[Array, "n n"]:
    r"""Gaussian weights plus one constant.

    $$W_{ij} = G_{ij} + \frac \mu n, \qquad G_{ij} \sim \mathcal N(0, g^2 / n)$$

    The constant is a part of rank one, $(\mu / n)\, \mathbf 1 \mathbf 1^\top$, whose eigenvalue is
    $\mu$. Before resizing an entry has mean $\mu / n$ and variance $g^2 / n$, and a row's sum has
    mean $\mu$. As $n$ grows, the eigenvalues fill the disk of radius $g$, and one outlier goes to
    $\mu$ if $|\mu| > g$.

    The expected square of the Frobenius norm is $g^2 n + \mu^2$. Resizing therefore multiplies all
    eigenvalues, the outlier too, by about $[1 + \mu^2 / (g^2 n)]^{-1/2}$, which goes to 1 as $n$
    grows.

    Args:
        key: a JAX random key.
        size: $n$, the number of units.
        mean: $\mu$, $n$ times the mean of an entry: above 0 excitation, below 0 inhibition.
        gain: $g$, above 0.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`.

    Raises:
        ValueError: an argument is not as described above.

    Source: T. Tao (2013), Probability Theory and Related Fields 155:231, for the outlier.
    """
    size = require_whole("size", size)
    if not math.isfinite(mean):
        raise ValueError(f"mean is {mean!r}; allowed are finite numbers.")
    # The key itself is the null's, so that structure and null are independent draws.
    w = gaussian_weights(jax.random.fold_in(key, 1), size, gain) + mean / size
    return with_norm_of(w, gaussian_weights(key, size, gain)) if resized else w
