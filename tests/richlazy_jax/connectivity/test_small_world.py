"""Small worlds: the lattice, the law of every unit's senders, and the weights."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax.connectivity as rc


def nearest(size, unit, neighbours):
    """The first of unit + 1, unit - 1, unit + 2, ..., each once."""
    found = []
    for distance in range(1, size):
        for sender in ((unit + distance) % size, (unit - distance) % size):
            if sender != unit and sender not in found:
                found.append(sender)
    return set(found[:neighbours])


@pytest.mark.parametrize(
    ("size", "neighbours"), [(2, 1), (5, 4), (6, 5), (6, 3), (9, 2), (30, 4), (30, 7)]
)
def test_a_ring_where_nothing_is_rewired(size, neighbours):
    w = rc.small_world_weights(jax.random.key(0), size, neighbours=neighbours, rewired=0)
    for unit in range(size):
        assert set(np.flatnonzero(w[unit])) == nearest(size, unit, neighbours)


def chances(size, unit, neighbours, rewired):
    """The chance of each set of senders, by going through all markings and all choices."""
    chance = dict.fromkeys(
        itertools.combinations([u for u in range(size) if u != unit], neighbours), 0.0
    )
    lattice = nearest(size, unit, neighbours)
    for kept in itertools.chain.from_iterable(
        itertools.combinations(lattice, m) for m in range(neighbours + 1)
    ):
        of_marking = (1 - rewired) ** len(kept) * rewired ** (neighbours - len(kept))
        free = [u for u in range(size) if u != unit and u not in kept]
        choices = list(itertools.combinations(free, neighbours - len(kept)))
        for choice in choices:
            chance[tuple(sorted((*kept, *choice)))] += of_marking / len(choices)
    return chance


@pytest.mark.parametrize(
    ("size", "neighbours", "rewired"),
    [
        (5, 2, 0.3),
        *(
            pytest.param(*law, marks=pytest.mark.slow)
            for law in ((6, 3, 0.7), (6, 2, 1), (4, 3, 0.5))
        ),
    ],
)
def test_the_law_of_the_senders(draws, assert_means, size, neighbours, rewired):
    gain = 1.5

    def both(key):
        w = rc.small_world_weights(
            key, size, neighbours=neighbours, rewired=rewired, gain=gain, resized=False
        )
        return jnp.stack([w, rc.gaussian_weights(key, size, gain)])

    w, null = np.moveaxis(draws(both, 10_000), 1, 0)
    a = w != 0
    assert (a.sum(2) == neighbours).all()
    assert not np.diagonal(a, axis1=1, axis2=2).any()
    frequent = np.zeros((size, size))
    for unit in range(size):
        chance = chances(size, unit, neighbours, rewired)
        np.testing.assert_allclose(sum(chance.values()), 1)
        indicators = [
            [set(senders) == set(np.flatnonzero(row)) for senders in chance] for row in a[:, unit]
        ]
        assert_means(np.array(indicators), np.array(list(chance.values())))
        for senders, p in chance.items():
            frequent[unit, list(senders)] += p
    # Rows know nothing of each other.
    pairs = [(i, j) for i in range(size) for j in range(size) if i < j]
    together = np.stack([a[:, i, :, None] * a[:, j, None, :] for i, j in pairs], axis=1)
    assert_means(together, np.stack([np.outer(frequent[i], frequent[j]) for i, j in pairs]))
    variance = gain**2 / neighbours
    assert_means(w, np.zeros((size, size)))
    assert_means(w**2, variance * frequent)
    # Together, because one entry's fourth powers are too skewed for errors from their spread.
    assert_means((w**4).sum((1, 2)), 3 * variance**2 * frequent.sum())
    assert_means((w**2).sum(2), np.full(size, gain**2))
    assert_means(w.sum((1, 2)) ** 2, size * gain**2)
    assert_means(w * null, np.zeros((size, size)))
    assert_means(a * null, np.zeros((size, size)))


def test_degrees_and_kept_neighbours_of_a_large_network(draws, assert_means):
    """The expected share of lattice connections, from the binomial number of marked ones."""
    n, k, q = 60, 8, 0.25
    w = draws(lambda key: rc.small_world_weights(key, n, neighbours=k, rewired=q), 200)
    a = w != 0
    assert (a.sum(2) == k).all()
    assert_means(a.sum(1), np.full(n, k))
    lattice = np.array([[j in nearest(n, i, k) for j in range(n)] for i in range(n)])
    marked = np.random.default_rng(0).binomial(k, q, 1_000_000)
    kept = (k - marked + marked * marked / (n - 1 - k + marked)) / k
    # A million of these have a standard error far below that of the networks.
    assert_means((a & lattice).sum((1, 2)) / (n * k), kept.mean())


def test_resized_to_the_null_of_the_same_key(x64):
    numbers = {"neighbours": 3, "rewired": 0.4}

    def pair(key):
        w = rc.small_world_weights(key, 10, gain=1.5, **numbers)
        return w, rc.gaussian_weights(key, 10, 1.5)

    keys = jax.random.split(jax.random.key(1), 4)
    w, null = jax.jit(jax.vmap(pair))(keys)
    assert w.dtype == jnp.float64
    norms = np.linalg.norm(null, axis=(1, 2))
    assert len(set(norms)) == 4
    np.testing.assert_allclose(np.linalg.norm(w, axis=(1, 2)), norms, rtol=1e-13)
    one = rc.small_world_weights(keys[2], 10, resized=False, **numbers)
    np.testing.assert_allclose(w[2], one * norms[2] / np.linalg.norm(one), rtol=1e-12)


KEY = jax.random.key(0)


def made(size=6, neighbours=2, rewired=0.1, **others):
    return rc.small_world_weights(KEY, size, neighbours=neighbours, rewired=rewired, **others)


BAD = [
    (lambda: made(size=1), r"size is 1; .*>= 2"),
    (lambda: made(neighbours=0), r"neighbours is 0; .*from 1 to 5"),
    (lambda: made(neighbours=6), r"neighbours is 6; .*from 1 to 5"),
    (lambda: made(neighbours=2.5), r"neighbours is 2\.5; .*whole number"),  # pyright: ignore[reportArgumentType]
    (lambda: made(rewired=-0.1), r"rewired is -0\.1; .*from 0 to 1"),
    (lambda: made(rewired=1.1), r"rewired is 1\.1; .*from 0 to 1"),
    (lambda: made(rewired=float("nan")), r"rewired is nan"),
    (lambda: made(gain=0.0), r"gain is 0\.0; .*above 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
