"""Fully connected layers of other libraries."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Array

from ._gated import ACTIVATIONS
from ._layers import Layer


class _Spelling(NamedTuple):
    """How a library calls the weights and biases of such a layer, and how the weights lie."""

    kind: str
    weight: re.Pattern[str]
    bias: str
    outputs_in_rows: bool


_SPELLINGS = (
    _Spelling("Linear", re.compile(r"(?P<prefix>.*)weight"), "bias", True),
    _Spelling("Keras Dense", re.compile(r"(?P<prefix>(?:.*\.)?)vars\.0"), "vars.1", False),
    _Spelling("Keras Dense", re.compile(r"(?P<prefix>(?:.*\.)?)kernel:0"), "bias:0", False),
    _Spelling("Dense", re.compile(r"(?P<prefix>(?:.*\.)?)kernel"), "bias", False),
    _Spelling("Haiku Linear", re.compile(r"(?P<prefix>.+\.)w"), "b", False),
    # Our own, which have no biases.
    _Spelling("richlazy_jax.mlp", re.compile(r"(?P<prefix>w\d+)"), "", True),
)


def dense_layers(arrays: Mapping[str, np.ndarray]) -> list[Layer]:
    """The fully connected layers among arrays that are of no other layer."""
    found = []
    for name, array in arrays.items():
        for spelling in _SPELLINGS:
            if array.ndim == 2 and (match := spelling.weight.fullmatch(name)):
                found.append(_layer(arrays, spelling, match))
                break
    return found


def _layer(arrays: Mapping[str, np.ndarray], spelling: _Spelling, match: re.Match[str]) -> Layer:
    bias = f"{match['prefix']}{spelling.bias}"
    biased = bool(spelling.bias) and bias in arrays
    names = {"weight": match.string} | ({"bias": bias} if biased else {})

    def convert(parts: Mapping[str, Array]) -> dict[str, Array]:
        weight = parts["weight"] if spelling.outputs_in_rows else parts["weight"].T
        return {**parts, "weight": weight}

    name = match["prefix"].rstrip(".") or match.string
    return Layer(name, spelling.kind, "Dense", names, convert, "", tuple(ACTIVATIONS))
