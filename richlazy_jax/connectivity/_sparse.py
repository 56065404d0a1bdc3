"""Weights of which few are there."""

import jax
from jaxtyping import Array, Float, Key

from .._checks import require_whole
from ._gaussian import gaussian_weights, with_norm_of


def sparse_weights(
    key: Key[Array, ""],
    size: int,
    *,
    density: float | int,
    gain: float | int = 1.25,
    resized: bool = True,
) -> Float[Array, "n n"]:
    r"""Gaussian weights of which each is kept with one probability, independently.

    $$W_{ij} = B_{ij} G_{ij}, \qquad B_{ij} \sim \mathrm{Bernoulli}(p), \quad
        G_{ij} \sim \mathcal N\!\left(0, \frac{g^2}{p\, n}\right)$$

    Before resizing an entry has mean 0 and variance $g^2 / n$ at every density, so that the
    eigenvalues fill the null's disk of radius $g$ as $n$ grows; its fourth moment is $1 / p$ times
    the null's.

    Args:
        key: a JAX random key.
        size: $n$, the number of units.
        density: $p$, above 0 and at most 1. At 1 this is one more Gaussian draw.
        gain: $g$, above 0.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`.
            If so, a draw without any entry is refused, or NaN under a transformation.

    Raises:
        ValueError: an argument is not as described above.

    Source: D. Sussillo and L. F. Abbott (2009), Neuron 63:544, whose networks are drawn so.
    """
    size = require_whole("size", size)
    if not 0 < density <= 1:
        raise ValueError(f"density is {density!r}; allowed are numbers above 0 and at most 1.")
    # The key itself is the null's, so that structure and null are independent draws.
    w = density**-0.5 * gaussian_weights(jax.random.fold_in(key, 1), size, gain)
    if density < 1:
        w = w * jax.random.bernoulli(jax.random.fold_in(key, 2), density, w.shape)
    return with_norm_of(w, gaussian_weights(key, size, gain)) if resized else w
