"""Recurrent layers of Keras, by the names of versions 2 and 3."""

import re
from collections.abc import Mapping

import numpy as np
from jaxtyping import Array

from ._gated import ACTIVATIONS
from ._layers import CELLS, GATES, Layer, gates_of, reordered

# Version 3 counts the arrays of a layer, and version 2 names them.
_COUNTED = re.compile(r"(?P<prefix>.*)\bvars\.1")
_NAMED = re.compile(r"(?P<prefix>.*)\brecurrent_kernel(?P<suffix>(?::0)?)")
_ROLES = ("kernel", "recurrent_kernel", "bias")
# How Keras has the gates in its columns.
_STORED = {"RNN": "h", "GRU": "zrn", "GRU, reset before": "zrn", "LSTM": "ifgo"}
_KINDS = {"RNN": "Keras SimpleRNN", "LSTM": "Keras LSTM"}


def keras_layers(arrays: Mapping[str, np.ndarray]) -> list[Layer]:
    """The recurrent layers of Keras among arrays.

    Raises:
        ValueError: they have other shapes.
    """
    found = []
    for name, array in arrays.items():
        if match := _NAMED.fullmatch(name):
            names = {role: f"{match['prefix']}{role}{match['suffix']}" for role in _ROLES}
        elif (match := _COUNTED.fullmatch(name)) and array.ndim == 2:
            names = {role: f"{match['prefix']}vars.{i}" for i, role in enumerate(_ROLES)}
        else:
            continue
        names = {role: each for role, each in names.items() if each in arrays}
        found.append(_layer(arrays, match["prefix"].rstrip("."), names))
    return found


def _layer(arrays: Mapping[str, np.ndarray], name: str, names: Mapping[str, str]) -> Layer:
    recurrent = names["recurrent_kernel"]
    gates, _ = gates_of(recurrent, arrays[recurrent], 1)
    cell, said = CELLS[gates], []
    kind = _KINDS.get(cell, "Keras GRU")
    if cell == "GRU":
        bias = names.get("bias")
        after = bias is None or arrays[bias].ndim == 2
        if bias is None:
            said.append(f"{name} is taken for a GRU with reset_after=True, as is usual in Keras.")
        if not after:
            cell = "GRU, reset before"
        kind = f"Keras GRU (reset_after={after})"
    if cell != "RNN":
        said.append("Gates are sigmoids and the rest is tanh, as is usual in Keras.")

    def convert(parts: Mapping[str, Array]) -> dict[str, Array]:
        def turned(array: Array) -> Array:
            return reordered(array.T, _STORED[cell], GATES[cell])

        found = {
            "weight_ih": turned(parts["kernel"]),
            "weight_hh": turned(parts["recurrent_kernel"]),
        }
        if "bias" in parts and parts["bias"].ndim == 2:
            found |= {"bias_ih": turned(parts["bias"][0]), "bias_hh": turned(parts["bias"][1])}
        elif "bias" in parts:
            found["bias_ih"] = turned(parts["bias"])
        return found

    return Layer(name, kind, cell, names, convert, "tanh", tuple(ACTIVATIONS), tuple(said))
