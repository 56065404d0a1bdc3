"""Each null keeps exactly what it says, and changes the rest."""

from typing import Any

import jax
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from richlazy_jax.nulls import NULLS, null_weights

WIRED = [name for name in NULLS if name not in ("gaussian", "places")]
WITH_SENDERS = [name for name in WIRED if name != "bare_degrees"]


@st.composite
def connectomes(draw):
    """Weights with returned connections, some on the diagonal, and columns of one sign each."""
    n = draw(st.integers(2, 14))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    there = rng.random((n, n)) < draw(st.sampled_from([0.1, 0.3, 0.6]))
    there |= there.T & (rng.random((n, n)) < 0.5)
    return there * rng.integers(1, 6, (n, n)) * rng.choice([-1.0, 1.0], n)


def drawn(w, null, seed=0, **options):
    n = len(w)
    rng = np.random.default_rng(7)
    classes, coordinates = rng.integers(0, 3, n), rng.random((n, 2))
    more = {"classes": {"classes": classes}, "distances": {"coordinates": coordinates}}
    return null_weights(jax.random.key(seed), w, null, **more.get(null, {}), **options)


def off_diagonal(w):
    return w - np.diag(np.diag(w))


@settings(max_examples=30)
@given(connectomes(), st.sampled_from([name for name in NULLS if name != "gaussian"]))
def test_weights_their_number_and_the_diagonal(w, null):
    got = drawn(w, null)
    np.testing.assert_array_equal(np.diag(got), np.diag(w))
    np.testing.assert_array_equal(np.sort(got, axis=None), np.sort(w, axis=None))


@settings(max_examples=30)
@given(connectomes(), st.sampled_from(WIRED))
def test_degrees(w, null):
    got = drawn(w, null)
    for axis in (0, 1):
        np.testing.assert_array_equal((got != 0).sum(axis), (w != 0).sum(axis))


@settings(max_examples=30)
@given(connectomes(), st.sampled_from(WITH_SENDERS))
def test_what_each_node_sends(w, null):
    got = drawn(w, null)
    # Column by column, which holds out-strengths and signs.
    for before, after in zip(off_diagonal(w).T, off_diagonal(got).T, strict=True):
        np.testing.assert_array_equal(np.sort(after), np.sort(before))


@settings(max_examples=30)
@given(connectomes())
def test_reciprocal_pairs_of_each_node(w):
    there, got = off_diagonal(w) != 0, off_diagonal(drawn(w, "reciprocity")) != 0
    np.testing.assert_array_equal((got & got.T).sum(0), (there & there.T).sum(0))


@settings(max_examples=30)
@given(connectomes())
def test_what_each_node_sends_to_and_receives_from_each_class(w):
    labels = np.random.default_rng(7).integers(0, 3, len(w))
    before, after = off_diagonal(w), off_diagonal(drawn(w, "classes"))
    for label in range(3):
        here = labels == label
        np.testing.assert_array_equal((after[:, here] != 0).sum(1), (before[:, here] != 0).sum(1))
        np.testing.assert_array_equal(np.sort(after[here], 0), np.sort(before[here], 0))


@settings(max_examples=30)
@given(connectomes())
def test_connections_at_each_distance(w):
    rng = np.random.default_rng(7)
    rng.integers(0, 3, len(w))
    places = rng.random((len(w), 2))
    distances = ((places[:, None] - places) ** 2).sum(2)
    before, after = (distances[off_diagonal(each) != 0] for each in (w, drawn(w, "distances")))
    if not len(before):
        return
    limits = np.unique(np.quantile(before, [0.2, 0.4, 0.6, 0.8]))
    # A connection whose own distance is a limit may be on either side by rounding.
    for limit in limits:
        below = [((d < limit - 1e-12).sum(), (d < limit + 1e-12).sum()) for d in (before, after)]
        assert below[1][0] <= below[0][1]
        assert below[0][0] <= below[1][1]


@settings(max_examples=10)
@given(connectomes())
def test_gaussian_keeps_the_norm(w):
    got = drawn(w, "gaussian")
    assert np.linalg.norm(got) == pytest.approx(np.linalg.norm(w), rel=1e-12)


@pytest.mark.parametrize("null", NULLS)
def test_one_key_one_draw_and_sparse_as_dense(null):
    rng = np.random.default_rng(1)
    w = (rng.random((30, 30)) < 0.2) * rng.standard_normal((30, 30))
    before = w.copy()
    one, again, other = (drawn(w, null, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert (one != w).any()
    np.testing.assert_array_equal(w, before)
    as_sparse = sp.csr_array(w)
    more: dict[str, Any] = {}
    if null == "classes":
        more["classes"] = ["a"] * 10 + ["b"] * 20
    if null == "distances":
        more["coordinates"] = rng.random((30, 2))
    dense, sparse = (null_weights(jax.random.key(3), each, null, **more) for each in (w, as_sparse))
    assert isinstance(sparse, sp.csr_array)
    assert isinstance(dense, np.ndarray)
    assert sparse.dtype == dense.dtype == np.float64
    np.testing.assert_array_equal(sparse.toarray(), dense)
    np.testing.assert_array_equal(as_sparse.toarray(), before)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("w", [np.zeros((3, 3)), np.eye(3), np.eye(3, k=1)[:2, :2]])
def test_where_there_is_nothing_to_swap(null, w):
    got = drawn(w, null)
    if null == "places":
        assert np.count_nonzero(got) == np.count_nonzero(w)
    elif null != "gaussian":
        np.testing.assert_array_equal(got, w)
