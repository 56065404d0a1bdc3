"""The solver against another solver on the loss itself, from starts without balance."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import theory
from theory.dynamics import numerical_trajectory

D, H, K = 3, 4, 2
TIMES = jnp.array([1.0, 0.0, 3.0, 0.2])  # in no order


def drawn(seed):
    rng = np.random.default_rng(seed)
    w1, w2, teacher = (rng.standard_normal(s) for s in ((H, D), (K, H), (K, D)))
    x = rng.standard_normal((7, D)) * np.array([0.3, 0.6, 0.2])
    return w1, w2, teacher, x


def test_it_descends_the_loss_on_any_data(x64):
    w1, w2, teacher, x = drawn(0)
    data = jnp.asarray(x)

    def loss(flat):
        first, readout = flat[: H * D].reshape(H, D), flat[H * D :].reshape(K, H)
        return jnp.sum((data @ (jnp.asarray(teacher) - readout @ first).T) ** 2) / 2

    slope = jax.jit(jax.grad(loss))
    times = np.sort(np.asarray(TIMES))
    flow = solve_ivp(
        lambda _, y: -np.asarray(slope(y)),
        (0, 3),
        np.concatenate([w1.ravel(), w2.ravel()]),
        method="DOP853",
        t_eval=times,
        rtol=1e-12,
        atol=1e-13,
    )
    start = (jnp.asarray(w1), jnp.asarray(w2))
    got = numerical_trajectory(*start, jnp.asarray(teacher), TIMES, data_covariance=data.T @ data)

    def kernel(first, readout):
        return np.asarray(theory.two_layer_ntk(jnp.asarray(first), jnp.asarray(readout), data))

    before = kernel(w1, w2)
    for i, t in enumerate(np.asarray(TIMES)):
        flat = flow.y[:, list(times).index(t)]
        first, readout = flat[: H * D].reshape(H, D), flat[H * D :].reshape(K, H)
        after = kernel(first, readout)
        aligned = np.sum(before * after) / np.linalg.norm(before) / np.linalg.norm(after)
        # The solver's tolerance is 1e-9 a step, of which there are about ten.
        np.testing.assert_allclose(got.function[i], readout @ first, atol=2e-8)
        np.testing.assert_allclose(got.loss[i], loss(jnp.asarray(flat)), atol=2e-8)
        np.testing.assert_allclose(got.kernel_alignment[i], aligned, atol=2e-8)
        factor = theory.kernel_factor(jnp.asarray(first), jnp.asarray(readout))
        np.testing.assert_allclose(got.kernel_factor[i], factor, atol=1e-7)


def loss_of_scale(scale):
    """The loss at half a unit of time, in float32, from a start scaled as given."""
    w1, w2, teacher, _ = (jnp.asarray(a, jnp.float32) for a in drawn(1))
    return numerical_trajectory(scale * w1, w2, teacher, jnp.array([0.0, 0.5])).loss[-1]


SCALES = jnp.array([0.49, 0.5, 0.51, 0.99, 1.0, 1.01])


@pytest.mark.slow
def test_jit_vmap_and_float32(x64):
    mapped = jax.jit(jax.vmap(loss_of_scale))(SCALES.astype(jnp.float32))
    w1, w2, teacher, _ = (jnp.asarray(np.asarray(a, "f"), jnp.float64) for a in drawn(1))
    exact = jax.jit(lambda s: numerical_trajectory(s * w1, w2, teacher, jnp.array([0.0, 0.5])).loss)
    # Steps good to 1e-5 of weights of order 1, of which there are a few.
    np.testing.assert_allclose(mapped[1], exact(0.5)[-1], atol=1e-4)
    np.testing.assert_allclose(mapped[4], exact(1.0)[-1], atol=1e-4)


@pytest.mark.slow
def test_gradient_is_the_finite_difference():
    values, slopes = jax.jit(jax.vmap(jax.value_and_grad(loss_of_scale)))(SCALES)
    # Steps good to 1e-5, over 2e-2; of second order beside that.
    differences = (values[2::3] - values[::3]) / 2e-2
    np.testing.assert_allclose(slopes[1::3], differences, rtol=1e-2, atol=2e-3)


def test_too_few_steps_are_an_error_and_bad_input_is_refused():
    w1, w2, teacher, _ = (jnp.asarray(a, jnp.float32) for a in drawn(2))
    with pytest.raises(RuntimeError, match="max"):
        numerical_trajectory(w1, w2, teacher, jnp.array([0.0, 50.0]), max_steps=3)
    with pytest.raises(ValueError, match=r"rtol is 0\.0; .*above 0"):
        numerical_trajectory(w1, w2, teacher, TIMES, rtol=0.0)
    with pytest.raises(ValueError, match=r"data_covariance has the eigenvalue -1"):
        numerical_trajectory(w1, w2, teacher, TIMES, data_covariance=-jnp.eye(D))
