"""Weights that pass activity on, from each unit to those after it alone."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import require_whole
from ._gaussian import gaussian_weights, with_norm_of


def feed_forward_weights(
    key: Key[Array, ""], size: int, *, gain: float | int = 1.25, resized: bool = True
) -> Float[Array, "n n"]:
    r"""Gaussian weights strictly below the diagonal, and none elsewhere.

    $$W_{ij} \sim \mathcal N\!\left(0, \frac{2 g^2}{n - 1}\right) \text{ for } i > j, \qquad
        W_{ij} = 0 \text{ for } i \le j$$

    A unit receives from those before it only. All eigenvalues are 0, and whatever activity there is
    has left the network after $n$ steps; singular values are not small for that, so that activity
    can grow on its way. Before resizing the expected square of the Frobenius norm is $g^2 n$, that
    of the Gaussian null.

    Args:
        key: a JAX random key.
        size: $n$, the number of units, at least 2.
        gain: $g$, above 0.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`.

    Raises:
        ValueError: an argument is not as described above.

    Source: M. S. Goldman (2009), Neuron 61:621, and S. Ganguli, D. Huh and H. Sompolinsky (2008),
    PNAS 105:18970, for memory in networks that are feed-forward beneath.
    """
    size = require_whole("size", size, least=2)
    # The key itself is the null's, so that structure and null are independent draws.
    drawn = gaussian_weights(jax.random.fold_in(key, 1), size, gain)
    w = (2 * size / (size - 1)) ** 0.5 * jnp.tril(drawn, -1)
    return with_norm_of(w, gaussian_weights(key, size, gain)) if resized else w
