"""A list of edges, made into a matrix of weights."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ._connectome import nearest, require_known

# What the weight is called where the caller does not say.
WEIGHT_NAMES = ("weight", "synapses", "count")


class Edge(NamedTuple):
    """One connection, and how messages call the place where it stands."""

    where: str
    sender: str
    receiver: str
    weight: float


def weights_of_edges(edges: Iterable[Edge], names: Sequence[str]) -> np.ndarray:
    """The matrix, rows receiving, of edges between `names`.

    Raises:
        ValueError: an edge has a name that is not among them, or stands there twice.
    """
    index = {name: i for i, name in enumerate(names)}
    weights = np.zeros((len(names), len(names)))
    seen = {}
    for edge in edges:
        for name in (edge.sender, edge.receiver):
            if name not in index:
                require_known(edge.where, name, names)
        between = (edge.sender, edge.receiver)
        if between in seen:
            raise ValueError(
                f"{edge.where}: the edge {edge.sender!r} -> {edge.receiver!r} is there already, in "
                f"{seen[between]}; allowed is each edge once."
            )
        seen[between] = edge.where
        weights[index[edge.receiver], index[edge.sender]] = edge.weight
    return weights


def weight_name(where: str, present: Sequence[str], weight: str | None) -> str | None:
    """Which of the columns or attributes `present` is the weight; None where there is none at all.

    Raises:
        ValueError: the one asked for is not there, or none is asked for and several may be meant.
    """
    if weight is not None:
        if weight not in present:
            meant = f"; the nearest of them is {nearest(weight, present)!r}" if present else ""
            raise ValueError(
                f"{where}: weight is {weight!r}; allowed are {list(present)!r}{meant}."
            )
        return weight
    usual = [name for name in present if name.lower() in WEIGHT_NAMES]
    for candidates in (usual, present):
        if len(candidates) == 1:
            return candidates[0]
    if present:
        raise ValueError(
            f"{where}: the weight may be any of {usual or list(present)!r}; allowed is one that is "
            f"called {' or '.join(map(repr, WEIGHT_NAMES))}, or named by weight=."
        )
    return None


def require_number(where: str, what: str, value: Any) -> float:
    """`value` as a finite number."""
    try:
        # Python reads 1_000 as a number; no table means it so.
        number = float("_" if "_" in str(value) else value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{where}: {what} is {value!r}; allowed are finite numbers.")
    return number
