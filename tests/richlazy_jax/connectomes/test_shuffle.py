"""Entries in random places."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from richlazy_jax.connectomes import shuffled_weights

SEEDS = st.integers(0, 99)


# Few sizes, as each is compiled.
@given(st.sampled_from([1, 2, 5]), st.booleans(), st.integers(0, 99))
def test_the_same_entries(n, diagonal, seed):
    w = np.random.default_rng(seed).integers(0, 4, (n, n)) * 1.0
    if not diagonal:
        np.fill_diagonal(w, 0)
    got = np.asarray(shuffled_weights(jax.random.key(seed), w, diagonal))
    np.testing.assert_array_equal(np.sort(got, axis=None), np.sort(w, axis=None))
    if not diagonal:
        assert not got.diagonal().any()


@pytest.mark.parametrize("diagonal", [False, True])
def test_any_two_weights_come_to_lie_anywhere_equally_often(diagonal):
    w = jnp.zeros((3, 3)).at[0, 1].set(1.0).at[2, 0].set(2.0)
    n = 20_000
    keys = jax.random.split(jax.random.key(0), n)
    got = np.asarray(jax.jit(jax.vmap(lambda key: shuffled_weights(key, w, diagonal)))(keys))
    flat = got.reshape(n, 9)
    pairs = np.argmax(flat == 1, axis=1) * 9 + np.argmax(flat == 2, axis=1)
    counts = np.bincount(pairs, minlength=81).reshape(9, 9)
    places = [i for i in range(9) if diagonal or i % 4]
    allowed = np.zeros((9, 9), bool)
    allowed[np.ix_(places, places)] = True
    np.fill_diagonal(allowed, False)
    assert not counts[~allowed].any()
    p = 1 / allowed.sum()
    # 72 counts at most: one beyond 4 standard errors by chance once in 200.
    assert (np.abs(counts[allowed] - n * p) < 4 * np.sqrt(n * p * (1 - p))).all()


def test_one_key_one_order():
    w = np.arange(25.0).reshape(5, 5)
    one, again = (shuffled_weights(jax.random.key(1), w, diagonal=True) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert (one != shuffled_weights(jax.random.key(2), w, diagonal=True)).any()


def test_a_traced_diagonal_stays():
    batch = np.random.default_rng(0).standard_normal((4, 4, 4)).astype(np.float32)
    keys = jax.random.split(jax.random.key(0), 4)
    got = np.asarray(jax.jit(jax.vmap(shuffled_weights))(keys, batch))
    for before, after in zip(batch, got, strict=True):
        np.testing.assert_array_equal(after.diagonal(), before.diagonal())
        np.testing.assert_array_equal(np.sort(after, axis=None), np.sort(before, axis=None))


KEY = jax.random.key(0)
BAD = [
    (lambda: shuffled_weights(KEY, jnp.ones((2, 3))), r"w has shape \(2, 3\); .*\(n, n\)"),
    (lambda: shuffled_weights(KEY, jnp.ones(3)), r"w has shape \(3,\)"),
    (
        lambda: shuffled_weights(KEY, jnp.diag(jnp.array([0.0, 2.5]))),
        r"w\[1, 1\] is 2\.5 while diagonal is False; .*diagonal=True",
    ),
    (
        lambda: jax.jit(lambda key: shuffled_weights(key, np.eye(2)))(KEY),
        r"w\[0, 0\] is 1\.0 while diagonal is False",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()


@given(st.sampled_from([2, 3, 40]), st.booleans(), st.sampled_from([0.05, 0.4, 0.9]), SEEDS)
def test_sparse_weights_stay_sparse_and_are_the_same(n, diagonal, density, seed):
    rng = np.random.default_rng(seed)
    w = rng.lognormal(size=(n, n)) * (rng.random((n, n)) < density)
    w[1, 0] = 1.0
    if not diagonal:
        np.fill_diagonal(w, 0)
    for most in (0, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("richlazy_jax.connectomes._shuffle._ORDERED", most)
            got = shuffled_weights(jax.random.key(seed), csr_array(w), diagonal)
        assert got.nnz == np.count_nonzero(w)
        assert got.has_canonical_format
        np.testing.assert_array_equal(np.sort(got.data), np.sort(w[w != 0]))
        assert diagonal or not got.diagonal().any()


@pytest.mark.parametrize("diagonal", [False, True])
@pytest.mark.parametrize("most", [0, 10**9])
@pytest.mark.parametrize("count", [2, 5])
def test_sparse_weights_come_to_lie_anywhere_equally_often(monkeypatch, diagonal, most, count):
    monkeypatch.setattr("richlazy_jax.connectomes._shuffle._ORDERED", most)
    w = np.zeros((3, 3))
    w[[0, 0, 1, 1, 2], [1, 2, 0, 2, 0]] = [1, 2, 3, 4, 5]
    w[w > count] = 0
    draws, places = 3000, [i for i in range(9) if diagonal or i % 4]
    counts = np.zeros((count + 1, 9))
    for key in jax.random.split(jax.random.key(1), draws):
        got = shuffled_weights(key, csr_array(w), diagonal).toarray().ravel().astype(int)
        counts[got, range(9)] += 1
    p = 1 / len(places)
    off = counts[1:, places] - draws * p
    # 45 counts at most: one beyond 4 standard deviations has odds of 1 in 350.
    assert np.abs(off).max() < 4 * np.sqrt(draws * p * (1 - p))
    assert counts[1:].sum() == draws * count


def test_a_sparse_diagonal_is_refused():
    with pytest.raises(ValueError, match=r"w\[1, 1\] is 2.0 while diagonal is False"):
        shuffled_weights(jax.random.key(0), csr_array(np.diag([0.0, 2.0])))
