"""Random networks: the frequency of every motif, and the weights made of them."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax.connectivity as rc

STATISTICS = [
    (4, rc.MotifStatistics(0.1, 0.1, 0.3, 0.3)),
    # On the bound of chains, and a remainder that makes pairs exclude each other.
    (5, rc.MotifStatistics(0.3, 0.2, 0.2, 0.2, -0.1)),
    (6, rc.MotifStatistics(0.5, -0.1, 0.1, 0.3, 0.0)),
    # Without senders of their own.
    (4, rc.MotifStatistics(0.7, 0.0, 0.2, 0.0, 0.06)),
    (5, rc.MotifStatistics(0.2, reciprocal=3)),
]


@pytest.mark.parametrize(("size", "statistics"), STATISTICS)
def test_frequencies_of_all_pairs_of_connections(draws, assert_means, size, statistics):
    a = draws(lambda key: rc.sonet_adjacency(key, size, statistics), 20_000)
    assert set(np.unique(a)) == {0, 1}
    assert not np.diagonal(a, axis1=1, axis2=2).any()

    def frequency(units, first, second):
        each = [
            a[:, u[first[0]], u[first[1]]] * a[:, u[second[0]], u[second[1]]]
            for u in itertools.permutations(range(size), units)
        ]
        return np.mean(each, axis=0)

    p = statistics.probability
    excesses = {
        (3, (0, 1), (1, 2)): statistics.chain,
        (3, (0, 1), (0, 2)): statistics.convergent,
        (3, (1, 0), (2, 0)): statistics.divergent,
        (2, (0, 1), (1, 0)): statistics.expected_reciprocal,
        # Connections without a common unit know nothing of each other.
        (4, (0, 1), (2, 3)): 0.0,
    }
    got = np.stack([frequency(*motif) for motif in excesses], axis=1)
    assert_means(got, p**2 * (1 + np.array(list(excesses.values()))))
    every = ~np.eye(size, dtype=bool)
    assert_means(a[:, every], np.full(every.sum(), p))


def test_measured_in_a_large_network_as_asked_for(draws, assert_means):
    """Unbiased frequencies, by the counting of `measured_motifs`."""
    statistics = rc.MotifStatistics(0.1, 0.1, 0.3, 0.2, 2.0)

    def frequencies(key):
        p, *excesses = rc.measured_motifs(rc.sonet_adjacency(key, 60, statistics))
        return jnp.stack([p, *(p**2 * (1 + alpha) for alpha in excesses)])

    expected = [0.1, *(0.01 * (1 + np.array([0.1, 0.3, 0.2, 2.0])))]
    assert_means(draws(frequencies, 1000), np.array(expected))


SOME = rc.MotifStatistics(0.2, 0.2, 0.3, 0.4, 1.0)


def test_weights_in_their_own_units(draws, assert_means):
    def both(key):
        return jnp.stack(
            [rc.motif_weights(key, 5, SOME, centred=c, resized=False) for c in (True, False)]
        )

    w, a = np.moveaxis(draws(both, 8000), 1, 0)
    every = ~np.eye(5, dtype=bool)
    assert set(np.unique(a)) == {0, 1}
    assert not w[:, ~every].any()
    np.testing.assert_allclose(w[:, every], a[:, every] - 0.2, atol=1e-7)
    assert_means(w[:, every], np.zeros(20))
    assert_means(w[:, every] ** 2, np.full(20, 0.2 * 0.8))
    # The motifs are what is left: 0.2² times the excess.
    covariances = np.stack(
        [w[:, 0, 1] * w[:, 1, 2], w[:, 0, 1] * w[:, 0, 2], w[:, 1, 0] * w[:, 2, 0]], axis=1
    )
    assert_means(covariances, 0.04 * np.array([0.2, 0.3, 0.4]))


def test_resized_to_the_null_of_the_same_key(x64):
    def made(key):
        w, a = (rc.motif_weights(key, 12, SOME, centred=c, gain=1.5) for c in (True, False))
        return w, a, rc.gaussian_weights(key, 12, 1.5)

    keys = jax.random.split(jax.random.key(1), 3)
    w, a, null = jax.jit(jax.vmap(made))(keys)
    norms = np.linalg.norm(null, axis=(1, 2))
    assert len(set(norms)) == 3
    np.testing.assert_allclose(np.linalg.norm(w, axis=(1, 2)), norms, rtol=1e-13)
    np.testing.assert_allclose(np.linalg.norm(a, axis=(1, 2)), norms, rtol=1e-13)
    assert w.dtype == a.dtype == jnp.float64
    one = rc.motif_weights(keys[2], 12, SOME, resized=False)
    np.testing.assert_allclose(w[2], one * norms[2] / np.linalg.norm(one), rtol=1e-12)
    np.testing.assert_array_equal(a[2] > 0, one > 0)


def test_bad_input(no_shape_checks):
    key = jax.random.key(0)
    for call in (rc.sonet_adjacency, rc.motif_weights):
        with pytest.raises(ValueError, match=r"size is 1; .*>= 2"):
            call(key, 1, SOME)
    with pytest.raises(ValueError, match=r"gain is 0"):
        rc.motif_weights(key, 3, SOME, gain=0)
    never = rc.MotifStatistics(1e-9)
    with pytest.raises(ValueError, match=r"w is zero everywhere"):
        rc.motif_weights(key, 3, never, centred=False)
