"""Names, weights and what is refused of them."""

import dataclasses

import numpy as np
import pytest
import scipy.sparse

from richlazy_jax.connectomes import Connectome, receive_only

W = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 5.0], [0.0, 3.0, 0.0]])
NAMES = ("AVAL", "AVAR", "RIS")


def small(weights=W, names=NAMES):
    return Connectome(names, weights, "Doe (2020)")


def test_holds_a_copy_that_cannot_be_written():
    given = W.astype(np.float32)
    c = small(given)
    given[0, 1] = 9.0
    assert (c.names, c.source, c.weights.dtype) == (NAMES, "Doe (2020)", np.float64)
    np.testing.assert_array_equal(c.weights, W)
    with pytest.raises(ValueError, match="read-only"):
        c.weights[0, 1] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        c.source = "x"  # pyright: ignore[reportAttributeAccessIssue]


def test_without_takes_out_row_and_column():
    c = small().without("AVAL")
    assert c.names == ("AVAR", "RIS")
    np.testing.assert_array_equal(c.weights, [[0.0, 5.0], [3.0, 0.0]])
    np.testing.assert_array_equal(small().without().weights, W)


def test_signs_are_those_of_the_sender():
    signed = small().signed(np.array([1, -1, 1])).weights
    np.testing.assert_array_equal(signed, [[0, -2, 0], [1, 0, 5], [0, -3, 0]])
    # Rows receive, so that what AVAR sends is its column.
    assert (np.sign(signed).sum(axis=0) == [1, -2, 1]).all()


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, bool, np.float16])
def test_real_dtypes_are_taken(no_shape_checks, dtype):
    given = np.array([[0, 1], [1, 0]], dtype)
    np.testing.assert_array_equal(small(given, ("a", "b")).weights, [[0.0, 1.0], [1.0, 0.0]])


def at(i, j, value):
    w = W.copy()
    w[i, j] = value
    return w


BAD = [
    (lambda: small(W[:2]), r"Doe \(2020\): weights has shape \(2, 3\); .*\(n, n\)"),
    (lambda: small(W[0]), r"weights has shape \(3,\); .*\(n, n\)"),
    (lambda: small(W + 1j), r"weights has dtype complex128; .*real numbers"),
    (lambda: small(W.astype(str)), r"weights has dtype <U\d+; .*real numbers"),
    (lambda: small(W.astype(object)), r"weights has dtype object; .*real numbers"),
    (lambda: small(at(1, 2, np.nan)), r"weights\[1, 2\] is nan; .*finite"),
    (lambda: small(at(2, 0, -np.inf)), r"weights\[2, 0\] is -inf; .*finite"),
    (lambda: small(W * 0), r"weights is zero everywhere; .*at least one"),
    (lambda: small(np.ones((1, 1)), ("a",)), r"nodes are 1; .*at least 2"),
    (lambda: small(np.ones((0, 0)), ()), r"nodes are 0; .*at least 2"),
    (lambda: small(names=("a", "b")), r"names has 2 entries; allowed are 3"),
    (lambda: small(names=("a", "b", "a")), r"names\[2\] is 'a', as is names\[0\]; .*differ"),
    (lambda: small(names=("a", "", "b")), r"names\[1\] is ''; .*not empty"),
    (lambda: small(names=("a", "b", 3)), r"names\[2\] is 3; .*strings"),
    (lambda: small(names="abc"), r"names is 'abc'; .*sequence"),
    (
        lambda: small().without("RIS", "aval2"),
        r"Doe \(2020\): 'aval2' is not known; allowed are 3 names, and the nearest.*'AVAL'",
    ),
    (lambda: small().without("AVAL", "RIS"), r"nodes are 1; .*at least 2"),
    (lambda: small().without("AVAR"), r"weights is zero everywhere"),
    (lambda: small().signed(np.array([1, 1])), r"signs has shape \(2,\); allowed is \(3,\)"),
    (lambda: small().signed(np.array([1, 0, 1])), r"signs holds 0 for 'AVAR'; .*\+1 and -1"),
    (lambda: small().signed(np.array([1, 1, np.nan])), r"signs holds nan for 'RIS'"),
    (
        lambda: small(at(1, 0, -4.0)).signed(np.ones(3)),
        r"weights\[1, 0\] is -4\.0, negative already; .*at least 0",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("of", ["csr", "csc", "coo", "lil", "dia"])
def test_sparse_weights_are_those_of_the_dense_ones(of):
    c = small(getattr(scipy.sparse, f"{of}_array")(W.astype(np.float32)))
    assert isinstance(c.sparse, scipy.sparse.csr_array)
    assert (c.sparse.dtype, c.sparse.has_canonical_format) == (np.float64, True)
    np.testing.assert_array_equal(c.weights, W)
    np.testing.assert_array_equal(c.sparse.toarray(), W)


def test_sparse_has_no_zeros_written_out_and_cannot_be_written():
    given = scipy.sparse.coo_array(([2.0, 0.0, 1.0], ([0, 1, 1], [1, 2, 0])), shape=(3, 3))
    c = small(given)
    assert c.sparse.nnz == 2
    with pytest.raises(ValueError, match="read-only"):
        c.sparse.data[0] = 1.0


TWICE = scipy.sparse.coo_array(([1.0, 2.0], ([1, 1], [2, 2])), shape=(3, 3))
BAD_SPARSE = [
    (scipy.sparse.csr_array(W[:2]), r"weights has shape \(2, 3\); .*\(n, n\)"),
    (scipy.sparse.csr_array(W + 1j), r"weights has dtype complex128"),
    (scipy.sparse.csr_array(at(1, 2, np.nan)), r"weights\[1, 2\] is nan; .*finite"),
    (scipy.sparse.csr_array((3, 3)), r"weights is zero everywhere"),
    (TWICE, r"weights\[1, 2\] is there twice; .*once"),
]


@pytest.mark.parametrize(("weights", "message"), BAD_SPARSE)
def test_bad_sparse_input(no_shape_checks, weights, message):
    with pytest.raises(ValueError, match=message):
        small(weights)


def test_a_whole_brain_is_held_without_a_dense_array():
    n, rng = 140_000, np.random.default_rng(0)
    i, j = rng.integers(0, n, (2, 300_000))
    first = np.unique(i * n + j, return_index=True)[1]
    w = scipy.sparse.coo_array((np.ones(len(first)), (i[first], j[first])), shape=(n, n))
    c = Connectome([str(k) for k in range(n)], w, "large")
    assert c.sparse.nnz == len(first)
    with pytest.raises(ValueError, match=r"140,000 nodes .*sparse"):
        _ = c.weights
    rest = c.without(str(i[0]))
    assert len(rest.names) == n - 1
    touching = np.count_nonzero((i[first] == i[0]) | (j[first] == i[0]))
    assert rest.sparse.nnz == len(first) - touching
    signs = np.where(np.arange(n) % 3 == 0, -1, 1)
    signed = c.signed(signs).sparse.tocoo()
    np.testing.assert_array_equal(signed.data, signs[signed.coords[1]])
    with pytest.raises(ValueError, match=r"names\[7\] is '3', as is names\[3\]"):
        Connectome([str(k if k != 7 else 3) for k in range(n)], w, "large")
    only = set(receive_only(c))
    assert only == {str(k) for k in np.setdiff1d(i[first], j[first])}


def test_what_was_done_is_said():
    assert small().said == ()
    c = Connectome(NAMES, W, "x", ["Read."]).without("AVAL").signed(np.array([1, -1]))
    assert c.said == (
        "Read.",
        "Taken out: 'AVAL'.",
        "Signs were given to what nodes send: 1 nodes inhibit.",
    )
