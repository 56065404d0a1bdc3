"""One known task, on any data, against kernels written out over explicit inputs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theory


@given(st.integers(1, 7), st.integers(1, 7), st.booleans(), st.integers(0, 99))
def test_it_is_the_alignment_of_the_two_kernels(x64, d, h, white, seed):
    rng = np.random.default_rng(seed)
    w1, w2, beta = rng.standard_normal((h, d)), rng.standard_normal((1, h)), rng.standard_normal(d)
    x = rng.standard_normal((d + 4, d)) * rng.uniform(0.2, 3, d)
    if white:
        x, _ = np.linalg.qr(x)
    before = np.asarray(theory.two_layer_ntk(*map(jnp.asarray, (w1, w2, x))))[..., 0, 0]
    # The end as weights, not as a factor: a balanced rank-one solution of the task.
    size = np.sqrt(np.linalg.norm(beta))
    u = rng.standard_normal(h)
    u /= np.linalg.norm(u)
    ends = jnp.asarray(np.outer(u, beta / size)), jnp.asarray(size * u[None])
    after = np.asarray(theory.two_layer_ntk(*ends, jnp.asarray(x)))[..., 0, 0]
    expected = np.sum(before * after) / np.linalg.norm(before) / np.linalg.norm(after)
    got = theory.task_kernel_alignment(
        theory.kernel_factor(jnp.asarray(w1), jnp.asarray(w2)),
        jnp.asarray(beta),
        data_covariance=None if white else jnp.asarray(x.T @ x),
    )
    np.testing.assert_allclose(got, expected, rtol=1e-11)


@pytest.mark.slow
def test_numerical_mean_over_tasks_meets_the_closed_form_on_white_data(x64):
    rng = np.random.default_rng(0)
    w1 = rng.standard_normal((3, 8))
    factor = jnp.asarray(w1.T @ w1)
    tasks = theory.uniform_tasks(jax.random.key(0), 4000, d=8)
    got = theory.numerical_expected_kernel_alignment(factor, tasks, depth=3)
    expected = theory.expected_kernel_alignment_from_factor(factor, depth=3)
    assert abs(got.mean - expected) < 3 * got.standard_error
    assert got.standard_error < 0.01 * expected


@pytest.mark.slow
def test_numerical_error_is_that_of_a_mean(x64):
    """Its stated error is the spread of many such means."""
    factor = jnp.diag(jnp.array([3.0, 1.0, 0.2, 0.1]))
    covariance = jnp.diag(jnp.array([1.0, 2.0, 0.5, 4.0]))

    def one(key):
        tasks = theory.uniform_tasks(key, 50, d=4)
        return theory.numerical_expected_kernel_alignment(factor, tasks, data_covariance=covariance)

    many = jax.vmap(one)(jax.random.split(jax.random.key(1), 2000))
    # The spread of 2,000 means is known to 1 / sqrt(4,000), three times which is 5 %.
    assert float(jnp.mean(many.standard_error)) == pytest.approx(
        float(jnp.std(many.mean)), rel=0.05
    )


def test_uniform_tasks_are_isotropic_unit_vectors():
    tasks = np.asarray(theory.uniform_tasks(jax.random.key(3), 20_000, d=5))
    np.testing.assert_allclose(np.linalg.norm(tasks, axis=1), 1, rtol=1e-6)
    assert np.abs(tasks.mean(0)).max() < 4 * np.sqrt(1 / 5 / 20_000)
    # The fourth moment tells the sphere from any other isotropic law: 3 / (d (d + 2)).
    fourth = tasks**4
    assert abs(fourth[:, 0].mean() - 3 / 35) < 3 * fourth[:, 0].std() / np.sqrt(20_000)
