"""Nulls that keep degrees: connections swapped at random, and weights dealt out anew."""

import numpy as np
from jaxtyping import Float, Int

from ._connections import Connections

# Distances count as alike within a bin. Each bin has as many connections as any other.
DISTANCE_BINS = 5
# About one step in twenty leaves the bins as they are; more steps make up for the others.
STEPS_AT_DISTANCES = 20

_NONE = np.zeros(0, np.int64)
_NOWHERE = np.zeros((0, 0))
_ANYWHERE = np.zeros(0)


def with_bare_degrees(rng: np.random.Generator, of: Connections, swaps: int) -> Connections:
    """In- and out-degrees; the weights go to connections at random."""
    found, _ = _swapped(rng, of, swaps)
    return found._replace(weights=rng.permutation(of.weights))


def with_degrees(rng: np.random.Generator, of: Connections, swaps: int) -> Connections:
    """In- and out-degrees, and of each sender all its weights."""
    found, _ = _swapped(rng, of, swaps)
    return _dealt(rng, of, of.senders, found, found.senders)


def with_reciprocity(rng: np.random.Generator, of: Connections, swaps: int) -> Connections:
    """As `with_degrees`, and with how many others each node is connected both ways.

    Connections that are returned are swapped as pairs, those that are not one by one.
    """
    n = of.nodes
    there, back = of.receivers * n + of.senders, of.senders * n + of.receivers
    returned = np.isin(there, back)
    first = returned & (of.receivers < of.senders)
    pairs = of.receivers[first], of.senders[first]
    single = of._replace(receivers=of.receivers[~returned], senders=of.senders[~returned])
    found, (ones, others) = _swapped(rng, single, swaps, pairs=pairs)
    found = found._replace(
        receivers=np.concatenate([found.receivers, ones, others]),
        senders=np.concatenate([found.senders, others, ones]),
    )
    return _dealt(rng, of, of.senders, found, found.senders)


def within_classes(
    rng: np.random.Generator, of: Connections, swaps: int, classes: Int[np.ndarray, " n"]
) -> Connections:
    """As `with_degrees`, among the connections of each class to each class by themselves."""
    many = int(classes.max(initial=0)) + 1

    def group(found: Connections) -> np.ndarray:
        return classes[found.senders] * many + classes[found.receivers]

    def dealt_to(found: Connections) -> np.ndarray:
        return found.senders * many + classes[found.receivers]

    found, _ = _swapped(rng, of, swaps, groups=group(of))
    return _dealt(rng, of, dealt_to(of), found, dealt_to(found))


def at_distances(
    rng: np.random.Generator, of: Connections, swaps: int, coordinates: Float[np.ndarray, "n axes"]
) -> Connections:
    """As `with_degrees`, and how many connections there are in each bin of distance."""
    apart = np.sum((coordinates[of.receivers] - coordinates[of.senders]) ** 2, axis=1)
    shares = np.arange(1, DISTANCE_BINS) / DISTANCE_BINS
    # Where many distances are alike, some bins are one.
    limits = np.unique(np.quantile(apart, shares)) if len(apart) else np.zeros(0)
    steps = swaps * STEPS_AT_DISTANCES
    found, _ = _swapped(rng, of, steps, coordinates=coordinates, limits=limits)
    return _dealt(rng, of, of.senders, found, found.senders)


def _swapped(
    rng: np.random.Generator,
    of: Connections,
    swaps: int,
    *,
    groups: np.ndarray | None = None,
    pairs: tuple[np.ndarray, np.ndarray] | None = None,
    coordinates: np.ndarray = _NOWHERE,
    limits: np.ndarray = _ANYWHERE,
) -> tuple[Connections, tuple[np.ndarray, np.ndarray]]:
    """Connections after `swaps` steps for each, and pairs that are connected both ways after them.

    Where pairs are given, the others are not returned and stay so. The weights are as before, in no
    order.
    """
    # numba takes long to import.
    from ._chain import run_chain

    m = len(of.receivers)
    if groups is None:
        order, groups, offsets = np.arange(m), np.zeros(m, np.int64), np.array([0, m])
    else:
        _, groups = np.unique(groups, return_inverse=True)
        order = np.argsort(groups, kind="stable")
        groups = groups[order]
        offsets = np.concatenate([[0], np.cumsum(np.bincount(groups))])
    receivers, senders = of.receivers[order], of.senders[order]
    ones, others = (ends.copy() for ends in (pairs or (_NONE, _NONE)))
    run_chain(
        rng,
        of.nodes,
        receivers,
        senders,
        groups,
        offsets,
        ones,
        others,
        pairs is not None,
        np.ascontiguousarray(coordinates, np.float64),
        limits,
        swaps * (m + 2 * len(ones)),
    )
    return of._replace(receivers=receivers, senders=senders), (ones, others)


def _dealt(
    rng: np.random.Generator,
    before: Connections,
    hands_before: np.ndarray,
    after: Connections,
    hands: np.ndarray,
) -> Connections:
    """The weights of each hand, dealt in random order to the connections of the same hand."""
    weights = np.empty(len(before.weights))
    order = np.lexsort((rng.random(len(weights)), hands_before))
    weights[np.argsort(hands, kind="stable")] = before.weights[order]
    return after._replace(weights=weights)
