"""Drawn starts are balanced, as large as asked for, and refused where there are none."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.dynamics import lambda_balanced_weights
from theory.dynamics._balanced import _require_balance

SHAPES = [(5, 3, 4, 0.7), (5, 3, 4, -0.7), (5, 3, 4, 0), (2, 6, 3, 0.0)]


@pytest.mark.parametrize("shape", SHAPES)
def test_they_are_balanced_and_accepted(shape):
    d, h, k, lam = shape
    w1, w2 = lambda_balanced_weights(jax.random.key(0), d=d, h=h, k=k, lam=lam, scale=0.5)
    assert (w1.shape, w2.shape) == ((h, d), (k, h))
    # Rounding of products of at most six terms of order 1.
    np.testing.assert_allclose(w1 @ w1.T - w2.T @ w2, lam * np.eye(h), atol=3e-6)
    assert jnp.abs(w2).max() > 0.01
    _require_balance(w1, w2, None)


@pytest.mark.parametrize("lam", [1.5, 0, -1.5])
def test_scale_is_that_of_the_free_layer_and_no_direction_is_preferred(lam):
    d, h, k, n = 5, 3, 3, 2000
    keys = jax.random.split(jax.random.key(1), n)
    # A loop in place of vmap would take a minute; the three decompositions follow one another.
    draw = jax.jit(lambda key: lambda_balanced_weights(key, d=d, h=h, k=k, lam=lam, scale=0.4))
    w1, w2 = (np.stack(a) for a in zip(*map(draw, keys), strict=True))
    free = w1 if lam < 0 else w2
    size = (free**2).sum((1, 2))
    count = free[0].size if lam else h * min(d, k)
    expected = 0.4**2 / h * count
    assert abs(size.mean() - expected) < 4 * size.std() / np.sqrt(n)
    for entries in (w1, w2):
        mean = entries.mean(0)
        assert (np.abs(mean) < 4.5 * entries.std(0) / np.sqrt(n)).all()
        square = (entries**2).mean(0)
        error = (entries**2).std(0) / np.sqrt(n)
        assert (np.abs(square - square.mean()) < 4.5 * error).all()


BAD = [
    ((2, 3, 4, 1.0, 1.0), r"lam is 1\.0 with h = 3; allowed is h <= d = 2, or lam at most 0"),
    ((4, 3, 2, -1.0, 1.0), r"lam is -1\.0 with h = 3; allowed is h <= k = 2, or lam at least 0"),
    ((4, 3, 2, 0.0, 0.0), r"scale is 0\.0; .*above 0 where lam is 0"),
    ((4, 3, 2, 1.0, -1.0), r"scale is -1\.0; .*at least 0"),
    ((4, 3, 2, float("nan"), 1.0), r"lam is nan; .*finite"),
    ((0, 3, 2, 1.0, 1.0), r"d is 0; .*>= 1"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_what_there_is_not_is_refused(arguments, message):
    d, h, k, lam, scale = arguments
    with pytest.raises(ValueError, match=message):
        lambda_balanced_weights(jax.random.key(0), d=d, h=h, k=k, lam=lam, scale=scale)
