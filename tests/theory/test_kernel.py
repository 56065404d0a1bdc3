"""The kernel of given weights against automatic differentiation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax
import theory

sizes = st.integers(1, 6)


def random_layers(seed, *shapes):
    keys = jax.random.split(jax.random.key(seed), len(shapes))
    return [jax.random.normal(k, s) for k, s in zip(keys, shapes, strict=True)]


def kernel_by_jacobian(apply, weights, x):
    """Every derivative of every output, multiplied out entry by entry in numpy."""
    rows = [np.asarray(j) for j in jax.jacrev(lambda w: apply(w, x))(weights)]
    n, k = np.asarray(apply(weights, x)).shape
    flat = np.concatenate([r.reshape(n * k, -1) for r in rows], axis=1)
    return (flat @ flat.T).reshape(n, k, n, k).transpose(0, 2, 1, 3)


def linear(weights, x):
    for w in weights:
        x = x @ w.T
    return x


@given(sizes, sizes, sizes, sizes, st.integers(0, 99))
def test_two_layer_ntk_is_the_jacobian_product_in_float64(x64, n, d, h, k, seed):
    w1, w2, x = random_layers(seed, (h, d), (k, h), (n, d))
    expected = kernel_by_jacobian(linear, [w1, w2], x)
    got = theory.two_layer_ntk(w1, w2, x)
    np.testing.assert_allclose(got, expected, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("implementation", [1, 2, 3, "jacobian"])
@pytest.mark.parametrize("shape", [(5, 4, 3, 1), (4, 6, 8, 3), (7, 3, 2, 2)])
def test_two_layer_ntk_is_the_empirical_kernel_in_float32(implementation, shape):
    n, d, h, k = shape
    w1, w2, x = random_layers(n, (h, d), (k, h), (n, d))
    kernel = richlazy_jax.empirical_ntk(linear, [w1, w2], x, implementation=implementation)
    got = theory.two_layer_ntk(w1, w2, x)
    assert got.dtype == jnp.float32
    np.testing.assert_allclose(got, kernel, atol=1e-5 * np.abs(kernel).max())


@pytest.mark.parametrize("implementation", [1, 2, 3, "jacobian"])
def test_two_layer_ntk_is_the_empirical_kernel_in_float64(x64, implementation):
    w1, w2, x = random_layers(0, (8, 6), (3, 8), (4, 6))
    kernel = richlazy_jax.empirical_ntk(linear, [w1, w2], x, implementation=implementation)
    got = theory.two_layer_ntk(w1, w2, x)
    np.testing.assert_allclose(got, kernel, atol=1e-12 * np.abs(kernel).max())


@given(sizes, sizes, sizes, st.integers(0, 99))
def test_kernel_factor_makes_the_kernel(x64, d, h, k, seed):
    w1, w2, x = random_layers(seed, (h, d), (k, h), (4, d))
    factor = theory.kernel_factor(w1, w2).reshape(k, d, k, d)
    kernel = jnp.einsum("nd,idje,me->nmij", x, factor, x)
    np.testing.assert_allclose(kernel, theory.two_layer_ntk(w1, w2, x), rtol=1e-12, atol=1e-12)


@given(st.lists(sizes, min_size=2, max_size=5), st.integers(0, 99))
@pytest.mark.slow
def test_deep_kernel_factor_is_the_jacobian_product(x64, widths, seed):
    shapes = list(zip([*widths[1:], 1], widths, strict=True))
    *weights, x = random_layers(seed, *shapes, (3, widths[0]))
    expected = kernel_by_jacobian(linear, weights, x)[:, :, 0, 0]
    got = x @ theory.deep_kernel_factor(weights) @ x.T
    np.testing.assert_allclose(got, expected, atol=1e-12 * np.abs(expected).max())


@given(sizes, sizes, sizes, st.integers(0, 99))
def test_gradient_flow_conserves_the_balance(x64, d, h, k, seed):
    w1, w2, x, y = random_layers(seed, (h, d), (k, h), (5, d), (5, k))

    # Any loss of the output will do, so one that is not quadratic is taken.
    def loss(weights):
        return jnp.sum(jnp.log(jnp.cosh(linear(weights, x) - y)))

    @jax.jit
    def rates(w1, w2):
        flow = jax.grad(loss)([w1, w2])
        both = jax.jvp(theory.balance, (w1, w2), tuple(flow))[1]
        return both, jax.jvp(lambda a: theory.balance(a, w2), (w1,), (flow[0],))[1]

    rate, rate_of_one = rates(w1, w2)
    np.testing.assert_allclose(rate, 0, atol=1e-12 * (1 + np.abs(rate_of_one).max()))
    assert np.abs(rate_of_one).max() > 1e-6
