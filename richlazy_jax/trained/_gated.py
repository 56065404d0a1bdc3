"""Layers of recurrent units, in the one form that those of all libraries are brought to."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._products import product

# "gelu" is the exact one, of PyTorch and Keras; JAX's own default is "gelu_tanh".
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "linear": lambda a: a,
    "sigmoid": jax.nn.sigmoid,
    "softplus": jax.nn.softplus,
    "elu": jax.nn.elu,
    "silu": jax.nn.silu,
    "gelu": lambda a: jax.nn.gelu(a, approximate=False),
    "gelu_tanh": lambda a: jax.nn.gelu(a, approximate=True),
}


def run_layer(
    cell: str, activation: str, layer: Mapping[str, Array], x: Float[Array, "n t n_in"]
) -> Float[Array, "n t N"]:
    r"""The states of a layer of units that begin at 0.

    With $a = W_{ih} x_t + b_{ih}$ and $c = W_{hh} h + b_{hh}$, each in parts for the gates,

    - "RNN": $h' = \phi(a + c)$;
    - "GRU": $r, z = \sigma(a_{r,z} + c_{r,z})$, $n = \tanh(a_n + r\, c_n)$, $h' = (1 - z) n + z h$;
    - "GRU, reset before": the same but for $c_n = W_n (r\, h) + b_n$ and $n = \tanh(a_n + c_n)$,
      as the GRU was first described;
    - "LSTM": $i, f, o = \sigma(a_{i,f,o} + c_{i,f,o})$, $s' = f s + i \tanh(a_g + c_g)$,
      $h' = o \tanh s'$, in the order i, f, g, o.

    Args:
        cell: one of these.
        activation: $\phi$ of "RNN", one of `ACTIVATIONS`.
        layer: "weight_ih", "weight_hh", and if there are any "bias_ih" and "bias_hh".
        x: the inputs.

    Source: the documentation of `torch.nn.RNN`, `GRU` and `LSTM`; K. Cho et al. (2014), "Learning
    phrase representations using RNN encoder-decoder for statistical machine translation", for the
    reset before.
    """
    width = layer["weight_hh"].shape[1]
    drive = product(x, layer["weight_ih"].T) + layer.get("bias_ih", 0.0)
    phi, sigma = ACTIVATIONS[activation], jax.nn.sigmoid
    recurrent = layer["weight_hh"]
    bias = layer.get("bias_hh", jnp.zeros(len(recurrent), recurrent.dtype))

    def step(state: tuple[Array, Array], a: Array) -> tuple[tuple[Array, Array], Array]:
        hidden, memory = state
        if cell == "GRU, reset before":
            gates = sigma(
                a[:, : 2 * width] + product(hidden, recurrent[: 2 * width].T) + bias[:-width]
            )
            reset, update = jnp.split(gates, 2, -1)
            c = product(reset * hidden, recurrent[2 * width :].T) + bias[-width:]
            hidden = (1 - update) * jnp.tanh(a[:, 2 * width :] + c) + update * hidden
            return (hidden, memory), hidden
        c = product(hidden, recurrent.T) + bias
        if cell == "RNN":
            hidden = phi(a + c)
        elif cell == "GRU":
            (ar, az, an), (cr, cz, cn) = (jnp.split(each, 3, -1) for each in (a, c))
            reset, update = sigma(ar + cr), sigma(az + cz)
            hidden = (1 - update) * jnp.tanh(an + reset * cn) + update * hidden
        else:
            i, f, g, o = jnp.split(a + c, 4, -1)
            memory = sigma(f) * memory + sigma(i) * jnp.tanh(g)
            hidden = sigma(o) * jnp.tanh(memory)
        return (hidden, memory), hidden

    start = jnp.zeros((len(x), width), drive.dtype)
    states: Any = jax.lax.scan(step, (start, start), jnp.swapaxes(drive, 0, 1))[1]
    return jnp.swapaxes(states, 0, 1)
