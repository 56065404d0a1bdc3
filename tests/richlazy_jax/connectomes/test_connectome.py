"""Names, weights and what is refused of them."""

import dataclasses

import numpy as np
import pytest

from richlazy_jax.connectomes import Connectome

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
