"""Measures of hidden activity before and after learning."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require_axes, require_same_shape
from .._powers import scaled
from .._products import product


def representation_alignment(
    activity: Float[Array, "trials units"], other: Float[Array, "trials units2"]
) -> Float[Array, ""]:
    r"""The cosine between two representational similarity matrices.

    With $H$ of shape (trials, units) and $R = H H^\top$,

    $$\mathrm{RA} = \frac{\operatorname{Tr}(R R')}{\lVert R \rVert_F \lVert R' \rVert_F}.$$

    Where trials outnumber units it is computed from units by units matrices, since
    $\operatorname{Tr}(R R') = \lVert H^\top H' \rVert_F^2$.

    Args:
        activity: hidden activity, one trial in each row.
        other: that of another network, or of the same after learning, on the same trials.

    Raises:
        ValueError: the arrays are not matrices, or differ in the number of trials.

    Source: Liu et al. (2024), arXiv 2310.08513, its representation alignment.
    """
    h = require_axes("activity", activity, "trials", "units")
    g = require_axes("other", other, "trials", "units")
    if len(h) != len(g):
        raise ValueError(f"other has {len(g)} trials; allowed is {len(h)}, as activity has.")

    h, g = scaled(h), scaled(g)

    def overlap(a: Array, b: Array) -> Array:
        if len(a) > max(a.shape[1], b.shape[1]):
            return jnp.sum(product(a.T, b) ** 2)
        return jnp.sum(product(a, a.T) * product(b, b.T))

    return overlap(h, g) / (jnp.sqrt(overlap(h, h)) * jnp.sqrt(overlap(g, g)))


def sign_agreement(activity: Float[Array, "..."], other: Float[Array, "..."]) -> Float[Array, ""]:
    """The share of units and trials whose activity kept its sign; 0 counts as a sign of its own.

    For ReLU units it is the share that stayed active or stayed silent.

    Args:
        activity: hidden activity.
        other: that of the same units on the same trials, after learning.

    Raises:
        ValueError: the shapes differ.

    Source: Liu et al. (2024), arXiv 2310.08513, its measure of activation change.
    """
    activity, other = require_same_shape("activity", activity, "other", other)
    same = jnp.sign(activity) == jnp.sign(other)
    return jnp.mean(same.astype(activity.dtype))
