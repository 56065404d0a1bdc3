"""Every graph that keeps what a null keeps is drawn equally often."""

import itertools
from collections import Counter

import jax
import numpy as np
import pytest
from scipy import stats

from richlazy_jax.nulls import NULLS, null_weights
from richlazy_jax.spectra import participation_ratio

LABELS = np.array([0, 0, 0, 1, 1])
# The first can only be turned round as a whole, which no exchange of two connections does.
TRIANGLE = ((1, 0), (2, 1), (0, 2))
FIVE = ((1, 0), (2, 1), (0, 2), (3, 4), (4, 0), (1, 3))
RETURNED = ((1, 0), (0, 1), (2, 3), (3, 2), (4, 2), (0, 4))
ONE_RETURNED = ((0, 1), (0, 4), (1, 0), (1, 2), (3, 2), (4, 3))


def graphs(nodes, connections):
    places = [(i, j) for i in range(nodes) for j in range(nodes) if i != j]
    for chosen in itertools.combinations(places, connections):
        a = np.zeros((nodes, nodes), int)
        a[tuple(np.transpose(chosen))] = 1
        yield a


def kept(a, null):
    """What a graph has that a null keeps, by counting."""
    parts = [a.sum(0), a.sum(1)]
    if null == "reciprocity":
        parts.append((a * a.T).sum(0))
    if null == "classes":
        for label in (0, 1):
            parts += [a[label == LABELS].sum(0), a[:, label == LABELS].sum(1)]
    return np.concatenate(parts).tobytes()


@pytest.mark.parametrize(
    ("null", "connections", "at_least"),
    [
        ("bare_degrees", TRIANGLE, 2),
        ("degrees", TRIANGLE, 2),
        ("degrees", FIVE, 10),
        ("reciprocity", RETURNED, 2),
        ("reciprocity", ONE_RETURNED, 6),
        ("classes", FIVE, 2),
    ],
)
def test_graphs_are_equally_frequent(null, connections, at_least):
    n = 1 + max(map(max, connections))
    w = np.zeros((n, n), int)
    w[tuple(np.transpose(connections))] = 1
    possible = [a.tobytes() for a in graphs(n, len(connections)) if kept(a, null) == kept(w, null)]
    assert len(possible) >= at_least
    draws = 40 * len(possible)
    more = {"classes": LABELS} if null == "classes" else {}
    found = Counter(
        null_weights(key, w, null, swaps=40, **more).astype(int).tobytes()
        for key in jax.random.split(jax.random.key(0), draws)
    )
    assert set(found) <= set(possible)
    # By chance below once in a thousand.
    assert stats.chisquare([found[each] for each in possible]).pvalue > 1e-3


def test_any_two_weights_come_to_lie_anywhere_equally_often():
    w = np.zeros((3, 3))
    w[0, 1], w[2, 0] = 1, 2
    draws = 1500
    found = Counter(
        null_weights(key, w, "places").tobytes()
        for key in jax.random.split(jax.random.key(0), draws)
    )
    # Ordered pairs of the six places off the diagonal.
    assert len(found) == 30
    assert stats.chisquare(list(found.values())).pvalue > 1e-3


@pytest.mark.parametrize("null", ["bare_degrees", "degrees"])
def test_weights_are_dealt_equally_often(null):
    """One sender with three weights, and another with one, of which no connection can move."""
    w = np.zeros((4, 4))
    w[1:, 0], w[0, 1] = (1, 2, 3), 4
    found = Counter(
        null_weights(key, w, null).tobytes() for key in jax.random.split(jax.random.key(1), 1200)
    )
    assert len(found) == {"bare_degrees": 24, "degrees": 6}[null]
    assert stats.chisquare(list(found.values())).pvalue > 1e-3


@pytest.mark.parametrize("null", [name for name in NULLS if name not in ("gaussian", "places")])
def test_ten_swaps_a_connection_are_as_good_as_forty(null):
    """From a start that is as unlike the others as can be: everything in one block."""
    rng = np.random.default_rng(0)
    w = np.zeros((60, 60))
    w[:30, :30] = rng.random((30, 30)) < 0.3
    w[30:, 30:] = rng.random((30, 30)) < 0.1
    np.fill_diagonal(w, 0)
    more = {"classes": {"classes": [0, 1] * 30}, "distances": {"coordinates": rng.random((60, 1))}}
    ten, forty = (
        [
            participation_ratio(null_weights(key, w, null, swaps=swaps, **more.get(null, {})))
            for key in jax.random.split(jax.random.key(swaps), 60)
        ]
        for swaps in (10, 40)
    )
    assert stats.mannwhitneyu(ten, forty).pvalue > 1e-3
    assert min(ten) > 1.02 * participation_ratio(w)
