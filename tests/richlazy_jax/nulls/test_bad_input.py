"""What is refused, and the participation ratio beside singular values."""

import jax
import numpy as np
import pytest
import scipy.sparse as sp

from richlazy_jax.nulls import LARGEST_GAUSSIAN, null_weights

KEY = jax.random.key(0)
W = np.array([[0.0, 1, 2], [3, 0, 0], [0, 4, 0]])


def wrong_at(i, j, value):
    w = W.copy()
    w[i, j] = value
    return w


BAD = [
    (lambda: null_weights(KEY, W, "other"), r"null is 'other'; allowed are 'gaussian', 'places'"),
    (lambda: null_weights(KEY, W, swaps=0), r"swaps is 0; allowed is a whole number >= 1"),
    (lambda: null_weights(KEY, np.ones((2, 3))), r"weights has shape \(2, 3\); .*\(n, n\)"),
    (lambda: null_weights(KEY, sp.csr_array(np.ones((2, 3)))), r"weights has shape \(2, 3\)"),
    (lambda: null_weights(KEY, W * 1j), r"weights has dtype complex128; allowed are real"),
    (lambda: null_weights(KEY, wrong_at(1, 0, np.nan)), r"weights holds nan; allowed are finite"),
    (lambda: null_weights(KEY, sp.csr_array(wrong_at(2, 1, np.inf))), r"weights holds inf"),
    (lambda: null_weights(KEY, W, "classes"), r"classes is None while null is 'classes'"),
    (lambda: null_weights(KEY, W, "distances"), r"coordinates is None while null is 'distances'"),
    (lambda: null_weights(KEY, W, classes=[1, 2, 3]), r"classes is given while null is 'degrees'"),
    (
        lambda: null_weights(KEY, W, "classes", classes=[1, 2, 3], coordinates=np.ones((3, 2))),
        r"coordinates is given while null is 'classes'",
    ),
    (lambda: null_weights(KEY, W, "classes", classes=[1, 2]), r"classes has 2 entries; .* are 3"),
    (lambda: null_weights(KEY, W, "classes", classes=["a", None, "b"]), r"classes\[1\] is None"),
    (
        lambda: null_weights(KEY, W, "distances", coordinates=np.ones(3)),
        r"coordinates has shape \(3,\); allowed is \(3, axes\)",
    ),
    (
        lambda: null_weights(KEY, W, "distances", coordinates=W * np.inf),
        r"coordinates\[0, 0\] is nan; allowed are finite",
    ),
    (
        lambda: null_weights(KEY, sp.csr_array((LARGEST_GAUSSIAN + 1,) * 2), "gaussian"),
        r"weights has 5001 nodes while null is 'gaussian'; allowed are at most 5000",
    ),
    (
        lambda: jax.jit(lambda key: null_weights(key, W))(KEY),
        r"key is traced by JAX; allowed is a known key",
    ),
]


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
