"""Derivatives where singular values coincide or are missing, against finite differences."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import theory

SIZES = [(4, 4), (3, 6), (6, 3), (1, 5), (5, 1)]


def frame(rng, rows, columns):
    return np.linalg.qr(rng.standard_normal((rows, columns)))[0]


def with_values(rng, p, d, values):
    n = len(values)
    return (frame(rng, p, n) * values) @ frame(rng, d, n).T


def check(function, at, rng, symmetric=False, **arguments):
    """In both modes, along random directions, against central differences."""
    at = jnp.asarray(at)
    function = functools.partial(function, **arguments)
    weight = jnp.asarray(rng.standard_normal(np.shape(function(at))))

    def scalar(x):
        return jnp.sum(weight * function(x))

    def difference(by, step):
        return (scalar(at + step * by) - scalar(at - step * by)) / (2 * step)

    slope = jax.jit(jax.grad(scalar))(at)
    for _ in range(4):
        by = rng.standard_normal(at.shape)
        by = jnp.asarray(
            by + by.T - 2 * np.trace(by) / len(by) * np.eye(len(by)) if symmetric else by
        )
        by = by / jnp.linalg.norm(by)
        # Beside a kink the error is in proportion to the step, so that this leaves its square.
        expected = 2 * difference(by, 1e-5) - difference(by, 2e-5)
        forward = jax.jvp(scalar, (at,), (by,))[1]
        size = float(jnp.linalg.norm(slope)) + 1
        np.testing.assert_allclose(jnp.sum(slope * by), expected, atol=1e-7 * size)
        np.testing.assert_allclose(forward, expected, atol=1e-7 * size)


@pytest.mark.parametrize("shape", [(4, 7), (6, 6), (7, 4)])
@pytest.mark.slow
def test_overlap_of_features_of_two_levels(x64, shape):
    p, d = shape
    rng = np.random.default_rng(0)
    n = min(p, d)
    w = jnp.asarray(rng.standard_normal(p))
    for kappa in (1.1, 3.0, 30.0):
        f = with_values(rng, p, d, np.where(np.arange(n) < n // 2, kappa, 1.0))
        check(theory.feature_overlap, f, rng, teacher=w, keep=n // 2)
        check(theory.feature_overlap, f, rng, teacher=w, keep=n)


@pytest.mark.slow
def test_overlap_of_features_of_low_rank(x64):
    rng = np.random.default_rng(1)
    f, w = with_values(rng, 5, 6, np.array([2.0, 2.0])), jnp.asarray(rng.standard_normal(5))
    for keep in (2, 3):
        check(theory.feature_overlap, f, rng, teacher=w, keep=keep)
        np.testing.assert_allclose(theory.feature_overlap(jnp.asarray(f), w, keep=keep), 1)


def test_a_tie_at_the_cut_is_refused_where_it_is_known():
    rng = np.random.default_rng(2)
    f = jnp.asarray(with_values(rng, 5, 5, np.array([2.0, 1.0, 1.0, 1.0, 0.5])), jnp.float32)
    w = jnp.ones(5)
    for keep in (1, 4):
        assert 0 < theory.feature_overlap(f, w, keep=keep) < 1
    for scale in (1e-30, 1.0, 1e30):
        with pytest.raises(ValueError, match=r"equal singular values.* at the places 2 and 3"):
            theory.feature_overlap(f * scale, w, keep=2)


@pytest.mark.parametrize(
    "shape", [SIZES[0], *(pytest.param(s, marks=pytest.mark.slow) for s in SIZES[1:])]
)
def test_final_kernel_of_many_outputs(x64, shape):
    rng = np.random.default_rng(3)
    rows, columns = shape
    ones = np.ones(min(shape))
    check(theory.final_kernel_factor_multi_output, with_values(rng, rows, columns, ones), rng)
    check(theory.final_kernel_factor_multi_output, rng.standard_normal(shape), rng)


def test_final_kernel_at_a_missing_singular_value_has_the_mean_of_both_slopes(x64):
    """It has a kink there, so a step to either side adds as much; the difference leaves it out."""
    rng = np.random.default_rng(4)
    check(
        theory.final_kernel_factor_multi_output,
        with_values(rng, 3, 4, np.array([1.0, 1.0])),
        rng,
    )


def test_best_start(x64):
    rng = np.random.default_rng(5)
    d = 5
    check(theory.optimal_initial_gram, np.eye(d) / d, rng, symmetric=True)
    check(theory.optimal_kernel_alignment, np.eye(d) / d, rng, symmetric=True)
    q = frame(rng, d, d)
    tied = (q * np.array([0.3, 0.3, 0.2, 0.1, 0.1])) @ q.T
    for rank in (2, 3):
        check(theory.optimal_initial_gram, tied, rng, symmetric=True, rank=rank)
        check(theory.optimal_kernel_alignment, tied, rng, symmetric=True, rank=rank)
    slope = jax.grad(lambda c: theory.optimal_kernel_alignment(c, rank=1))(jnp.asarray(tied))
    assert np.isfinite(slope).all()
