"""The lazy limit against the matrix exponential of the start's kernel, and as a limit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

import theory
from theory.dynamics import lazy_trajectory, numerical_trajectory

compiled = jax.jit(lazy_trajectory)
TIMES = np.array([0.0, 0.1, 0.7, 2.0, 5.0])


def drawn(seed, d=4, h=2, k=3):
    rng = np.random.default_rng(seed)
    return [jnp.asarray(rng.standard_normal(s)) for s in ((h, d), (k, h), (k, d))]


@pytest.mark.parametrize("seed", range(3))
def test_it_decays_in_the_kernel_of_the_start(x64, seed):
    w1, w2, teacher = drawn(seed)
    got = compiled(w1, w2, teacher, jnp.asarray(TIMES))
    factor = np.asarray(theory.kernel_factor(w1, w2))
    before = np.asarray(teacher - w2 @ w1).ravel()
    for i, t in enumerate(TIMES):
        error = (expm(-factor * t) @ before).reshape(3, 4)
        np.testing.assert_allclose(got.function[i], teacher - error, atol=1e-12)
        np.testing.assert_allclose(got.loss[i], np.sum(error**2) / 2, atol=1e-12)
        np.testing.assert_allclose(got.kernel_factor[i], factor, atol=1e-13)
    np.testing.assert_array_equal(got.kernel_alignment, 1.0)


def test_it_is_the_limit_of_the_flow_from_large_weights(x64):
    """Weights c times as large move by 1 / c. Two copies of opposite sign, so that the function is
    0 at any c, move apart: the kernel changes by the square of that, relatively 1 / c^4."""
    w1, w2, teacher = drawn(3, d=2, h=2, k=2)

    @jax.jit
    def gap(c):
        first, readout = c * jnp.concatenate([w1, w1]), c * jnp.concatenate([w2, -w2], axis=1)
        times = jnp.array([0.0, 0.1, 0.3]) / c**2
        lazy = lazy_trajectory(first, readout, teacher, times)
        true = numerical_trajectory(first, readout, teacher, times)
        return jnp.abs(lazy.function - true.function).max()

    gaps = [float(gap(c)) for c in (2.0, 4.0)]
    assert gaps[1] < 0.01
    assert gaps[0] / gaps[1] == pytest.approx(16, rel=0.1)


def test_gradient_is_the_finite_difference_though_eigenvalues_coincide(x64):
    args = (*drawn(5), jnp.asarray(TIMES))

    def total(*args):
        got = lazy_trajectory(*args)
        return jnp.sum(got.loss) + jnp.sum(got.function * jnp.arange(5.0)[:, None, None])

    slopes = jax.jit(jax.grad(total, argnums=(0, 1, 2, 3)))(*args)
    value = jax.jit(total)
    rng = np.random.default_rng(0)
    for i, slope in enumerate(slopes):
        by = jnp.asarray(rng.uniform(0.5, 1, args[i].shape))
        ends = [value(*args[:i], args[i] + e * by, *args[i + 1 :]) for e in (-1e-5, 1e-5)]
        np.testing.assert_allclose(jnp.sum(slope * by), (ends[1] - ends[0]) / 2e-5, rtol=1e-6)


def test_any_time_float32_and_vmap():
    w1, w2, teacher = drawn(6)
    times = jnp.array([0.0, 1.0, 1e2, 1e4, 1e8])
    mapped = jax.jit(jax.vmap(lambda b: lazy_trajectory(w1, w2, b, times)))
    got = mapped(jnp.stack([teacher, 2 * teacher]))
    assert got.loss.dtype == jnp.float32
    assert all(np.isfinite(np.asarray(a)).all() for a in got)
    one = compiled(w1, w2, 2 * teacher, times)
    np.testing.assert_allclose(got.function[1], one.function, atol=1e-5)
