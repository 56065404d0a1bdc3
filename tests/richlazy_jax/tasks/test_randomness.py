"""Trials are a pure function of the key, under every transformation of JAX."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from richlazy_jax.tasks import ContextDecision, DelayMatchToSample, PerceptualDecision

TASKS = (PerceptualDecision(), DelayMatchToSample(), ContextDecision())
N = 8


@pytest.mark.parametrize("task", TASKS)
def test_equal_keys_give_equal_trials(task):
    first, again, other = (task.sample(jax.random.key(seed), N) for seed in (3, 3, 4))
    jax.tree.map(np.testing.assert_array_equal, first, again)
    assert not np.array_equal(first.inputs, other.inputs)
    assert not np.array_equal(first.labels, other.labels)

    older = task.sample(jax.random.PRNGKey(3), N)
    jax.tree.map(np.testing.assert_array_equal, first, older)


@pytest.mark.parametrize("task", TASKS)
def test_compiled_loop_over_vmapped_keys_equals_eager_calls(task):
    # The task as a static argument asks that it can be hashed.
    @functools.partial(jax.jit, static_argnums=0)
    def loop(task, keys):
        def step(carry, row):
            return carry, jax.vmap(lambda key: task.sample(key, N))(row)

        return jax.lax.scan(step, None, keys)[1]

    keys = jax.random.split(jax.random.key(6), (250, 2))
    trials = loop(task, keys)
    for at in ((0, 0), (0, 1), (249, 1)):
        eager = task.sample(keys[at], N)
        # A compiled multiply and add may round once where two steps round twice.
        np.testing.assert_allclose(trials.inputs[at], eager.inputs, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(trials.labels[at], eager.labels)
    # No trial is shown twice.
    assert len(np.unique(np.asarray(trials.inputs).reshape(500 * N, -1), axis=0)) == 500 * N


@pytest.fixture
def double_precision():
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


@pytest.mark.parametrize("task", TASKS)
def test_single_precision_by_default(task):
    trials = jax.eval_shape(lambda: task.sample(jax.random.key(0), N))
    assert (trials.inputs.dtype, trials.labels.dtype) == (jnp.float32, jnp.int32)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.usefixtures("double_precision")
def test_double_precision_where_jax_has_it(task):
    trials = jax.eval_shape(lambda: task.sample(jax.random.key(0), N))
    assert (trials.inputs.dtype, trials.labels.dtype) == (jnp.float64, jnp.int64)
