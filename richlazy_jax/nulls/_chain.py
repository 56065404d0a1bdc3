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

# How many of the steps turn three connections instead of exchanging two.
THREE = 0.1


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
    if not (_fits(table, n, k, j, single) and _fits(table, n, i, m, single)):
        return False
    if len(limits):
        before = _bin(coordinates, limits, i, j), _bin(coordinates, limits, k, m)
        after = _bin(coordinates, limits, k, j), _bin(coordinates, limits, i, m)
        if before != after and before != (after[1], after[0]):
            return False
    _remove(table, i * n + j)
    _remove(table, k * n + m)
    _add(table, k * n + j)
    _add(table, i * n + m)
    receivers[e], receivers[f] = k, i
    return True


@njit
@no_type_check
def _turn(table, n, receivers, senders, chosen, single, coordinates, limits):
    """Each of three connections gets the receiver of the next; whether they do.

    A directed triangle is reversed by this, which no exchange of two can do. With exchanges it
    reaches every graph of the same degrees (Rao, Jana and Bandyopadhyay 1996).
    """
    old, new = np.empty(3, np.int64), np.empty(3, np.int64)
    bins, bins_after = np.zeros(3, np.int64), np.zeros(3, np.int64)
    for t in range(3):
        e, f = chosen[t], chosen[(t + 1) % 3]
        if receivers[e] == receivers[f] or senders[e] == senders[f]:
            return False
        old[t] = receivers[e] * n + senders[e]
        new[t] = receivers[f] * n + senders[e]
        if len(limits):
            bins[t] = _bin(coordinates, limits, receivers[e], senders[e])
            bins_after[t] = _bin(coordinates, limits, receivers[f], senders[e])
    if len(limits) and (np.sort(bins) != np.sort(bins_after)).any():
        return False
    for t in range(3):
        _remove(table, old[t])
    made = 0
    while made < 3 and _fits(table, n, new[made] // n, new[made] % n, single):
        _add(table, new[made])
        made += 1
    if made < 3:
        for t in range(made):
            _remove(table, new[t])
        for t in range(3):
            _add(table, old[t])
        return False
    for t in range(3):
        receivers[chosen[t]] = new[t] // n
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


@njit(cache=True)
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
    chosen, accepted = np.empty(3, np.int64), 0
    for _ in range(steps):
        e = int(rng.random() * (edges + pairs))
        if e < edges:
            begin = offsets[groups[e]]
            within = offsets[groups[e] + 1] - begin
            f = begin + int(rng.random() * within)
            if rng.random() < THREE:
                chosen[0], chosen[1] = e, f
                chosen[2] = begin + int(rng.random() * within)
                accepted += _turn(
                    table, n, receivers, senders, chosen, single, coordinates, limits
                )
            else:
                accepted += _exchange(
                    table, n, receivers, senders, e, f, single, coordinates, limits
                )
        else:
            q = int(rng.random() * pairs)
            # A pair has no direction, and may be taken by either end.
            if rng.random() < 0.5:
                ones[q], others[q] = others[q], ones[q]
            accepted += _exchange_pairs(table, n, ones, others, e - edges, q)
    return accepted
