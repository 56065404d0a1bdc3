"""Recurrent cores of Haiku."""

import re
from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ._layers import GATES, Layer, gates_of, reordered

_GRU = re.compile(r"(?P<prefix>(?:.*\.)?)w_h")
# Layers within a core have the name of its own before theirs.
_VANILLA = re.compile(r"(?P<prefix>(?:.*/)?vanilla_rnn(?:_\d+)?(?:/~)?/)linear_1\.w")
_LSTM = re.compile(r"(?P<prefix>(?:.*/)?lstm(?:_\d+)?(?:/~)?/)linear\.w")


def haiku_layers(arrays: Mapping[str, np.ndarray]) -> list[Layer]:
    """The recurrent cores of Haiku among arrays.

    Raises:
        ValueError: they have other shapes.
    """
    found = []
    for name, array in arrays.items():
        if match := _GRU.fullmatch(name):
            gates_of(name, array, 1)
            roles = {role: f"{match['prefix']}{role}" for role in ("w_i", "w_h", "b")}
            kind, cell, convert, said = "Haiku GRU", "GRU, reset before", _gru, ()
        elif match := _VANILLA.fullmatch(name):
            parts = {"w_i": "linear.w", "b_i": "linear.b", "w_h": "linear_1.w", "b_h": "linear_1.b"}
            roles = {role: f"{match['prefix']}{part}" for role, part in parts.items()}
            kind, cell, convert, said = "Haiku VanillaRNN", "RNN", _vanilla, ()
        elif match := _LSTM.fullmatch(name):
            roles = {"w": name, "b": f"{match['prefix']}linear.b"}
            kind, cell, convert = "Haiku LSTM", "LSTM", _lstm
            said = ("A Haiku LSTM adds 1 to the net input of its forget gate.",)
        else:
            continue
        names = {role: each for role, each in roles.items() if each in arrays}
        prefix = re.sub(r"[./~]+$", "", match["prefix"])
        # Its vanilla units are rectified, and know no other activation.
        found.append(Layer(prefix, kind, cell, names, convert, "relu", ("relu",), said))
    return found


def _vanilla(parts: Mapping[str, Array]) -> dict[str, Array]:
    found = {"weight_ih": parts["w_i"].T, "weight_hh": parts["w_h"].T}
    biases = {"bias_ih": "b_i", "bias_hh": "b_h"}
    return found | {ours: parts[name] for ours, name in biases.items() if name in parts}


def _gru(parts: Mapping[str, Array]) -> dict[str, Array]:
    """Its update gate is the share of what is new, so that its sign is turned."""

    def turned(array: Array) -> Array:
        update, reset, new = jnp.split(array, 3)
        return jnp.concatenate([reset, -update, new])

    found = {"weight_ih": turned(parts["w_i"].T), "weight_hh": turned(parts["w_h"].T)}
    return found | ({"bias_ih": turned(parts["b"])} if "b" in parts else {})


def _lstm(parts: Mapping[str, Array]) -> dict[str, Array]:
    both = reordered(parts["w"].T, "igfo", GATES["LSTM"])
    width = len(both) // 4
    inputs = both.shape[1] - width
    bias = reordered(parts["b"], "igfo", GATES["LSTM"])
    bias = bias.at[width : 2 * width].add(1)
    return {"weight_ih": both[:, :inputs], "weight_hh": both[:, inputs:], "bias_ih": bias}
