"""Entries in random places."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from richlazy_jax.connectomes import shuffled_weights


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
