"""Recurrent layers of PyTorch, and of Equinox, which has the same ones."""

import re
from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ._layers import CELLS, Layer, gates_of

# Layers have a number, and cells on their own have none.
_NAME = re.compile(
    r"(?P<prefix>.*)weight_(?P<side>ih|hh)(?P<layer>(?:_l\d+)?)(?P<reverse>(?:_reverse)?)"
)
_ROLES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def torch_layers(arrays: Mapping[str, np.ndarray]) -> list[Layer]:
    """The recurrent layers of PyTorch and Equinox among arrays.

    Raises:
        ValueError: they run backward in time, or have other shapes.
    """
    found = [match for name in arrays if (match := _NAME.fullmatch(name))]
    for match in found:
        if match["reverse"]:
            raise ValueError(
                f"state has the recurrent array {match.string}; allowed are those of one network "
                "that runs forward in time."
            )
    return [_layer(arrays, match) for match in found if match["side"] == "hh"]


def _layer(arrays: Mapping[str, np.ndarray], match: re.Match[str]) -> Layer:
    gates, _ = gates_of(match.string, arrays[match.string], 0)
    cell = CELLS[gates]
    prefix, layer = match["prefix"], match["layer"]
    found = {role: f"{prefix}{role}{layer}" for role in _ROLES}
    # Equinox has one bias for all gates, and in a GRU one more for what the reset acts on.
    if f"{prefix}bias" in arrays and not layer:
        found |= {"bias_ih": f"{prefix}bias", "bias_n": f"{prefix}bias_n"}
        kind = f"Equinox {cell}Cell"
    else:
        kind = f"torch.nn.{cell}" if layer else f"torch.nn.{cell}Cell"
    names = {role: name for role, name in found.items() if name in arrays}
    return Layer(f"{prefix}{layer}", kind, cell, names, _convert)


def _convert(parts: Mapping[str, Array]) -> dict[str, Array]:
    found = dict(parts)
    if "bias_n" in found:
        inner = found.pop("bias_n")
        found["bias_hh"] = jnp.concatenate([jnp.zeros(2 * len(inner), inner.dtype), inner])
    return found
