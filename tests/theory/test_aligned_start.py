"""Proposition 1 and the best starts against explicit matrices and against search."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theory


def alignment(a, b):
    return np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b))


@given(
    st.integers(1, 12),
    st.data(),
    st.floats(0.01, 10),
    st.sampled_from([0.0, 0.5, 1.0, 3.0]),
)
def test_aligned_start_is_the_alignment_of_its_matrices(x64, d, data, c, w):
    r = data.draw(st.integers(1, d))
    basis, _ = np.linalg.qr(np.random.default_rng(d).standard_normal((d, d)))
    b, others = basis[:, 0], basis[:, 1:r]
    start = c * (np.outer(b, b) + others @ others.T / 2) + w**2 * np.eye(d)
    expected = alignment(start, np.outer(b, b) + np.eye(d))
    got = theory.aligned_kernel_alignment(c, readout_norm=w, d=d, rank=r)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("d", [1, 2, 20, 300])
def test_a_rank_one_start_can_be_perfectly_lazy(x64, d):
    for w in (1e-3, 1.0, 40.0):
        np.testing.assert_allclose(
            theory.aligned_kernel_alignment(w**2, readout_norm=w, d=d), 1, rtol=1e-12
        )


@given(st.integers(2, 8), st.data(), st.integers(0, 99))
def test_no_start_of_that_rank_beats_the_optimum(x64, d, data, seed):
    rank = data.draw(st.integers(1, d))
    rng = np.random.default_rng(seed)
    covariance = rng.standard_normal((d, d)) @ np.diag(rng.uniform(0, 2, d))
    covariance = covariance @ covariance.T
    covariance /= np.trace(covariance)
    best = theory.optimal_kernel_alignment(jnp.asarray(covariance), rank=rank)
    gram = np.asarray(theory.optimal_initial_gram(jnp.asarray(covariance), rank=rank))
    assert np.linalg.matrix_rank(gram) == rank
    np.testing.assert_allclose(np.linalg.norm(gram), 1, rtol=1e-12)

    def value(m):
        return float(
            theory.expected_kernel_alignment_from_factor(
                jnp.asarray(m), task_covariance=jnp.asarray(covariance)
            )
        )

    np.testing.assert_allclose(value(gram), best, rtol=1e-12)
    eigenvalues, vectors = np.linalg.eigh(gram)
    root = (vectors * np.sqrt(eigenvalues.clip(0)))[:, d - rank :]
    for size in (1e-3, 0.1, 1.0):
        for _ in range(5):
            other = root + size * rng.standard_normal(root.shape)
            assert value(other @ other.T) <= best + 1e-12


def test_optimum_for_one_task_is_the_aligned_start(x64):
    b = np.eye(9)[4]
    for rank in (1, 3, 9):
        got = theory.optimal_kernel_alignment(jnp.asarray(np.outer(b, b)), rank=rank)
        np.testing.assert_allclose(got, np.sqrt((rank + 3) / 12), rtol=1e-12)
        aligned = theory.aligned_kernel_alignment(2.0, readout_norm=0.0, d=9, rank=rank)
        np.testing.assert_allclose(got, aligned, rtol=1e-12)


def test_optimum_for_isotropic_tasks_is_theorem_1(x64):
    got = theory.optimal_kernel_alignment(jnp.eye(8) / 8, rank=3)
    expected = theory.expected_kernel_alignment(jnp.ones(3), d=8)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_gradient_vanishes_at_the_best_weight(x64):
    slope = jax.grad(theory.aligned_kernel_alignment)(0.49, readout_norm=0.7, d=11)
    np.testing.assert_allclose(slope, 0, atol=1e-12)
