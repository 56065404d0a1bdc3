"""The form for any scale against gradient flow solved by an ODE solver, and in its limits."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

import theory


def end_of_flow(w1, beta, until):
    """Both layers after gradient flow from a silent readout, on white data."""
    h, d = w1.shape

    def slope(_, state):
        first, readout = state[: h * d].reshape(h, d), state[h * d :]
        left = beta - readout @ first
        return np.concatenate([np.outer(readout, left).ravel(), first @ left])

    start = np.concatenate([w1.ravel(), np.zeros(h)])
    end = solve_ivp(slope, (0, until), start, method="DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
    return end[: h * d].reshape(h, d), end[h * d :]


@settings(max_examples=20)
@given(st.integers(2, 6), st.data(), st.integers(0, 99))
def test_it_is_where_gradient_flow_ends(x64, d, data, seed):
    rank = data.draw(st.integers(1, d))
    sigma = data.draw(st.floats(0.05, 2.5))
    norm = data.draw(st.sampled_from([0.5, 1.0, 3.0]))
    rng = np.random.default_rng(seed)
    u = np.linalg.qr(rng.standard_normal((rank, rank)))[
        0
    ]  # no silent unit, which rounding would wake
    v = np.linalg.qr(rng.standard_normal((d, rank)))[0]
    w1 = sigma / np.sqrt(rank) * u @ v.T
    b = rng.standard_normal(d)
    b /= np.linalg.norm(b)
    # The slowest mode decays at the rate s^2, which is norm^2 / g where the start is large.
    until = 60 * (1 + sigma**2 / norm) / norm
    first, readout = end_of_flow(w1, norm * b, until)
    assert np.linalg.norm(norm * b - readout @ first) < 1e-7
    before, after = w1.T @ w1, first.T @ first + readout @ readout * np.eye(d)
    expected = np.sum(before * after) / np.linalg.norm(before) / np.linalg.norm(after)
    got = theory.any_scale_kernel_alignment(
        sigma, d=d, rank=rank, overlap=np.sum((v.T @ b) ** 2), task_norm=norm
    )
    np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize("rank", [1, 4, 20])
def test_its_limits(x64, rank):
    d = 20
    small = theory.any_scale_kernel_alignment(1e-6, d=d, rank=rank)
    spectrum = jnp.where(jnp.arange(d) < rank, 1 / np.sqrt(rank), 0.0)
    np.testing.assert_allclose(small, theory.expected_kernel_alignment(spectrum, d=d), rtol=1e-10)
    large = theory.any_scale_kernel_alignment(1e6, d=d, rank=rank, overlap=0.3)
    np.testing.assert_allclose(large, (rank - 1 + 0.3) / rank, rtol=1e-10)
    # No overflow on the way, in float32 neither.
    assert jnp.isfinite(theory.any_scale_kernel_alignment(jnp.float32(1e15), d=d, rank=rank))
