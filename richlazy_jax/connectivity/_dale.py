"""Weights whose columns keep one sign: excitatory and inhibitory units."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import require_choice, require_whole
from ._gaussian import gaussian_weights, with_norm_of

BALANCES = ("mean", "rows", "none")


def dale_weights(
    key: Key[Array, ""],
    size: int,
    *,
    excitatory: float | int = 0.8,
    balance: str = "mean",
    density: float | int = 1.0,
    gain: float | int = 1.25,
    resized: bool = True,
) -> Float[Array, "n n"]:
    r"""Recurrent weights that obey Dale's law, excitation balanced by inhibition.

    $$W_{ij} = B_{ij} |G_{ij}| \times \begin{cases} 1 & j \le n_E \\ -a & j > n_E \end{cases},
        \qquad B_{ij} \sim \mathrm{Bernoulli}(p), \quad G_{ij} \sim \mathcal N(0, g^2 / n)$$

    with $n_E$ the excitatory fraction of $n$, rounded to a whole number (a half to the even one),
    and $n_I = n - n_E$. With $m = g \sqrt{2 / (\pi n)}$ and before resizing, an entry has

    - mean $p m$ and variance $p g^2 / n - p^2 m^2$ in an excitatory column,
    - mean $-a p m$ and variance $a^2 (p g^2 / n - p^2 m^2)$ in an inhibitory one,

    where $a$ is 1 for balance "none" and $n_E / n_I$ otherwise, so that the expected sum of a row
    is 0. "rows" then scales the inhibitory entries of each row by a factor of its own, which makes
    its sum 0 to rounding; a row that drew no excitatory or no inhibitory entry is left as it is.
    Excitatory entries keep the moments above, and the mean of an inhibitory one becomes
    $-a p m\,[1 - (1 - p)^{n_I} + (1 - p)^{n_E}]$, the first two terms for rows that were scaled.

    Args:
        key: a JAX random key.
        size: $n$, the number of units. Rows receive, columns send, excitatory columns first.
        excitatory: the fraction of excitatory units, from 0 to 1. Only for "none" may all units
            be of one kind.
        balance: "mean", "rows" or "none", as above.
        density: $p$, above 0 and at most 1.
        gain: $g$, above 0.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`.
            If so, a draw without any entry is refused, or NaN under a transformation.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, its start with excitatory and inhibitory units; the
    balanced rows are those of K. Rajan and L. F. Abbott (2006), Physical Review Letters 97:188104.
    """
    size = require_whole("size", size)
    require_choice("balance", balance, BALANCES)
    if not 0 <= excitatory <= 1:
        raise ValueError(f"excitatory is {excitatory!r}; allowed are numbers from 0 to 1.")
    if not 0 < density <= 1:
        raise ValueError(f"density is {density!r}; allowed are numbers above 0 and at most 1.")
    n_excitatory = round(excitatory * size)
    n_inhibitory = size - n_excitatory
    if balance != "none" and not 0 < n_excitatory < size:
        raise ValueError(
            f"excitatory is {excitatory!r}, which makes {n_excitatory} of {size} units excitatory; "
            f"allowed is at least one unit of each kind with balance {balance!r}."
        )
    # The key itself is the null's, so that structure and null are independent draws.
    w = jnp.abs(gaussian_weights(jax.random.fold_in(key, 1), size, gain))
    if density < 1:
        w = w * jax.random.bernoulli(jax.random.fold_in(key, 2), density, w.shape)
    excites = jnp.arange(size) < n_excitatory
    ratio = 1.0 if balance == "none" else n_excitatory / n_inhibitory
    w = jnp.where(excites, w, -ratio * w)
    if balance == "rows":
        excitation = jnp.sum(w, axis=1, where=excites, keepdims=True)
        inhibition = -jnp.sum(w, axis=1, where=~excites, keepdims=True)
        both = (excitation > 0) & (inhibition > 0)
        factor = jnp.where(both, excitation / jnp.where(both, inhibition, 1.0), 1.0)
        w = jnp.where(excites, w, factor * w)
    return with_norm_of(w, gaussian_weights(key, size, gain)) if resized else w
