"""Low-rank weights along a task."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj


@given(st.integers(1, 8), st.integers(1, 8), st.data(), st.integers(0, 99))
@pytest.mark.slow
def test_gram_matrix_is_as_documented(x64, rows, columns, data, seed):
    rank = data.draw(st.integers(1, min(rows, columns)))
    direction = jax.random.normal(jax.random.key(seed), (columns,))
    w = rj.aligned_weights(jax.random.key(seed + 1), direction, rows, 0.7, rank)
    b = direction / jnp.linalg.norm(direction)
    np.testing.assert_allclose(w.T @ w @ b, 0.7 * b, atol=1e-12)
    expected = np.zeros(min(rows, columns))
    expected[:rank] = 0.7 / 2
    expected[0] = 0.7
    np.testing.assert_allclose(np.linalg.svd(w, compute_uv=False) ** 2, expected, atol=1e-12)


def test_under_vmap_and_jit():
    keys = jax.random.split(jax.random.key(0), 4)
    directions = jax.random.normal(jax.random.key(1), (4, 5))
    draw = jax.jit(jax.vmap(lambda k, b: rj.aligned_weights(k, b, 6, rank=2)))
    each = np.stack([rj.aligned_weights(k, b, 6, rank=2) for k, b in zip(keys, directions)])  # noqa: B905
    np.testing.assert_allclose(draw(keys, directions), each, atol=1e-6)
