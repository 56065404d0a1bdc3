"""Theorem 1 against sums over explicit tasks and against sampled ones."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theory


def alignment(a, b):
    return np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b))


def random_start(rng, d, rank, w):
    """A factor with Haar right singular vectors, and its singular values."""
    s = rng.uniform(0.1, 2, rank)
    v, _ = np.linalg.qr(rng.standard_normal((d, rank)))
    return s, v, (v * s**2) @ v.T + w**2 * np.eye(d)


def end_of(b, depth=2):
    return (depth - 1) * np.outer(b, b) + np.eye(len(b))


@given(st.integers(1, 8), st.data(), st.integers(2, 5), st.sampled_from([0.0, 0.3, 2.0]))
def test_a_mean_over_a_few_tasks_is_exact(x64, d, data, depth, w):
    rank = data.draw(st.integers(1, d))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    s, v, factor = random_start(rng, d, rank, w)
    tasks = rng.standard_normal((4, d))
    tasks /= np.linalg.norm(tasks, axis=1, keepdims=True)
    odds = rng.dirichlet(np.ones(4))
    covariance = (tasks.T * odds) @ tasks
    mean = sum(p * alignment(factor, end_of(b, depth)) for p, b in zip(odds, tasks, strict=True))
    got = theory.expected_kernel_alignment_from_factor(
        jnp.asarray(factor), depth=depth, task_covariance=jnp.asarray(covariance)
    )
    np.testing.assert_allclose(got, mean, rtol=1e-12)
    if depth == 2:
        full, _ = np.linalg.qr(np.hstack([v, rng.standard_normal((d, d - rank))]))
        full[:, :rank] = v
        got = theory.expected_kernel_alignment(
            s, d=d, readout_norm=w, task_covariance=full.T @ covariance @ full
        )
        np.testing.assert_allclose(got, mean, rtol=1e-10)


@given(st.integers(1, 8), st.data(), st.sampled_from([0.0, 0.3, 2.0]))
def test_isotropic_tasks_are_the_mean_over_any_orthonormal_basis(x64, d, data, w):
    rank = data.draw(st.integers(1, d))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    s, _, factor = random_start(rng, d, rank, w)
    basis, _ = np.linalg.qr(rng.standard_normal((d, d)))
    mean = np.mean([alignment(factor, end_of(b)) for b in basis])
    np.testing.assert_allclose(
        theory.expected_kernel_alignment(s, d=d, readout_norm=w), mean, rtol=1e-12
    )


@pytest.mark.parametrize("d", [1, 2, 20, 100])
def test_special_values_of_theorem_1(x64, d):
    for r in {1, d // 2 or 1, d}:
        got = theory.expected_kernel_alignment(jnp.full(r, 0.3), d=d)
        np.testing.assert_allclose(got, (d + 1) / d * np.sqrt(r / (d + 3)), rtol=1e-12)
    # A readout alone makes the start's kernel the data's, as equal singular values do.
    got = theory.expected_kernel_alignment(jnp.zeros(1), d=d, readout_norm=0.7)
    np.testing.assert_allclose(got, (d + 1) / np.sqrt(d * (d + 3)), rtol=1e-12)


def test_equal_singular_values_are_the_laziest_at_a_fixed_norm(x64):
    gradient = jax.grad(
        lambda s: theory.expected_kernel_alignment(s / jnp.linalg.norm(s), d=6), argnums=0
    )
    np.testing.assert_allclose(gradient(jnp.ones(6)), 0, atol=1e-12)
    rng = np.random.default_rng(0)
    best = theory.expected_kernel_alignment(jnp.ones(6), d=6)
    for _ in range(50):
        assert theory.expected_kernel_alignment(rng.uniform(0, 1, 6), d=6) <= best


SAMPLED = 10_000


@pytest.mark.parametrize(("rank", "w", "depth"), [(1, 0.0, 2), (5, 0.0, 2), (3, 0.4, 2), (5, 0, 3)])
def test_mean_and_variance_over_sampled_tasks(x64, rank, w, depth):
    d = 20
    rng = np.random.default_rng(rank)
    s, _, factor = random_start(rng, d, rank, w)
    tasks = rng.standard_normal((SAMPLED, d))
    tasks /= np.linalg.norm(tasks, axis=1, keepdims=True)
    ends = np.stack([end_of(b, depth) for b in tasks])
    overlaps = np.einsum("ij,nij->n", factor, ends)
    values = overlaps / (np.linalg.norm(factor) * np.linalg.norm(ends, axis=(1, 2)))

    mean = theory.expected_kernel_alignment_from_factor(jnp.asarray(factor), depth=depth)
    assert abs(values.mean() - mean) < 3 * values.std() / np.sqrt(SAMPLED)

    variance = theory.kernel_alignment_variance_from_factor(jnp.asarray(factor), depth=depth)
    squares = (values - values.mean()) ** 2
    assert abs(squares.mean() - variance) < 3 * squares.std() / np.sqrt(SAMPLED)
    # The error allowed is small enough to tell the formula from a wrong one.
    assert 3 * squares.std() / np.sqrt(SAMPLED) < 0.1 * variance
    if depth == 2:
        by_spectrum = theory.kernel_alignment_variance(s, d=d, readout_norm=w)
        np.testing.assert_allclose(by_spectrum, variance, rtol=1e-10)


def test_a_start_with_all_singular_values_equal_has_no_spread(x64):
    np.testing.assert_allclose(
        theory.kernel_alignment_variance(jnp.full(7, 0.3), d=7), 0, atol=1e-30
    )


@pytest.mark.parametrize(("d", "k", "h"), [(6, 3, 5), (4, 4, 4), (3, 5, 6), (7, 1, 2)])
def test_many_outputs_over_haar_teachers(x64, d, k, h):
    rng = np.random.default_rng(d)
    w1, w2 = rng.standard_normal((h, d)), 0.5 * rng.standard_normal((k, h))
    start = np.asarray(theory.kernel_factor(jnp.asarray(w1), jnp.asarray(w2)))
    s = rng.uniform(0.5, 2, min(d, k))
    n = 4000
    values = np.empty(n)
    for i in range(n):
        u, _ = np.linalg.qr(rng.standard_normal((k, len(s))))
        v, _ = np.linalg.qr(rng.standard_normal((d, len(s))))
        end = np.kron(np.eye(k), (v * s) @ v.T) + np.kron((u * s) @ u.T, np.eye(d))
        values[i] = alignment(start, end)
    expected = theory.expected_kernel_alignment_multi_output(
        np.linalg.svd(w1, compute_uv=False), np.linalg.svd(w2, compute_uv=False), s, d=d, k=k
    )
    assert abs(values.mean() - expected) < 3 * values.std() / np.sqrt(n)
    assert values.std() / np.sqrt(n) < 0.01 * expected


def test_one_output_is_a_case_of_many(x64):
    s = jnp.array([1.0, 0.5, 0.2])
    many = theory.expected_kernel_alignment_multi_output(
        s, jnp.array([0.3]), jnp.array([4.0]), d=6, k=1
    )
    np.testing.assert_allclose(
        many, theory.expected_kernel_alignment(s, d=6, readout_norm=0.3), rtol=1e-12
    )


@given(st.integers(1, 12), st.data())
def test_the_participation_ratio_is_all_that_isotropic_tasks_leave(x64, d, data):
    rank = data.draw(st.integers(1, d))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    s = rng.uniform(0.1, 2, (2, rank))
    ratio = (s**2).sum(axis=1) ** 2 / (s**4).sum(axis=1)
    np.testing.assert_allclose(
        theory.expected_kernel_alignment_from_ratio(ratio, d=d),
        [theory.expected_kernel_alignment(each, d=d) for each in s],
        rtol=1e-12,
    )
