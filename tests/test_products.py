"""The search for rounded products finds them wherever they hide, and finds nothing else."""

import jax
import jax.numpy as jnp
import pytest
from jax import lax

from tests.products import products_at_default  # pyright: ignore[reportMissingImports]

X = jnp.ones((3, 3))


def _scanned(x):
    return lax.scan(lambda carry, _: (carry @ x, None), x, length=2)[0]


def _branched(x):
    return lax.cond(x[0, 0] > 0, lambda y: y @ y, lambda y: y, x)


def _looped(x):
    return lax.while_loop(lambda y: y[0, 0] < 3, lambda y: y @ y, x)


def _solved(x):
    return lax.custom_linear_solve(lambda y: x @ y, x, lambda _, b: b, symmetric=True)


@jax.custom_jvp
def _with_own_derivative(x):
    return x + 1


@_with_own_derivative.defjvp
def _own_derivative(primals, tangents):
    return primals[0] + 1, primals[0] @ tangents[0]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x @ x,
        lambda x: jnp.einsum("ij,jk->ik", x, x),
        jax.jit(lambda x: x @ x),
        jax.vmap(lambda x: jnp.vdot(x, x)),
        jax.checkpoint(lambda x: x @ x),
        lambda x: lax.conv(x[None, None], x[None, None], (1, 1), "SAME"),
        _scanned,
        _branched,
        _looped,
        _solved,
        lambda x: jax.jvp(_with_own_derivative, (x,), (x,))[1],
    ],
)
def test_finds_a_product_and_not_the_same_one_at_highest(function):
    found = products_at_default(jax.make_jaxpr(function)(X))
    assert found
    assert __file__ in found[0]

    with jax.default_matmul_precision("highest"):
        kept = jax.make_jaxpr(lambda x: function(x))(X)
    assert not products_at_default(kept)


def test_finds_a_product_at_any_precision_but_the_highest():
    assert products_at_default(jax.make_jaxpr(lambda x: jnp.matmul(x, x, precision="high"))(X))


def test_passes_sums_and_whole_numbers():
    whole = jnp.ones((3, 3), int)
    assert not products_at_default(jax.make_jaxpr(lambda x: jnp.sum(x * x))(X))
    assert not products_at_default(jax.make_jaxpr(lambda x: x @ x)(whole))
