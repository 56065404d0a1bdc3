"""Flax modules with state of their own as pure functions."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import richlazy_jax as rj

KEY = jax.random.key(3)


class Recurrent(nnx.Module):
    def __init__(self, rngs, cell: Any = nnx.GRUCell):
        self.core = nnx.RNN(cell(2, 5, rngs=rngs))
        self.readout = nnx.Linear(5, 3, rngs=rngs)

    def __call__(self, x):
        states: Any = self.core(x)
        return self.readout(states)


class Regular(nnx.Module):
    """With batch statistics and dropout."""

    def __init__(self, rngs):
        self.first = nnx.Linear(2, 8, rngs=rngs)
        self.norm = nnx.BatchNorm(8, rngs=rngs)
        self.dropout = nnx.Dropout(0.5, rngs=rngs)
        self.last = nnx.Linear(8, 3, rngs=rngs)

    def __call__(self, x):
        return self.last(self.dropout(jnp.tanh(self.norm(self.first(x)))))


def lstm(rngs):
    return Recurrent(rngs, nnx.OptimizedLSTMCell)


CASES = {"GRU": (Recurrent, (4, 6, 2)), "LSTM": (lstm, (4, 6, 2)), "norm": (Regular, (4, 2))}


@pytest.mark.parametrize("name", ["GRU", pytest.param("LSTM", marks=pytest.mark.slow), "norm"])
def test_it_is_the_module_in_evaluation(name):
    build, shape = CASES[name]
    network = rj.functional(build)
    params = network.init(KEY)
    x = jax.random.normal(KEY, shape)
    module = build(nnx.Rngs(KEY))
    module.eval()
    np.testing.assert_allclose(network.apply(params, x), module(x), rtol=1e-5, atol=1e-6)
    # Under jit, vmap and grad, and again with the same numbers.
    stacked = jax.vmap(network.init)(jax.random.split(KEY, 2))
    many = jax.jit(jax.vmap(network.apply, in_axes=(0, None)))(stacked, x)
    one = jax.tree.map(lambda leaf: leaf[1], stacked)
    np.testing.assert_allclose(many[1], network.apply(one, x), rtol=1e-5, atol=1e-6)
    gradient = jax.jit(jax.grad(lambda p: jnp.sum(network.apply(p, x) ** 2)))(params)
    assert jax.tree.structure(gradient) == jax.tree.structure(params)
    assert any(jnp.any(leaf != 0) for leaf in jax.tree.leaves(gradient))


@pytest.mark.parametrize("name", ["GRU", "norm"])
def test_kernel_and_training(name):
    build, shape = CASES[name]
    network = rj.functional(build)
    params, x = network.init(KEY), jax.random.normal(KEY, shape)
    kernel = rj.empirical_ntk(network.apply, params, x, vmap_axes=0, implementation="jacobian")
    rows = jax.jit(jax.jacrev(lambda p: network.apply(p, x).reshape(-1)))(params)
    flat = jnp.concatenate([leaf.reshape(len(leaf), -1) for leaf in jax.tree.leaves(rows)], axis=1)
    size = len(flat) // len(x)
    whole = np.asarray(flat @ flat.T).reshape(len(x), size, len(x), size).swapaxes(1, 2)
    traced = np.trace(np.asarray(whole), axis1=2, axis2=3)
    found = np.asarray(kernel)
    while found.ndim > 2:
        found = np.trace(found, axis1=2, axis2=3)
    np.testing.assert_allclose(found, traced, rtol=1e-4)

    def loss(params, batch):
        return jnp.mean(network.apply(params, batch) ** 2)

    starts = jax.vmap(network.init)(jax.random.split(KEY, 2))
    keys = jax.random.split(KEY, 2)
    trained = rj.train_runs(loss, starts, optax.sgd(0.1), lambda key: x, keys, 5)
    assert np.all(np.asarray(trained.losses)[:, -1] < np.asarray(trained.losses)[:, 0])


def test_a_trained_module_keeps_its_statistics():
    module = Regular(nnx.Rngs(0))
    module.train()
    x = 3 + jax.random.normal(KEY, (50, 2))
    for _ in range(3):
        module(x)
    before = jax.tree.map(np.asarray, nnx.to_pure_dict(nnx.state(module, nnx.BatchStat)))
    params, apply = rj.split_module(module)
    outputs = apply(params, x)
    after = nnx.to_pure_dict(nnx.state(module, nnx.BatchStat))
    jax.tree.map(np.testing.assert_array_equal, before, after)
    assert not module.dropout.deterministic
    module.eval()
    np.testing.assert_allclose(outputs, module(x), rtol=1e-5, atol=1e-6)
    fresh = rj.functional(Regular).apply(params, x)
    assert not np.allclose(outputs, fresh, atol=0.1)


class Noisy(nnx.Module):
    def __init__(self, rngs):
        self.weight = nnx.Param(jnp.ones(2))
        self.rngs = rngs

    def __call__(self, x):
        return x @ self.weight[...] + jax.random.normal(self.rngs.noise(), x.shape[:1])


class RandomFixed(nnx.Module):
    def __init__(self, rngs):
        self.weight = nnx.Param(jnp.ones(2))
        self.fixed = nnx.Variable(jax.random.normal(rngs.params(), (2,)))

    def __call__(self, x):
        return x @ (self.weight[...] * self.fixed[...])


def test_what_would_be_silently_fixed_is_refused():
    network = rj.functional(Noisy)
    with pytest.raises(ValueError, match="depend on random numbers in evaluation; allowed"):
        network.apply(network.init(KEY), jnp.ones((3, 2)))
    with pytest.raises(ValueError, match=r"draws the variable .*fixed.* at random.*nnx\.Param"):
        rj.functional(RandomFixed)
    with pytest.raises(ValueError, match=r"build is a Noisy, .*split_module"):
        rj.functional(Noisy(nnx.Rngs(0)))  # pyright: ignore[reportArgumentType]
    # Of a module that is there, it is what it is.
    module = RandomFixed(nnx.Rngs(1))
    params, apply = rj.split_module(module)
    np.testing.assert_allclose(apply(params, jnp.ones((3, 2))), module(jnp.ones((3, 2))))


@jax.tree_util.register_pytree_node_class
class Whole:
    """A model that holds a function and a setting beside its weights, as those of Equinox do."""

    def __init__(self, weight, activation, size):
        self.weight, self.activation, self.size = weight, activation, size

    def tree_flatten(self):
        return (self.weight, self.activation, self.size), None

    @classmethod
    def tree_unflatten(cls, _, leaves):
        return cls(*leaves)


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (Whole(jnp.ones(2), jnp.tanh, 1.0), "function"),
        (Whole(jnp.ones(2), 1.0, "relu"), "'relu'"),
        (Whole(jnp.ones(2), 1.0, True), "True"),
        (Whole(jnp.ones(2), 1.0, None), None),
        ({"layers": [{"w": jnp.ones(2, int)}]}, r"\['layers'\]\[0\]\['w'\] has dtype int"),
    ],
)
def test_a_model_that_was_not_split_is_refused(model, named):
    def apply(params, x):
        return x @ params.weight

    if named is None:
        assert rj.empirical_ntk(apply, model, jnp.ones((3, 2))).shape == (3, 3)
        return
    with pytest.raises(ValueError, match=rf"params.*{named}.*allowed.*floating point") as error:
        rj.empirical_ntk(apply, model, jnp.ones((3, 2)))
    assert isinstance(model, dict) or "eqx.partition" in str(error.value)
    with pytest.raises(ValueError, match=named):
        rj.start_training(model, optax.sgd(0.1), KEY)
