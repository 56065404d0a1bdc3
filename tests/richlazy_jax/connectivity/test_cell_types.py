"""Weights of cell types: counts, moments of each block, signs and norms."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax.connectivity as rc

TABLE = rc.CellTypes(
    names=("E", "I", "X"),
    sizes=np.array([5.0, 2.0, 3.0]),
    probability=np.array([[0.3, 0.8, 0.0], [1.0, 0.5, 0.6], [0.4, 0.2, 0.7]]),
    mean=np.array([[0.5, -2.0, 1.0], [0.1, -1.0, 0.0], [3.0, -0.3, 0.2]]),
    sd=np.array([[0.2, 0.5, 0.1], [0.0, 0.6, 0.0], [1.0, 0.1, 0.1]]),
)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(45, 300))
def test_counts_are_those_of_largest_remainders(relative, size):
    k = len(relative)
    ones = np.ones((k, k))
    table = rc.CellTypes(tuple(map(str, range(k))), np.array(relative, float), ones, ones, ones)
    counts = rc.cell_type_counts(table, size)
    total = sum(relative)
    # In whole numbers: the remainder of each share, in parts of the total.
    wholes = [size * r // total for r in relative]
    remainders = [size * r % total for r in relative]
    assert sum(counts) == size
    got_more = [count - whole for count, whole in zip(counts, wholes, strict=True)]
    assert set(got_more) <= {0, 1}
    order = [(-remainder, i) for i, remainder in enumerate(remainders)]
    chosen = [o for o, more in zip(order, got_more, strict=True) if more]
    others = [o for o, more in zip(order, got_more, strict=True) if not more]
    assert not chosen or not others or max(chosen) < min(others)


def test_a_type_without_units_is_refused():
    table = rc.potjans_diesmann()
    assert sum(rc.cell_type_counts(table, 73)) == 73
    with pytest.raises(ValueError, match=r"size is 30, .*no unit to type L5I; from 73 on"):
        rc.cell_type_counts(table, 30)
    with pytest.raises(ValueError, match=r"size is 2, .*no unit to type"):
        rc.cell_type_weights(jax.random.key(0), 2, TABLE)


@pytest.mark.parametrize(
    ("size", "counts", "distribution"),
    [(4, (2, 1, 1), "normal"), (11, (6, 2, 3), "lognormal")],
)
def test_moments_of_each_block(draws, assert_means, size, counts, distribution):
    assert rc.cell_type_counts(TABLE, size) == counts
    w = draws(
        lambda key: rc.cell_type_weights(
            key, size, TABLE, distribution=distribution, resized=False
        ),
        20_000,
    )
    types = [t for t, count in enumerate(counts) for _ in range(count)]
    means, squares = np.zeros((2, size, size))
    for i, a in enumerate(types):
        for j, b in enumerate(types):
            p, m, s = TABLE.probability[a, b], TABLE.mean[a, b], TABLE.sd[a, b]
            means[i, j], squares[i, j] = p * m, p * (s**2 + m**2)
    assert_means(w, means)
    assert_means(w**2, squares)
    assert_means((w.sum((1, 2)) - means.sum()) ** 2, (squares - means**2).sum())
    if distribution == "lognormal":
        senders = np.array([1, -1, 1])[types]
        assert (w * senders >= 0).all()


def one_type(mean, sd, probability=1.0):
    p, m, s = (np.full((1, 1), x) for x in (probability, mean, sd))
    return rc.CellTypes(("A",), np.ones(1), p, m, s)


def test_shape_of_the_distributions(draws, assert_means):
    """By their quantiles: the median of a lognormal, and the share of a Gaussian below 0."""
    table = one_type(-2.0, 3.0, 0.5)
    kept = 0.5
    w = draws(lambda key: rc.cell_type_weights(key, 4, table, resized=False), 8000)
    median = -2 / math.sqrt(1 + 1.5**2)
    assert_means(w < median, np.full((4, 4), kept / 2))
    w = draws(
        lambda key: rc.cell_type_weights(key, 4, table, distribution="normal", resized=False), 8000
    )
    above = 0.5 * math.erfc(2 / 3 / math.sqrt(2))
    assert_means(w > 0, np.full((4, 4), kept * above))


def test_resized_to_the_null_of_the_same_key(x64):
    table = rc.potjans_diesmann()

    def pair(key):
        return rc.cell_type_weights(key, 40, table, gain=2), rc.gaussian_weights(key, 40, 2)

    keys = jax.random.split(jax.random.key(1), 3)
    w, null = jax.jit(jax.vmap(pair))(keys)
    norms = np.linalg.norm(w, axis=(1, 2))
    np.testing.assert_allclose(norms, np.linalg.norm(null, axis=(1, 2)), rtol=1e-13)
    assert len(set(norms)) == 3
    one = rc.cell_type_weights(keys[2], 40, table, resized=False)
    np.testing.assert_allclose(w[2], one * norms[2] / np.linalg.norm(one), rtol=1e-12)
    assert w.dtype == jnp.float64
    # In mV, excitation is some 0.15 or 0.3 and inhibition some -0.6, with sd of a tenth.
    strength = np.abs(one[one != 0])
    assert 0.15 * 0.5 < strength.min() < 0.15
    assert 0.6 < strength.max() < 0.6 * 1.5


def test_bad_input(no_shape_checks):
    key = jax.random.key(0)
    with pytest.raises(ValueError, match=r"distribution is 'gamma'; .*'lognormal', 'normal'"):
        rc.cell_type_weights(key, 5, TABLE, distribution="gamma")
    signless = one_type(0.0, 1.0)
    with pytest.raises(ValueError, match=r"sd of A from A is 1\.0 with mean 0; .*'normal'"):
        rc.cell_type_weights(key, 5, signless)
    assert rc.cell_type_weights(key, 5, signless, distribution="normal").any()
    with pytest.raises(ValueError, match=r"gain is 0"):
        rc.cell_type_weights(key, 5, TABLE, gain=0)
