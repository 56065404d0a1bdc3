"""Measured strengths under Dale's law."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj


@given(n=st.sampled_from([5, 12, 40]), seed=st.integers(0, 99))
def test_columns_keep_their_strengths_and_the_whole_sums_to_zero(n, seed):
    w = np.random.default_rng(seed).exponential(size=(n, n)).astype(np.float32)
    out = np.asarray(rj.balanced_columns(jax.random.key(seed), jnp.asarray(w)))
    factors = out / w
    np.testing.assert_allclose(factors, np.broadcast_to(factors[:1], (n, n)), rtol=1e-5)
    kinds = factors[0]
    assert (kinds > 0).sum() == round(0.8 * n)
    np.testing.assert_allclose(kinds[kinds > 0], 1)
    np.testing.assert_allclose(kinds[kinds < 0], kinds[kinds < 0][0], rtol=1e-5)
    # float32 sums of n^2 numbers of order 1.
    assert abs(out.astype(np.float64).sum()) < 1e-5 * w.sum()


def test_every_column_is_as_likely_to_inhibit():
    draws, n = 2000, 10
    w = jnp.ones((n, n))
    out = jax.vmap(lambda k: rj.balanced_columns(k, w))(jax.random.split(jax.random.key(0), draws))
    share = np.asarray((out[:, 0] < 0).mean(axis=0))
    # Ten columns are tried at once: 4 standard errors.
    assert (abs(share - 0.2) < 4 * np.sqrt(0.2 * 0.8 / draws)).all()


def test_bad_input():
    with pytest.raises(ValueError, match=r"w holds -1\.0; allowed are weights of at least 0"):
        rj.balanced_columns(jax.random.key(0), jnp.full((3, 3), -1.0))
    with pytest.raises(ValueError, match=r"excitatory is 1\.0 of 3 columns"):
        rj.balanced_columns(jax.random.key(0), jnp.ones((3, 3)), 1.0)
