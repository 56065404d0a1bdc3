"""The half-way time of an alignment, on alignments of which it is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.dynamics import kernel_change_time


def test_it_is_the_half_life_of_a_decay(x64):
    times = jnp.linspace(0, 40, 4001)
    alignment = 0.3 + 0.7 * jnp.exp(-times / 2)
    # Between points h = 0.01 apart a chord errs by h^2 / 8 times the rate, below 1e-5.
    assert float(kernel_change_time(times, alignment)) == pytest.approx(2 * np.log(2), abs=1e-5)


def test_it_interpolates_and_counts_the_start_as_a_point():
    times, alignment = jnp.array([1.0, 2.0, 4.0]), jnp.array([1.0, 0.9, 0.6])
    assert float(kernel_change_time(times, alignment)) == pytest.approx(2 + 2 * 0.1 / 0.3, rel=1e-6)
    # Half way from 1 to 0.5 lies between the start and the first time.
    assert float(kernel_change_time(jnp.array([4.0, 5.0]), jnp.array([0.6, 0.5]))) == pytest.approx(
        4 * 0.25 / 0.4, rel=1e-6
    )


def test_it_takes_the_first_crossing():
    times = jnp.array([0.0, 1.0, 2.0, 3.0])
    alignment = jnp.array([1.0, 0.2, 0.9, 0.5])
    assert float(kernel_change_time(times, alignment)) == pytest.approx(0.25 / 0.8, rel=1e-6)


def test_a_kernel_that_stays_has_none():
    times = jnp.array([0.0, 1.0])
    assert np.isnan(kernel_change_time(times, jnp.ones(2)))
    assert np.isnan(kernel_change_time(times, jnp.array([1.0, 1.0 - 1e-6])))
    assert np.isfinite(kernel_change_time(times, jnp.array([1.0, 1.0 - 1e-4])))


def test_transformations():
    times = jnp.array([0.0, 1.0, 2.0])
    many = jnp.array([[1.0, 0.8, 0.4], [1.0, 1.0, 1.0]])
    got = jax.jit(jax.vmap(lambda a: kernel_change_time(times, a)))(many)
    assert float(got[0]) == pytest.approx(1.25, rel=1e-6)
    assert np.isnan(got[1])
    slope = jax.grad(lambda a: kernel_change_time(times, a))(many[0])
    # 1 + (a1 - (1 + a2) / 2) / (a1 - a2)
    np.testing.assert_allclose(slope, [0, 1.875, -0.625], rtol=1e-5)


def test_bad_input_is_refused(no_shape_checks):
    with pytest.raises(ValueError, match=r"alignment has 2 entries.*3, and at least one"):
        kernel_change_time(jnp.arange(3.0), jnp.ones(2))
    with pytest.raises(ValueError, match="times do not ascend"):
        kernel_change_time(jnp.array([0.0, 2.0, 2.0]), jnp.ones(3))
