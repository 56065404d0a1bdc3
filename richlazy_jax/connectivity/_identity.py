"""Weights by which each unit keeps its own activity."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import require_whole
from ._gaussian import gaussian_weights, with_norm_of


def identity_weights(
    key: Key[Array, ""],
    size: int,
    *,
    noise: float | int = 0.0,
    gain: float | int = 1.25,
    resized: bool = True,
) -> Float[Array, "n n"]:
    r"""The identity, times a gain, plus Gaussian noise.

    $$W = g\, (I + \sigma Z), \qquad Z_{ij} \sim \mathcal N(0, 1 / n)$$

    Before resizing the eigenvalues fill, as $n$ grows, the disk of radius $g \sigma$ around $g$,
    and the expected square of the Frobenius norm is $g^2 n (1 + \sigma^2)$. Without noise resizing
    replaces $g$ by $\lVert W_0 \rVert_F / \sqrt n$, with $W_0$ the null.

    Args:
        key: a JAX random key.
        size: $n$, the number of units.
        noise: $\sigma$, at least 0. At 0 this is the same for every key but for its size.
        gain: $g$, above 0.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`.

    Raises:
        ValueError: an argument is not as described above.

    Source: Q. V. Le, N. Jaitly and G. E. Hinton (2015), arXiv 1504.00941, for the identity as a
    start of networks of rectified linear units; the noise is ours.
    """
    size = require_whole("size", size)
    if not 0 <= noise < float("inf"):
        raise ValueError(f"noise is {noise!r}; allowed are finite numbers of at least 0.")
    null = gaussian_weights(key, size, gain)
    w = gain * jnp.eye(size, dtype=null.dtype)
    if noise:
        # The key itself is the null's, so that structure and null are independent draws.
        w = w + noise * gaussian_weights(jax.random.fold_in(key, 1), size, gain)
    return with_norm_of(w, null) if resized else w
