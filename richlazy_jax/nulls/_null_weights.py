"""The ladder of nulls, by name."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import jax
import numpy as np
import scipy.sparse as sp
from jaxtyping import Array, Key, Real

from .._checks import known_value, require_choice, require_whole
from .._host import host_generator
from ._connections import connections_of, matrix_of
from ._rewired import (
    at_distances,
    with_bare_degrees,
    with_degrees,
    with_reciprocity,
    within_classes,
)
from ._unwired import at_random_places, gaussian

DEFAULT_SWAPS = 10

# What each keeps, in words, in the order of the ladder.
NULLS = MappingProxyType(
    {
        "gaussian": "the number of nodes and the norm",
        "places": "how many connections there are, and their weights",
        "bare_degrees": "each node's in- and out-degree, and the weights as a whole",
        "degrees": "each node's in- and out-degree and the weights that it sends, with its "
        "out-strength and signs",
        "reciprocity": "as degrees, and with how many others each node is connected both ways",
        "classes": "as degrees, for the connections of each class to each class by themselves",
        "distances": "as degrees, and how many connections there are at each distance",
    }
)
_BY_SWAPS = {
    "bare_degrees": with_bare_degrees,
    "degrees": with_degrees,
    "reciprocity": with_reciprocity,
}


def null_weights(
    key: Key[Array, ""],
    weights: sp.sparray | Real[Array | np.ndarray, "n n"],
    null: str = "degrees",
    *,
    classes: Sequence[Any] | np.ndarray | None = None,
    coordinates: Real[np.ndarray, "n axes"] | None = None,
    swaps: int = DEFAULT_SWAPS,
) -> Any:
    r"""Random weights that keep some of what a connectome has.

    - `gaussian`: the number of nodes and the Frobenius norm. Independent Gaussian numbers stand at
      all places, so that the result is dense.
    - `places`: the density and all weights, which are put at uniformly random places.
    - `bare_degrees`: each node's in- and out-degree and all weights. Connections are swapped, and
      the weights go to them at random.
    - `degrees`: each node's in- and out-degree and all weights that it sends, so its out-strength
      and signs. Connections are swapped, and the weights of a sender go to its own at random.
    - `reciprocity`: as `degrees`, and with how many others each node is connected both ways. Pairs
      that are connected both ways and single connections are swapped separately.
    - `classes`: as `degrees`, for the connections of each class of nodes to each by themselves.
    - `distances`: as `degrees`, and how many connections there are in each of five bins of
      distance. Swaps that would change these numbers are refused.

    In-strengths are kept by none. Connections of a node to itself stay as they are, except in
    `gaussian`. A step of the swaps takes two connections $j \to i$ and $l \to k$ at random and
    makes them $j \to k$ and $l \to i$, or reverses a directed triangle. It is refused where a
    connection would be there twice or lead back to its own sender, and counts all the same. Each is
    proposed as often as its reverse, so that after many steps all graphs that can be reached are
    equally probable. For `bare_degrees`, `degrees` and `classes` these are all graphs that keep
    what the null keeps. For `reciprocity` and `distances` some graphs may be out of reach; this was
    seen in graphs of five nodes, by listing all of them. The bins of distance are such that each
    holds a fifth of the measured connections.

    It runs on the host, with NumPy and numba, and not under jit or vmap;
    `richlazy_jax.shuffled_weights` does.

    Args:
        key: a JAX random key. The same key gives the same weights.
        weights: the connectome; rows receive, columns send.
        null: a rung of the ladder.
        classes: for `classes`, one label for each node, such as its cell type.
        coordinates: for `distances`, where each node is. Distance is Euclidean.
        swaps: steps for each connection. For `distances` there are twenty times as many, because
            about one step in twenty leaves the bins as they are.

    Returns:
        Weights in float64, sparse (`scipy.sparse.csr_array`) for sparse weights and a NumPy array
        for dense ones.

    Raises:
        ValueError: an argument is not as described above, or missing, or of no use to this null; or
            there are more than 5,000 nodes for `gaussian`, which is dense.

    Source: S. Maslov and K. Sneppen (2002), Science 296:910; A. R. Rao, R. Jana and
    S. Bandyopadhyay (1996), Sankhya A 58:225.
    """
    null, swaps = require_choice("null", null, tuple(NULLS)), require_whole("swaps", swaps)
    found = connections_of(weights)
    _require_use("classes", classes, null)
    _require_use("coordinates", coordinates, null)
    rng = _generator(key)
    if null == "gaussian":
        drawn = gaussian(rng, found)
        return sp.csr_array(drawn) if sp.issparse(weights) else drawn
    if null == "places":
        made = at_random_places(rng, found)
    elif null == "classes":
        made = within_classes(rng, found, swaps, _numbered(classes, found.nodes))
    elif null == "distances":
        made = at_distances(rng, found, swaps, _placed(coordinates, found.nodes))
    else:
        made = _BY_SWAPS[null](rng, found, swaps)
    matrix = matrix_of(made)
    return matrix if sp.issparse(weights) else matrix.toarray()


def _generator(key: Any) -> np.random.Generator:
    """NumPy's generator, seeded with all bits of a key."""
    if known_value(jax.random.key_data(key)) is None:
        raise ValueError(
            "key is traced by JAX; allowed is a known key, because nulls are drawn on the host and "
            "not under jit or vmap. shuffled_weights may be drawn there."
        )
    return host_generator(key)


def _require_use(argument: str, value: Any, null: str) -> None:
    """Refuse what is missing, and what would be left out unnoticed."""
    of = {"classes": "classes", "coordinates": "distances"}[argument]
    if value is None and null == of:
        raise ValueError(
            f"{argument} is None while null is {null!r}; allowed is one entry for each node."
        )
    if value is not None and null != of:
        raise ValueError(
            f"{argument} is given while null is {null!r}, which has no use for it; allowed is "
            f"None, or null={of!r}."
        )


def _numbered(classes: Any, nodes: int) -> np.ndarray:
    """The classes as whole numbers from 0."""
    labels = list(classes)
    if len(labels) != nodes:
        raise ValueError(
            f"classes has {len(labels)} entries; allowed are {nodes}, one for each node."
        )
    numbers: dict[Any, int] = {}
    for i, label in enumerate(labels):
        # What is not a number differs from itself, and would be a class of its own.
        if label is None or label != label:
            raise ValueError(
                f"classes[{i}] is {label!r}; allowed are labels. Give nodes without one a label "
                "such as 'unknown'."
            )
        numbers.setdefault(label, len(numbers))
    return np.array([numbers[label] for label in labels], np.int64)


def _placed(coordinates: Any, nodes: int) -> np.ndarray:
    """The coordinates in float64."""
    places = np.asarray(coordinates)
    if places.ndim != 2 or len(places) != nodes or not places.shape[1]:
        raise ValueError(
            f"coordinates has shape {places.shape}; allowed is ({nodes}, axes), a row for each "
            "node."
        )
    places = places.astype(np.float64)
    if not np.isfinite(places).all():
        i, axis = np.argwhere(~np.isfinite(places))[0]
        raise ValueError(
            f"coordinates[{i}, {axis}] is {places[i, axis]}; allowed are finite numbers."
        )
    return places
