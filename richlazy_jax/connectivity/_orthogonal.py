"""Weights that turn activity without stretching it."""

import jax
from jaxtyping import Array, Float, Key

from .._checks import require_whole
from ._gaussian import gaussian_weights, with_norm_of
from ._spectrum import haar_orthonormal


def orthogonal_weights(
    key: Key[Array, ""], size: int, *, gain: float | int = 1.25, resized: bool = True
) -> Float[Array, "n n"]:
    r"""A uniformly random rotation or reflection, times a gain.

    $$W = g\, Q, \qquad Q^\top Q = Q Q^\top = I$$

    with $Q$ from the Haar measure of the orthogonal group. Before resizing all singular values are
    $g$, all eigenvalues lie on the circle of radius $g$, and an entry has mean 0 and variance
    $g^2 / n$, that of the Gaussian null. Resizing replaces $g$ by $\lVert W_0 \rVert_F / \sqrt n$,
    with $W_0$ the null.

    Args:
        key: a JAX random key.
        size: $n$, the number of units.
        gain: $g$, above 0.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`.

    Raises:
        ValueError: an argument is not as described above.

    Source: A. M. Saxe, J. L. McClelland and S. Ganguli (2014), arXiv 1312.6120, for orthogonal
    starts; `haar_orthonormal` for the draw.
    """
    size = require_whole("size", size)
    null = gaussian_weights(key, size, gain)
    # The key itself is the null's, so that structure and null are independent draws.
    w = gain * haar_orthonormal(jax.random.fold_in(key, 1), size, size)
    return with_norm_of(w, null) if resized else w
