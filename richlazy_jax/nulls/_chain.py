"""Random swaps of connections, compiled: a Markov chain on directed graphs.

A state is a simple directed graph without self-connections. A step chooses connections, exchanges
their receivers, and is taken back where the result is not allowed; the chain then stays where it
is, which counts as a step. Every move is proposed as often as its reverse, so that all graphs that
the chain can reach become equally frequent.

numba takes half a second to import, so this module is imported where it is first needed.
"""

from typing import no_type_check

import numpy as np
from numba import njit

from .._host import compiled

# How many of the steps look for a triangle to reverse instead of exchanging two connections.
TRIANGLES = 0.1


# Open addressing: a connection is one number, and stands at or behind the place of its hash.
@njit
@no_type_check
def _place(table, key):
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    return np.int64(mixed & np.uint64(len(table) - 1))


@njit
@no_type_check
def _has(table, key):
    at, last = _place(table, key), len(table) - 1
    while table[at] >= 0:
        if table[at] == key:
            return True
        at = (at + 1) & last
    return False


@njit
@no_type_check
def _add(table, key):
    at, last = _place(table, key), len(table) - 1
    while table[at] >= 0:
        at = (at + 1) & last
    table[at] = key


@njit
@no_type_check
def _remove(table, key):
    at, last = _place(table, key), len(table) - 1
    while table[at] != key:
        at = (at + 1) & last
    # Those behind the gap move up, unless they would come to stand before their own place.
    gap = at
    while True:
        at = (at + 1) & last
        if table[at] < 0:
            break
        if ((at - _place(table, table[at])) & last) >= ((at - gap) & last):
            table[gap] = table[at]
            gap = at
    table[gap] = -1


@njit
@no_type_check
def _bin(coordinates, limits, i, j):
    """The number of the distance bin of two nodes."""
    square = 0.0
    for axis in range(coordinates.shape[1]):
        square += (coordinates[i, axis] - coordinates[j, axis]) ** 2
    return np.searchsorted(limits, square)


@njit
@no_type_check
def _fits(table, n, i, j, single):
    """Whether a connection from j to i may be made."""
    if i == j or _has(table, i * n + j):
        return False
    return not (single and _has(table, j * n + i))


@njit
@no_type_check
def _exchange(table, n, receivers, senders, e, f, single, coordinates, limits):
    """Two connections exchange their receivers; whether they do."""
    i, j, k, m = receivers[e], senders[e], receivers[f], senders[f]
    if i == k or j == m:
        return False
    if len(limits):
        before = _bin(coordinates, limits, i, j), _bin(coordinates, limits, k, m)
        after = _bin(coordinates, limits, k, j), _bin(coordinates, limits, i, m)
        if before != after and before != (after[1], after[0]):
            return False
    if not (_fits(table, n, k, j, single) and _fits(table, n, i, m, single)):
        return False
    _remove(table, i * n + j)
    _remove(table, k * n + m)
    _add(table, k * n + j)
    _add(table, i * n + m)
    receivers[e], receivers[f] = k, i
    return True


@njit
@no_type_check
def _reverse(table, n, receivers, senders, groups, e, f, h):
    """A directed triangle of three connections is reversed; whether it is one and may be.

    No exchange of two can do this, and with exchanges it reaches every graph of the same degrees
    (Rao, Jana and Bandyopadhyay 1996).
    """
    i, j, k = receivers[e], senders[e], receivers[f]
    if receivers[h] != j or groups[e] != groups[f] or groups[e] != groups[h]:
        return False
    for one, other in ((j, i), (i, k), (k, j)):
        if _has(table, one * n + other):
            return False
    for one, other in ((j, i), (i, k), (k, j)):
        _remove(table, other * n + one)
        _add(table, one * n + other)
    receivers[e], receivers[f], receivers[h] = k, j, i
    return True


@njit
@no_type_check
def _exchange_pairs(table, n, ones, others, p, q):
    """Two pairs that are connected both ways exchange partners; whether they do."""
    a, b, c, d = ones[p], others[p], ones[q], others[q]
    if a == c or b == d:
        return False
    if not (_fits(table, n, a, d, True) and _fits(table, n, c, b, True)):
        return False
    for i, j in ((a, b), (b, a), (c, d), (d, c)):
        _remove(table, i * n + j)
    for i, j in ((a, d), (d, a), (c, b), (b, c)):
        _add(table, i * n + j)
    others[p], others[q] = d, b
    return True


@compiled
@no_type_check
def run_chain(
    rng, n, receivers, senders, groups, offsets, ones, others, single, coordinates, limits, steps
):
    """Swap connections in place.

    Args:
        rng: a NumPy generator, all randomness.
        n: the number of nodes.
        receivers: of each connection, in int64; they change.
        senders: of each connection; they stay.
        groups: the number of each connection's group, in rising order. Connections of different
            groups are not exchanged.
        offsets: where each group begins, and where the last one ends.
        ones: of each pair that is connected both ways, one node. Empty unless `single`.
        others: the other node of each pair.
        single: whether `receivers` and `senders` are connections without a return, and stay so.
        coordinates: of the nodes, (n, axes).
        limits: between bins of squared distances; empty where distances do not matter.
        steps: how many are tried.

    Returns:
        How many steps changed something.
    """
    edges, pairs = len(receivers), len(ones)
    size = 16
    while size < 2 * (edges + 2 * pairs):
        size *= 2
    table = np.full(size, -1, np.int64)
    for e in range(edges):
        _add(table, receivers[e] * n + senders[e])
    for p in range(pairs):
        _add(table, ones[p] * n + others[p])
        _add(table, others[p] * n + ones[p])
    # The connections of each sender, which keep their numbers.
    by_sender, sent = np.argsort(senders, kind="mergesort"), np.zeros(n + 1, np.int64)
    for e in range(edges):
        sent[senders[e] + 1] += 1
    sent = np.cumsum(sent)
    accepted = 0
    for _ in range(steps):
        e = int(rng.random() * (edges + pairs))
        if e < edges and rng.random() < TRIANGLES:
            i = receivers[e]
            if sent[i] == sent[i + 1]:
                continue
            f = by_sender[sent[i] + int(rng.random() * (sent[i + 1] - sent[i]))]
            k = receivers[f]
            if sent[k] == sent[k + 1]:
                continue
            h = by_sender[sent[k] + int(rng.random() * (sent[k + 1] - sent[k]))]
            accepted += _reverse(table, n, receivers, senders, groups, e, f, h)
        elif e < edges:
            begin = offsets[groups[e]]
            f = begin + int(rng.random() * (offsets[groups[e] + 1] - begin))
            accepted += _exchange(table, n, receivers, senders, e, f, single, coordinates, limits)
        else:
            q = int(rng.random() * pairs)
            # A pair has no direction, and may be taken by either end.
            if rng.random() < 0.5:
                ones[q], others[q] = others[q], ones[q]
            accepted += _exchange_pairs(table, n, ones, others, e - edges, q)
    return accepted
