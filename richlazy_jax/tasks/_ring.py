"""The signal of a direction on a ring of two channels."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def ring_signal(
    choice: Int[Array, " n"], coherence: Float[Array, " n"] | float
) -> Float[Array, "n 2"]:
    r"""What the two channels of a ring receive, without noise.

    Channel $i$ prefers the direction $\theta_i$, with $\theta = (0, \pi)$, and gets

    $$\frac{1}{2} + \frac{c}{200} \cos(\theta_i - \theta_{\text{choice}}),$$

    so the channel of the choice lies $c/200$ above one half and the other as much below.

    Args:
        choice: the direction, 1 or 2.
        coherence: the strength $c$ of the signal, in percent.
    """
    # The cosine between two directions that are equal or opposite.
    cosine = jnp.where(choice[:, None] == jnp.array([1, 2]), 1.0, -1.0)
    return 0.5 + cosine * jnp.asarray(coherence)[..., None] / 200
