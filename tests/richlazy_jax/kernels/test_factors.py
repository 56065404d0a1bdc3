"""The kernel by factors against plain Jacobians, for every way a weight can enter a network."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import richlazy_jax as rj
from richlazy_jax.kernels import empirical_ntk

TOLERANCE = {"float32": 1e-5, "float64": 1e-11}


def drawn(*shapes):
    rng = np.random.default_rng(0)
    return [jnp.asarray(rng.standard_normal(shape)) for shape in shapes]


def trials(n=3, steps=4):
    return jnp.asarray(np.random.default_rng(1).standard_normal((n, steps, 3)))


def by_jacobians(apply, params, x, x2=None):
    def rows(inputs):
        jacobian = jax.vmap(lambda e: jax.jacrev(lambda p: apply(p, e[None])[0])(params))(inputs)
        shape = jax.eval_shape(apply, params, inputs).shape
        leaves = [leaf.reshape(*shape, -1) for leaf in jax.tree_util.tree_leaves(jacobian)]
        return jnp.concatenate(leaves, -1)

    left = jax.jit(rows)(x)
    right = left if x2 is None else jax.jit(rows)(x2)
    ndim = left.ndim - 1
    kernel = np.tensordot(np.asarray(left), np.asarray(right), (-1, -1))
    return kernel.transpose([axis for i in range(ndim) for axis in (i, ndim + i)])


def by_factors(apply, params, x, x2=None, **options):
    def kernel(params, x, x2):
        return empirical_ntk(
            apply, params, x, x2=x2, implementation="factors", vmap_axes=0, **options
        )

    return jax.jit(kernel)(params, x, x2)


def assert_close(found, expected):
    assert found.shape == expected.shape
    error = np.abs(np.asarray(found) - expected).max()
    assert error <= TOLERANCE[str(found.dtype)] * np.abs(expected).max()


def gated(cell_of, remat=False):
    cell = cell_of(3, 4, rngs=nnx.Rngs(0))
    graph, cell_params, rest = nnx.split(cell, nnx.Param, ...)
    cell_params = jax.tree_util.tree_map(lambda leaf: drawn(leaf.shape)[0], cell_params)

    def apply(params, x):
        step = nnx.merge(graph, params["cell"], rest).__call__
        hidden = jnp.zeros((len(x), 4), x.dtype)
        carry = hidden if cell_of is nnx.GRUCell else (hidden, hidden)
        _, states = jax.lax.scan(
            jax.checkpoint(step) if remat else step, carry, jnp.swapaxes(x, 0, 1)
        )
        return jnp.swapaxes(states, 0, 1) @ params["readout"]

    return apply, {"cell": cell_params, "readout": drawn((4, 2))[0]}


def vanilla(params, x):
    recurrent, w_in, bias, readout = params

    def step(hidden, inputs):
        hidden = jnp.tanh(hidden @ recurrent + inputs @ w_in + bias)
        return hidden, hidden

    start = jnp.zeros((len(x), 4), x.dtype)
    return jax.lax.scan(step, start, jnp.swapaxes(x, 0, 1))[0] @ readout


def unrolled(params, x):
    recurrent, w_in, bias, readout = params
    hidden = jnp.zeros((len(x), 4), x.dtype)
    states = []
    for step in range(x.shape[1]):
        hidden = jnp.tanh(hidden @ recurrent + x[:, step] @ w_in + bias)
        states.append(hidden)
    return jnp.stack(states, 1) @ readout


def backwards_with_a_counter(params, x):
    def step(carry, inputs):
        hidden, count = carry
        hidden = jnp.tanh(hidden @ params[0] + count * inputs)
        return (hidden, count + 1), hidden[..., :2]

    start = jnp.zeros((len(x), 3), x.dtype), jnp.ones((), x.dtype)
    states = jax.lax.scan(step, start, jnp.swapaxes(x, 0, 1), reverse=True)[1]
    return jnp.swapaxes(states, 0, 1)


def nested_loops(params, x):
    def outer(hidden, inputs):
        def inner(hidden, _):
            hidden = jnp.tanh(hidden @ params[0] + inputs)
            return hidden, hidden @ params[1]

        return jax.lax.scan(inner, hidden, None, length=2)

    states = jax.lax.scan(outer, jnp.zeros((len(x), 3), x.dtype), jnp.swapaxes(x, 0, 1))[1]
    return jnp.moveaxis(states, 2, 0)[..., 0]


def layers_in_a_loop(params, x):
    return jax.lax.scan(lambda h, w: (jnp.tanh(h @ w), None), x[:, 0], params[0])[0]


def attention(params, x):
    query, key, value = (jnp.einsum("btd,dhe->bthe", x, w) for w in params[:3])
    weights = jax.nn.softmax(jnp.einsum("bthe,bshe->bhts", query, key))
    return jnp.einsum("bhts,bshe,hed->btd", weights, value, params[3])


def image(x):
    return x.reshape(len(x), x.shape[1], 3, 1)


def cnn(params, x):
    first, bias, readout = params
    numbers = ("NHWC", "HWIO", "NHWC")
    hidden = jax.lax.conv_general_dilated(
        image(x), first, (1, 2), "SAME", dimension_numbers=numbers
    )
    return jnp.tanh(hidden + bias).reshape(len(x), -1) @ readout


def channels_first(params, x):
    first, second, readout = params
    hidden = jnp.tanh(jax.lax.conv_general_dilated(x[:, None], first.T, (1, 1), "SAME"))
    hidden = jax.lax.conv_general_dilated(
        hidden, second, (1, 1), "VALID", rhs_dilation=(2, 1), feature_group_count=2
    )
    return hidden.reshape(len(x), -1) @ readout


@jax.custom_vjp
def odd_backward(x):
    return jnp.sin(x)


odd_backward.defvjp(lambda x: (jnp.sin(x), x), lambda x, cotangent: (2 * cotangent * jnp.cos(x),))


@jax.custom_jvp
def odd_forward(x):
    return jnp.sin(x)


@odd_forward.defjvp
def _(primals, tangents):
    return jnp.sin(primals[0]), 3 * tangents[0] * jnp.cos(primals[0])


def branches(params, x):
    hidden = jax.lax.cond(
        jnp.sum(x) > -1e9, lambda h: h @ params[0], lambda h: h @ params[1], x[:, 0]
    )
    return hidden @ params[2]


RECURRENT = (4, 4), (3, 4), (4,), (4, 2)
# Name, network, and the shapes of its weights; or both made by a function.
NETWORKS = {
    "gru": lambda: gated(nnx.GRUCell),
    "lstm": lambda: gated(nnx.LSTMCell),
    "optimized lstm": lambda: gated(nnx.OptimizedLSTMCell),
    "gru computed again": lambda: gated(nnx.GRUCell, remat=True),
    "vanilla": lambda: (vanilla, drawn(*RECURRENT)),
    "unrolled": lambda: (unrolled, drawn(*RECURRENT)),
    "counter": lambda: (backwards_with_a_counter, drawn((3, 3))),
    "nested loops": lambda: (nested_loops, drawn((3, 3), (3, 2))),
    "layers in a loop": lambda: (layers_in_a_loop, drawn((2, 3, 3))),
    "attention": lambda: (attention, drawn((3, 2, 2), (3, 2, 2), (3, 2, 2), (2, 2, 3))),
    "cnn": lambda: (cnn, drawn((3, 2, 1, 4), (4,), (32, 2))),
    "channels first": lambda: (channels_first, drawn((2, 3, 1, 4), (4, 2, 2, 1), (24, 2))),
    "branches": lambda: (branches, drawn((3, 3), (3, 3), (3, 2))),
    "embedding": lambda: (
        lambda p, x: jnp.tanh(p[0][jnp.argmax(x, -1)] @ p[1]),
        drawn((3, 4), (4, 2)),
    ),
    "tied": lambda: (lambda p, x: jnp.tanh(x @ p[0]) @ p[0].T, drawn((3, 4))),
    "twice": lambda: (lambda p, x: jnp.tanh(jnp.tanh(x @ p[0]) @ p[0]), drawn((3, 3))),
    "scaled": lambda: (
        lambda p, x: jnp.tanh(x @ (p[0] / jnp.sqrt(3.0)).T) @ (-2 * p[1].reshape(4, 2)),
        drawn((4, 3), (2, 2, 2)),
    ),
    "product and entries": lambda: (
        lambda p, x: (jnp.tanh(x @ p[0]) * p[0][0]) @ p[1],
        drawn((3, 4), (4, 2)),
    ),
    "masked": lambda: (lambda p, x: x @ jnp.triu(p[0]), drawn((3, 3))),
    "custom rules": lambda: (
        lambda p, x: odd_forward(odd_backward(x @ p[0]) @ p[1]),
        drawn((3, 4), (4, 2)),
    ),
    "one output": lambda: (lambda p, x: jnp.tanh(x[:, 0] @ p[0]) @ p[1], drawn((3, 4), (4,))),
    "no weight": lambda: (lambda p, x: 2 * x + 0 * p[0], drawn((1,))),
}
QUICK = ("gru", "vanilla", "cnn", "tied", "twice", "product and entries", "masked", "custom rules")
QUICK_AND_SLOW = [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NETWORKS
]


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("name", QUICK_AND_SLOW)
def test_the_kernel_is_that_of_plain_jacobians(name):
    apply, params = NETWORKS[name]()
    x = trials()
    assert_close(by_factors(apply, params, x), by_jacobians(apply, params, x))


@pytest.mark.parametrize("name", ["gru", "cnn", "attention"])
@pytest.mark.slow
def test_in_float32_the_kernel_is_that_of_plain_jacobians(name):
    apply, params = NETWORKS[name]()
    x = trials()
    assert x.dtype == jnp.float32
    assert_close(by_factors(apply, params, x), by_jacobians(apply, params, x))


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("arrangement", ["products", "weighting", "rows"])
@pytest.mark.parametrize("name", ["counter", pytest.param("unrolled", marks=pytest.mark.slow)])
def test_each_arrangement_gives_the_kernel(monkeypatch, name, arrangement):
    monkeypatch.setattr("richlazy_jax.kernels._factors.cheapest", lambda *sizes: arrangement)
    monkeypatch.setattr("richlazy_jax.kernels._factors.WORTH_PIECES", 0)
    apply, params = NETWORKS[name]()
    x = trials()
    assert_close(by_factors(apply, params, x), by_jacobians(apply, params, x))


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("memory", [1, 20_000, None])
@pytest.mark.parametrize("n2", [None, 4])
def test_blocks_of_any_size_give_the_kernel(memory, n2):
    apply, params = NETWORKS["unrolled"]()
    x = trials(n=11)
    x2 = None if n2 is None else 2 * trials(n=n2)
    found = by_factors(apply, params, x, x2, memory=memory)
    assert_close(found, by_jacobians(apply, params, x, x2))


@pytest.mark.usefixtures("x64")
@pytest.mark.slow
def test_a_vmap_over_networks_and_a_derivative():
    apply, params = NETWORKS["vanilla"]()
    x = trials()
    stacked = [jnp.stack([leaf, 2 * leaf]) for leaf in params]
    found = jax.vmap(lambda p: by_factors(apply, p, x))(stacked)
    for i, kernel in enumerate(found):
        assert_close(kernel, by_jacobians(apply, [leaf[i] for leaf in stacked], x))

    def size(params, options):
        return jnp.sum(empirical_ntk(apply, params, x, **options) ** 2)

    first, second = (
        jax.jit(jax.grad(functools.partial(size, options=options)))(params)
        for options in (
            {"implementation": "factors", "vmap_axes": 0},
            {"implementation": "jacobian"},
        )
    )
    for ours, plain in zip(first, second, strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-9)


@pytest.mark.usefixtures("x64")
def test_a_network_that_mixes_examples_is_not_split():
    def mixing(params, x):
        hidden = jnp.tanh(x[:, 0] @ params[0])
        return (hidden - hidden.mean(0)) @ params[1]

    params, x = drawn((3, 4), (4, 2)), trials()
    expected = empirical_ntk(mixing, params, x, implementation="jacobian")
    assert_close(empirical_ntk(mixing, params, x), np.asarray(expected))
    with pytest.raises(ValueError, match=r"vmap_axes is None; allowed with implementation='fac"):
        empirical_ntk(mixing, params, x, implementation="factors")


def test_no_examples_have_an_empty_kernel():
    params = drawn((3, 2))
    x = jnp.ones((0, 3))
    found = by_factors(lambda p, x: x @ p[0], params, x)
    assert found.shape == (0, 0, 2, 2)
    assert by_factors(lambda p, x: x @ p[0], params, x, jnp.ones((2, 3))).shape == (0, 2, 2, 2)


def test_outputs_more_numerous_than_units_go_to_another_implementation():
    params, x = drawn((3, 2), (2, 400)), trials(n=2)[:, 0]
    apply = lambda p, x: jnp.tanh(x @ p[0]) @ p[1]  # noqa: E731
    program = str(jax.make_jaxpr(lambda p: empirical_ntk(apply, p, x, vmap_axes=0))(params))
    ours = str(jax.make_jaxpr(lambda p: by_factors(apply, p, x))(params))
    assert program != ours


def test_the_recurrent_kernel_is_one_of_any_network():
    network = rj.rnn(3, 5, 2)
    params = network.init(jax.random.key(0))
    x = trials()

    def apply(recurrent, x):
        return rj.rnn_apply({**params, "recurrent": recurrent}, x)

    found = by_factors(apply, params["recurrent"], x)
    assert_close(found, np.asarray(rj.recurrent_ntk(params, x)))


@pytest.mark.parametrize("memory", [0, -1, 1.5, True])
def test_memory_that_is_no_number_of_bytes(no_shape_checks, memory):
    with pytest.raises(ValueError, match=r"^memory is .*; allowed is a whole number >= 1\.$"):
        empirical_ntk(lambda p, x: x @ p, jnp.ones((3, 2)), jnp.ones((2, 3)), memory=memory)
