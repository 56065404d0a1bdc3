"""Layers of networks of other libraries, and the table of those that are known.

Each library's file finds its layers among named arrays, and says how they become those that
`run_layer` runs: rows hold what a unit receives, and gates are in PyTorch's order.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

# How the gates of a cell lie in the rows of its arrays.
GATES = {"RNN": "h", "GRU": "rzn", "GRU, reset before": "rzn", "LSTM": "ifgo"}
CELLS = {1: "RNN", 3: "GRU", 4: "LSTM"}


class Layer(NamedTuple):
    """A layer of another library.

    - `name`: what the names of its arrays begin with.
    - `kind`: what it is, for messages.
    - `cell`: as `run_layer` has it, or "Dense".
    - `arrays`: the names of its arrays by their role in `convert`.
    - `convert(parts)`: "weight_ih", "weight_hh", "bias_ih" and "bias_hh", or "weight" and "bias"
      of "Dense", from its arrays by role.
    - `activation`: the usual one of the library, of "RNN" alone.
    - `activations`: those that the library has there.
    - `said`: what is taken for granted.
    """

    name: str
    kind: str
    cell: str
    arrays: Mapping[str, str]
    convert: Callable[[Mapping[str, Array]], dict[str, Array]]
    activation: str = "tanh"
    activations: tuple[str, ...] = ("relu", "tanh")
    said: tuple[str, ...] = ()

    def of(self, params: Mapping[str, Array]) -> dict[str, Array]:
        """Its arrays, as they are run, from all of a network's."""
        return self.convert({role: params[name] for role, name in self.arrays.items()})


def gates_of(name: str, recurrent: np.ndarray, across: int) -> tuple[int, int]:
    """How many gates a cell has, and how many units, by its recurrent weights.

    Args:
        name: of the array, for messages.
        recurrent: the array.
        across: the axis that runs over gates and units.
    """
    sizes = recurrent.shape
    if recurrent.ndim != 2 or not sizes[1 - across] or sizes[across] % sizes[1 - across]:
        gates = 0
    else:
        gates = sizes[across] // sizes[1 - across]
    if gates not in CELLS:
        words = ("rows as columns", "columns as rows")[across]
        raise ValueError(
            f"{name} has shape {sizes}; allowed are 1, 3 or 4 times as many {words}, of RNN, GRU "
            "and LSTM."
        )
    return gates, sizes[1 - across]


def reordered(array: Array, stored: str, wanted: str) -> Array:
    """Rows of gates that are stored in one order, in another."""
    parts = dict(zip(stored, jnp.split(array, len(stored)), strict=True))
    return jnp.concatenate([parts[gate] for gate in wanted])
