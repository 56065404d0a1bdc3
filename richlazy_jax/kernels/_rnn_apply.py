"""The vanilla recurrent network whose kernel `recurrent_ntk` computes."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

ACTIVATIONS: dict[str, Callable] = {"relu": jax.nn.relu, "tanh": jnp.tanh}
# The derivative of each, as a function of the activation's own value.
SLOPES: dict[str, Callable] = {
    "relu": lambda value: (value > 0).astype(value.dtype),
    "tanh": lambda value: 1 - value**2,
}


def rnn_apply(
    params: Mapping[str, Float[Array, "_ _"]],
    x: Float[Array, "n t n_in"],
    *,
    outputs: str = "all",
    activation: str = "relu",
    leak: float | int = 0.0,
) -> Float[Array, "n *out"]:
    r"""Run the recurrent network over a batch of trials.

    $$h_0 = 0, \quad
        h_{t+1} = \phi(\rho h_t + (1 - \rho)(W_h h_t + W_x x_t)), \quad y_t = W_o h_{t+1}.$$

    Args:
        params: "input" is $W_x$ (N, n_in), "recurrent" is $W_h$ (N, N) and "readout" is $W_o$
            (k, N). There are no biases.
        x: the inputs of each trial and step.
        outputs: "all" steps or the "last" one.
        activation: "relu" or "tanh".
        leak: $\rho$.

    Returns:
        The outputs, (n, t, k) for "all" and (n, k) for "last".

    References:
        Y. H. Liu, A. Baratin, J. Cornford, S. Mihalas, E. Shea-Brown and G. Lajoie (2024), "How
        connectivity structure shapes rich and lazy learning in neural circuits".
    """
    phi = ACTIVATIONS[activation]

    # Without a transposed copy of the weights, behind which implementation 3 of neural-tangents
    # loses sight of their structure and takes hundreds of times as long.
    def times(states: Array, weights: Array) -> Array:
        return jax.lax.dot_general(states, weights, (((1,), (1,)), ((), ())))

    hidden = jnp.zeros((x.shape[0], params["recurrent"].shape[0]), x.dtype)
    states = []
    # Unrolled, because implementation 3 knows no loops.
    for step in range(x.shape[1]):
        current = times(hidden, params["recurrent"]) + times(x[:, step], params["input"])
        if leak:
            current = leak * hidden + (1 - leak) * current
        hidden = phi(current)
        states.append(times(hidden, params["readout"]))
    return jnp.stack(states, axis=1) if outputs == "all" else states[-1]
