"""Recurrent cells of Flax, linen and NNX."""

import re
from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ._gated import ACTIVATIONS
from ._layers import CELLS, GATES, Layer, gates_of

# One matrix for all gates, as in NNX, or one for each, as in linen and in NNX's LSTMCell.
_JOINED = re.compile(r"(?P<prefix>(?:.*\.)?)dense_h\.kernel")
_APART = {
    "RNN": re.compile(r"(?P<prefix>(?:.*\.)?)h\.kernel"),
    "GRU": re.compile(r"(?P<prefix>(?:.*\.)?)hr\.kernel"),
    "LSTM": re.compile(r"(?P<prefix>(?:.*\.)?)ho\.kernel"),
}
_BESIDE = {"RNN": "i", "GRU": "ir", "LSTM": "io"}


def flax_layers(arrays: Mapping[str, np.ndarray]) -> list[Layer]:
    """The recurrent cells of Flax among arrays.

    Raises:
        ValueError: they have other shapes.
    """
    found = []
    for name, array in arrays.items():
        if match := _JOINED.fullmatch(name):
            gates, _ = gates_of(name, array, 1)
            cell, ends = CELLS[gates], {side: [f"dense_{side}"] for side in "ih"}
        else:
            cells = [(cell, m) for cell, each in _APART.items() if (m := each.fullmatch(name))]
            # A layer of any network may be called h; one called i is beside that of a cell.
            if not cells or f"{cells[0][1]['prefix']}{_BESIDE[cells[0][0]]}.kernel" not in arrays:
                continue
            ((cell, match),) = cells
            gates = GATES[cell] if cell != "RNN" else [""]
            ends = {side: [f"{side}{gate}" for gate in gates] for side in "ih"}
        found.append(_layer(arrays, match["prefix"], cell, ends))
    return found


def _layer(
    arrays: Mapping[str, np.ndarray], prefix: str, cell: str, ends: Mapping[str, list[str]]
) -> Layer:
    names: dict[str, str] = {}
    for places in ends.values():
        for end in places:
            # A name of Python's own has a line after it in NNX.
            spelled = f"{end}_" if f"{prefix}{end}_.kernel" in arrays else end
            for part in ("kernel", "bias"):
                if (name := f"{prefix}{spelled}.{part}") in arrays:
                    names[f"{end}.{part}"] = name
                elif part == "kernel":
                    raise ValueError(f"state has no {name}; allowed is a whole {cell} of Flax.")

    def convert(parts: Mapping[str, Array]) -> dict[str, Array]:
        found = {}
        for side, places in ends.items():
            kernels = [parts[f"{end}.kernel"] for end in places]
            found[f"weight_{side}h"] = jnp.concatenate(kernels, 1).T
            if any(f"{end}.bias" in parts for end in places):
                width = kernels[0].shape[1]
                zero = jnp.zeros(width, kernels[0].dtype)
                biases = [parts.get(f"{end}.bias", zero) for end in places]
                found[f"bias_{side}h"] = jnp.concatenate(biases)
        return found

    if cell == "RNN":
        said = "A SimpleCell is taken for one without residual=True, which its file does not say."
    else:
        said = "Gates are sigmoids and the rest is tanh, as is usual in Flax."
    kind = f"Flax {'SimpleCell' if cell == 'RNN' else f'{cell}Cell'}"
    name = prefix.rstrip(".")
    return Layer(name, kind, cell, names, convert, "tanh", tuple(ACTIVATIONS), (said,))
