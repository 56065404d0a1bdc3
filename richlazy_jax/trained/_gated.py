"""Layers of recurrent units as PyTorch has them."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._products import product

_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"tanh": jnp.tanh, "relu": jax.nn.relu}


def run_layer(
    cell: str, activation: str, layer: Mapping[str, Array], x: Float[Array, "n t n_in"]
) -> Float[Array, "n t N"]:
    r"""The states of a layer of units that begin at 0.

    With $a = W_{ih} x_t + b_{ih}$ and $c = W_{hh} h + b_{hh}$, each in parts for the gates,

    - "RNN": $h' = \phi(a + c)$;
    - "GRU": $r, z = \sigma(a_{r,z} + c_{r,z})$, $n = \tanh(a_n + r\, c_n)$, $h' = (1 - z) n + z h$;
    - "LSTM": $i, f, o = \sigma(a_{i,f,o} + c_{i,f,o})$, $s' = f s + i \tanh(a_g + c_g)$,
      $h' = o \tanh s'$, in the order i, f, g, o.

    Args:
        cell: "RNN", "GRU" or "LSTM".
        activation: of "RNN", "tanh" or "relu".
        layer: "weight_ih", "weight_hh", and if there are any "bias_ih" and "bias_hh".
        x: the inputs.

    Source: the documentation of `torch.nn.RNN`, `GRU` and `LSTM`.
    """
    width = layer["weight_hh"].shape[1]
    drive = product(x, layer["weight_ih"].T) + layer.get("bias_ih", 0.0)
    phi = _ACTIVATIONS[activation]

    def step(state: tuple[Array, Array], a: Array) -> tuple[tuple[Array, Array], Array]:
        hidden, memory = state
        c = product(hidden, layer["weight_hh"].T) + layer.get("bias_hh", 0.0)
        if cell == "RNN":
            hidden = phi(a + c)
        elif cell == "GRU":
            (ar, az, an), (cr, cz, cn) = (jnp.split(each, 3, -1) for each in (a, c))
            reset, update = jax.nn.sigmoid(ar + cr), jax.nn.sigmoid(az + cz)
            hidden = (1 - update) * jnp.tanh(an + reset * cn) + update * hidden
        else:
            i, f, g, o = jnp.split(a + c, 4, -1)
            memory = jax.nn.sigmoid(f) * memory + jax.nn.sigmoid(i) * jnp.tanh(g)
            hidden = jax.nn.sigmoid(o) * jnp.tanh(memory)
        return (hidden, memory), hidden

    start = jnp.zeros((len(x), width), drive.dtype)
    states: Any = jax.lax.scan(step, (start, start), jnp.swapaxes(drive, 0, 1))[1]
    return jnp.swapaxes(states, 0, 1)
