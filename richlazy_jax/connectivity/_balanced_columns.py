"""Signs for weights that have none: inhibitory columns drawn at random, in balance."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import known_value, require_axes


def balanced_columns(
    key: Key[Array, ""], w: Float[Array, "n n"], excitatory: float = 0.8
) -> Float[Array, "n n"]:
    r"""Measured strengths under Dale's law: some columns made negative, the whole in balance.

    $$W_{ij} \mapsto \begin{cases} W_{ij} & j \in E \\ -g W_{ij} & j \in I \end{cases}, \qquad
        g = \frac{\sum_{j \in E} \sum_i W_{ij}}{\sum_{j \in I} \sum_i W_{ij}}$$

    with I a uniformly random set of columns. The sum of all weights is then 0. Because g is
    seldom 1, singular values change; columns of another sign alone would leave them as they are.

    Args:
        key: a JAX random key.
        w: weights of at least 0, such as counts of synapses; rows receive, columns send.
        excitatory: the share of excitatory columns. The default is what gene expression predicts
            for C. elegans, four excitatory connections to one inhibitory.

    Raises:
        ValueError: a weight is negative, or there is no column of one of the kinds.

    Source: B. G. Fenyves et al. (2020), PLoS Comput. Biol. 16:e1007974, for the ratio.
    """
    w = require_axes("w", w, "n", "n")
    known = known_value(w)
    if known is not None and (known < 0).any():
        raise ValueError(f"w holds {known[known < 0].flat[0]}; allowed are weights of at least 0.")
    n = len(w)
    inhibitory = n - round(excitatory * n)
    if not 1 <= inhibitory < n:
        raise ValueError(
            f"excitatory is {excitatory} of {n} columns; allowed is at least one column of each "
            "kind."
        )
    chosen = jax.random.permutation(key, n) < inhibitory
    sums = jnp.sum(w, axis=0)
    inhibition = jnp.sum(jnp.where(chosen, sums, 0.0))
    # Where the columns drawn send nothing there is nothing to balance with.
    g = jnp.sum(jnp.where(chosen, 0.0, sums)) / jnp.where(inhibition > 0, inhibition, 1.0)
    return w * jnp.where(chosen, -g, 1.0)
