"""Units in groups that connect among themselves more than with others."""

import jax
import numpy as np
from jaxtyping import Array, Float, Key

from .._checks import require_whole
from ._gaussian import gaussian_weights, with_norm_of


def modular_weights(
    key: Key[Array, ""],
    size: int,
    *,
    modules: int,
    within: float | int,
    between: float | int,
    gain: float | int = 1.25,
    resized: bool = True,
) -> Float[Array, "n n"]:
    r"""Gaussian weights, denser within modules than between them.

    $$W_{ij} = B_{ij} G_{ij}, \qquad B_{ij} \sim \mathrm{Bernoulli}(p_{ij}), \quad
        G_{ij} \sim \mathcal N\!\left(0, \frac{g^2}{\bar p\, n}\right)$$

    with $p_{ij}$ the density within or between modules, as $i$ and $j$ are of one module or of two,
    and $\bar p$ its mean over all $n^2$ entries. Before resizing an entry has mean 0 and variance
    $(p_{ij} / \bar p)\, g^2 / n$, whose mean over all entries is the null's. Equal densities make
    `sparse_weights`, number by number.

    Args:
        key: a JAX random key.
        size: $n$, the number of units.
        modules: how many, from 1 to `size`. Their units stand side by side; where `size` is not a
            multiple, the first modules have one unit more.
        within: the density within modules, above 0 and at most 1.
        between: the density between modules, from 0 to `within`.
        gain: $g$, above 0.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`.
            If so, a draw without any entry is refused, or NaN under a transformation.

    Raises:
        ValueError: an argument is not as described above.

    Source: P. W. Holland, K. B. Laskey and S. Leinhardt (1983), Social Networks 5:109, for networks
    of blocks (stochastic blockmodels), here directed and with Gaussian weights.
    """
    size = require_whole("size", size)
    modules = require_whole("modules", modules, most=size)
    if not 0 < within <= 1:
        raise ValueError(f"within is {within!r}; allowed are numbers above 0 and at most 1.")
    if not 0 <= between <= within:
        raise ValueError(
            f"between is {between!r}; allowed are numbers from 0 to within, which is {within!r}."
        )
    module = np.sort(np.arange(size) % modules)
    density = np.where(module[:, None] == module, float(within), float(between))
    # The key itself is the null's, so that structure and null are independent draws.
    w = float(density.mean()) ** -0.5 * gaussian_weights(jax.random.fold_in(key, 1), size, gain)
    w = w * jax.random.bernoulli(jax.random.fold_in(key, 2), density)
    return with_norm_of(w, gaussian_weights(key, size, gain)) if resized else w
