"""Effective ranks against their definitions written out over numpy's decompositions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theory

KINDS = ["participation_ratio", "exponential_entropy", "stable_rank", "eigenvalue_area"]


def by_definition(w, kind):
    if kind == "eigenvalue_area":
        size = np.abs(np.linalg.eigvals(w))
        return size.sum() / size.max()
    s = np.linalg.svd(w, compute_uv=False)
    if kind == "participation_ratio":
        return (s**2).sum() ** 2 / (s**4).sum()
    if kind == "stable_rank":
        return (s**2).sum() / s.max() ** 2
    p = s / s.sum()
    return np.prod(p**-p)


@pytest.mark.parametrize("kind", KINDS)
@given(st.integers(1, 8), st.integers(1, 8), st.integers(0, 99))
def test_definition(x64, kind, rows, columns, seed):
    columns = rows if kind == "eigenvalue_area" else columns
    w = np.random.default_rng(seed).standard_normal((rows, columns))
    got = theory.effective_rank(jnp.asarray(w), kind)
    np.testing.assert_allclose(got, by_definition(w, kind), rtol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_identity_and_rank_one(x64, kind):
    np.testing.assert_allclose(theory.effective_rank(jnp.eye(6), kind), 6, rtol=1e-12)
    one = jnp.outer(jnp.arange(1.0, 5), jnp.ones(4))
    # The eigenvalues that are 0 come out of the library as rounding, about 1e-8.
    np.testing.assert_allclose(theory.effective_rank(one, kind), 1, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_scale_and_rotation_change_nothing(x64, kind):
    rng = np.random.default_rng(0)
    w = rng.standard_normal((5, 5))
    q, _ = np.linalg.qr(rng.standard_normal((5, 5)))
    same = theory.effective_rank(jnp.asarray(-3 * q @ w @ q.T), kind)
    np.testing.assert_allclose(same, theory.effective_rank(jnp.asarray(w), kind), rtol=1e-10)


@pytest.mark.parametrize("kind", KINDS[:3])
def test_gradient_is_finite_at_a_singular_matrix(kind):
    slope = jax.grad(theory.effective_rank)(jnp.diag(jnp.array([2.0, 1.0, 0.0])), kind)
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("n", [2, 5, 20, 100])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_the_area_of_a_nilpotent_matrix_is_refused_in_any_basis(n, scale):
    """Its computed eigenvalues are rounding, and nearly all alike."""
    rng = np.random.default_rng(n)
    q, _ = np.linalg.qr(rng.standard_normal((n, n)))
    for upper in (np.eye(n, k=1), np.triu(rng.standard_normal((n, n)), 1)):
        w = jnp.asarray(scale * q @ upper @ q.T, jnp.float32)
        with pytest.raises(ValueError, match="the spectrum of w is zero up to rounding"):
            theory.effective_rank(w, "eigenvalue_area")


@pytest.mark.parametrize("n", [2, 20, 100])
def test_the_area_of_what_is_not_nilpotent_is_given(n):
    """Also where all traces but that of the last power are 0, or all eigenvalues are small."""
    cycle = jnp.roll(jnp.eye(n), 1, axis=0)
    np.testing.assert_allclose(theory.effective_rank(cycle, "eigenvalue_area"), n, rtol=1e-4)
    # One eigenvalue of 0.01 beside entries of 1.
    upper = jnp.triu(jnp.ones((n, n)), 1).at[0, 0].set(0.01)
    np.testing.assert_allclose(theory.effective_rank(upper, "eigenvalue_area"), 1, rtol=1e-4)
