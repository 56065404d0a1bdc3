"""Partial alignment against explicit matrices and high-precision integrals."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theory


@given(st.integers(2, 10), st.floats(0, 1), st.floats(0.01, 5), st.sampled_from([0.0, 0.4, 2.0]))
def test_partial_alignment_is_the_alignment_of_its_matrices(x64, d, rho, c, w):
    b = np.eye(d)[0]
    near = np.sqrt(rho) * b + np.sqrt(1 - rho) * np.eye(d)[1]
    start = c * np.outer(near, near) + w**2 * np.eye(d)
    end = np.outer(b, b) + np.eye(d)
    expected = np.sum(start * end) / np.linalg.norm(start) / np.linalg.norm(end)
    np.testing.assert_allclose(
        theory.partial_alignment(rho, c=c, readout_norm=w, d=d), expected, rtol=1e-12
    )


def test_between_aligned_and_random(x64):
    aligned = theory.aligned_kernel_alignment(0.3, readout_norm=0.4, d=12)
    np.testing.assert_allclose(
        theory.partial_alignment(1.0, c=0.3, readout_norm=0.4, d=12), aligned, rtol=1e-12
    )
    random = theory.expected_kernel_alignment(jnp.sqrt(jnp.array([0.3])), d=12, readout_norm=0.4)
    np.testing.assert_allclose(
        theory.partial_alignment(1 / 12, c=0.3, readout_norm=0.4, d=12), random, rtol=1e-12
    )


@given(st.integers(2, 7), st.integers(2, 7), st.data(), st.integers(0, 99))
def test_feature_overlap_is_the_squared_cosine(x64, p, d, data, seed):
    keep = data.draw(st.integers(1, min(p, d)))
    rng = np.random.default_rng(seed)
    features, teacher = rng.standard_normal((p, d)), rng.standard_normal(p)
    u, s, vt = np.linalg.svd(features, full_matrices=False)
    truncated = (u[:, :keep] * s[:keep]) @ vt[:keep]
    task, near = features.T @ teacher, truncated.T @ teacher
    expected = (task @ near) ** 2 / (task @ task) / (near @ near)
    got = theory.feature_overlap(jnp.asarray(features), jnp.asarray(teacher), keep=keep)
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def mean_overlap(kappa, a, b):
    """The closed form at 30 digits; `test_closed_form_is_the_integral` holds it to the integral."""
    with mpmath.workdps(30):
        x = 1 - 1 / mpmath.mpf(kappa) ** 2
        return float(a / (a + b) * mpmath.hyp2f1(1, b, a + b + 1, x))


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (5, 5), (1.5, 8.5), (2.5, 1.0)])
@pytest.mark.parametrize("kappa", [1.0, 1.3, 10.0])
def test_closed_form_is_the_integral(a, b, kappa):
    # With B the squared sine of an angle the density is finite at both ends.
    def density(angle):
        return mpmath.sin(angle) ** (2 * a - 1) * mpmath.cos(angle) ** (2 * b - 1)

    def rho(angle):
        strong, weak = (kappa * mpmath.sin(angle)) ** 2, mpmath.cos(angle) ** 2
        return strong / (strong + weak)

    pieces = [0, 0.1, 0.4, 1, mpmath.pi / 2]
    mass = mpmath.quad(density, pieces)
    expected = mpmath.quad(lambda t: rho(t) * density(t), pieces) / mass  # pyright: ignore[reportOperatorIssue]
    np.testing.assert_allclose(mean_overlap(kappa, a, b), float(expected), rtol=1e-10)


@pytest.mark.parametrize(("d", "keep"), [(2, 1), (20, None), (20, 3), (7, 5), (100, 50), (2000, 3)])
@pytest.mark.parametrize("kappa", [1.0, 1.3, 3.0, 30.0, 1e3])
def test_expected_overlap_is_the_integral(x64, d, keep, kappa):
    k = d // 2 if keep is None else keep
    expected = mean_overlap(kappa, k / 2, (d - k) / 2)
    got = theory.expected_feature_overlap(kappa, d=d, keep=keep)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("kappa", [1.0, 2.0, 10.0])
def test_expected_overlap_over_sampled_teachers(x64, kappa):
    rng = np.random.default_rng(int(kappa))
    u, _ = np.linalg.qr(rng.standard_normal((20, 20)))
    v, _ = np.linalg.qr(rng.standard_normal((20, 20)))
    features = jnp.asarray((u * np.where(np.arange(20) < 10, kappa, 1)) @ v.T)
    teachers = jnp.asarray(rng.standard_normal((2000, 20)))

    # At kappa = 1 the leading half is not defined, so the mean must not depend on it. There values
    # must be hidden, or the tie is refused.
    @jax.jit
    def overlaps_of(f):
        return jax.vmap(lambda w: theory.feature_overlap(f, w, keep=10))(teachers)

    overlaps = overlaps_of(features)
    expected = theory.expected_feature_overlap(kappa, d=20)
    assert abs(overlaps.mean() - expected) < 3 * overlaps.std() / np.sqrt(2000)


def test_spectrum_is_the_second_moment_of_tasks(x64):
    kappa, d, keep = 3.0, 6, 2
    rng = np.random.default_rng(0)
    tasks = rng.standard_normal((40_000, d)) * np.where(np.arange(d) < keep, kappa, 1)
    squares = (tasks / np.linalg.norm(tasks, axis=1, keepdims=True)) ** 2
    got = np.asarray(theory.feature_task_spectrum(kappa, d=d, keep=keep))
    np.testing.assert_allclose(got.sum(), 1, rtol=1e-12)
    assert (np.abs(squares.mean(0) - got) < 3 * squares.std(0) / np.sqrt(40_000)).all()


@pytest.mark.parametrize("kappa", [1.2, 4.0, 50.0])
def test_derivative_in_kappa_in_both_modes(x64, kappa):
    def overlap(k):
        return theory.expected_feature_overlap(k, d=20)

    with mpmath.workdps(30):
        expected = float(mpmath.diff(lambda k: mp_overlap(k, 20), kappa))
    np.testing.assert_allclose(jax.grad(overlap)(kappa), expected, rtol=1e-9)
    np.testing.assert_allclose(jax.jacfwd(overlap)(kappa), expected, rtol=1e-9)


def mp_overlap(kappa, d):
    half = mpmath.mpf(d) / 4
    return mpmath.hyp2f1(1, half, 2 * half + 1, 1 - 1 / kappa**2) / 2
