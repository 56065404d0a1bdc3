"""Networks against matrices multiplied out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj

PHI = {"linear": lambda x: x, "relu": lambda x: np.maximum(x, 0), "tanh": np.tanh}


@given(
    st.lists(st.integers(1, 6), min_size=2, max_size=4),
    st.sampled_from(sorted(PHI)),
    st.integers(0, 99),
)
def test_outputs(x64, widths, activation, seed):
    network = rj.mlp(widths, activation)
    params = network.init(jax.random.key(seed))
    x = np.random.default_rng(seed).standard_normal((3, widths[0]))
    signal = x.T
    for layer in range(1, len(widths)):
        weights = np.asarray(params[f"w{layer}"])
        assert weights.shape == (widths[layer], widths[layer - 1])
        signal = weights @ (signal if layer == 1 else PHI[activation](signal))
    np.testing.assert_allclose(network.apply(params, jnp.asarray(x)), signal.T, atol=1e-12)


def test_draws_are_uniform_in_the_documented_range():
    params = rj.mlp((16, 4000)).init(jax.random.key(0))
    drawn = np.asarray(params["w1"]) * 4
    assert -1 <= drawn.min() < -0.999
    assert 0.999 < drawn.max() <= 1
    assert abs(drawn.mean()) < 3 / np.sqrt(3 * drawn.size)
    assert abs((drawn**2).mean() - 1 / 3) < 3 * np.sqrt(4 / 45 / drawn.size)


def test_a_stack_of_networks_is_one_vmap():
    network = rj.mlp((3, 4, 2), "relu")
    keys = jax.random.split(jax.random.key(0), 5)
    stack = jax.vmap(network.init)(keys)
    x = jnp.ones((6, 3))
    together = jax.jit(jax.vmap(network.apply, (0, None)))(stack, x)
    for i, key in enumerate(keys):
        np.testing.assert_allclose(together[i], network.apply(network.init(key), x), atol=1e-6)


def test_any_flax_module_can_be_made_functional():
    class Scale(nnx.Module):
        def __init__(self, rngs):
            self.scale = nnx.Param(jax.random.normal(rngs.params(), ()))

        def __call__(self, x):
            return self.scale[...] * x

    network = rj.functional(Scale)
    params = network.init(jax.random.key(0))
    assert set(params) == {"scale"}
    np.testing.assert_allclose(network.apply({"scale": jnp.asarray(3.0)}, jnp.ones(2)), 3.0)


BAD = [
    (lambda: rj.mlp((3,)), r"widths is \(3,\); .*two or more"),
    (lambda: rj.mlp((3, 0, 1)), r"widths\[1\] is 0; .*>= 1"),
    (lambda: rj.mlp((3, 1), "sigmoid"), r"activation is 'sigmoid'; .*'linear', 'relu', 'tanh'"),
    (
        lambda: rj.mlp((3, 1)).apply(rj.mlp((3, 1)).init(jax.random.key(0)), jnp.ones((5, 4))),
        r"x has shape \(5, 4\); allowed is \(n, 3\)",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
