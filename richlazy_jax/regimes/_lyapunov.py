"""How fast nearby activity parts, along a network's own trajectory."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import require_axes, require_whole
from ..models import Recurrence, drive_of, one_step, recurrence, starting_state


def lyapunov_exponents(
    params: Mapping[str, Float[Array, "..."]],
    x: Float[Array, "n t n_in"],
    *,
    key: Key[Array, ""],
    discarded: int = 0,
    activation: str = "relu",
    leak: float | int = 0.0,
    leak_form: str = "paper",
) -> Float[Array, " n"]:
    r"""The largest Lyapunov exponent of a recurrent network under each of some inputs.

    With the state $z_t$ of the network's own trajectory, $J_t = \partial z_{t+1} / \partial z_t$
    its one-step Jacobian, and a random vector $q$ that is brought back to length 1 after each step,

    $$\lambda = \frac{1}{t - d} \sum_{s > d} \ln \lVert J_s q_{s-1} \rVert, \qquad
        q_s = J_s q_{s-1} / \lVert J_s q_{s-1} \rVert.$$

    It is per step and that of a finite time: t is as long as the inputs are, and the vector needs
    the first `discarded` steps, d, to turn into the direction that grows fastest. Give long inputs,
    for example the trials of a task one after the other. A negative exponent says that the network
    forgets where it was, and a positive one that the smallest differences grow. Where the Jacobian
    takes the vector to 0, as where no unit of relu is active, the exponent is -inf.

    Args:
        params: as `rnn_activity` takes them.
        x: the inputs of each trial and step.
        key: draws the vectors, one for each trial.
        discarded: $d$, below t.
        activation, leak, leak_form: as in `rnn_activity`.

    Raises:
        ValueError: an argument is not as described above.

    Source: G. Benettin, L. Galgani, A. Giorgilli and J.-M. Strelcyn (1980), "Lyapunov
    characteristic exponents for smooth dynamical systems".
    """
    x = require_axes("x", x, "n", "t", "n_in")
    if require_whole("discarded", discarded, least=0) >= x.shape[1]:
        raise ValueError(f"discarded is {discarded}; allowed is less than the {x.shape[1]} steps.")
    form = recurrence(activation, leak, leak_form)
    _, grown = states_and_growth(form, params, x, key)
    return jnp.mean(grown[discarded:], axis=0)


def states_and_growth(
    form: Recurrence, params: Mapping[str, Array], x: Float[Array, "n t n_in"], key: Array
) -> tuple[Float[Array, "t n N"], Float[Array, "t n"]]:
    """The states after each step, and the log of how much a vector grew in it."""
    start = starting_state(params, x)
    shape = (len(x), len(params["recurrent"]))
    start = jnp.zeros(shape, params["recurrent"].dtype) if start is None else start
    direction = jax.random.normal(key, shape, start.dtype)
    direction = direction / jnp.linalg.norm(direction, axis=1, keepdims=True)

    def move(carry: tuple[Array, Array], drive: Array) -> tuple[tuple[Array, Array], tuple]:
        state, q = carry
        after, moved = jax.jvp(
            lambda z: one_step(form, params["recurrent"], z, drive), (state,), (q,)
        )
        size = jnp.linalg.norm(moved, axis=1, keepdims=True)
        # A vector that is gone says nothing of later steps, which may be others than those counted.
        turned = jnp.where(size > 0, moved / jnp.where(size > 0, size, 1.0), q)
        return (after, turned), (after, jnp.log(size[:, 0]))

    return jax.lax.scan(move, (start, direction), drive_of(params, x))[1]
