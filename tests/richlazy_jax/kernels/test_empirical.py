"""The empirical kernel against closed forms and gradients taken one output at a time."""

import functools
import itertools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from richlazy_jax.kernels import empirical_ntk

IMPLEMENTATIONS = (1, 2, 3, "jacobian")
CHOICES = tuple(itertools.product(IMPLEMENTATIONS, (None, 0)))
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
# Interleaves the output axes of two Jacobians whose last axis runs over the parameters.
INTERLEAVED = {2: "ap,bp->ab", 3: "aip,bjp->abij", 4: "asip,btjp->abstij"}

sizes = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    if request.param == "float64":
        request.getfixturevalue("x64")
    return request.param


def kernels(apply, params, x, x2=None, choices=CHOICES):
    return [
        empirical_ntk(apply, params, x, x2=x2, implementation=implementation, vmap_axes=vmap_axes)
        for implementation, vmap_axes in choices
    ]


def jitted_kernels(apply, *arguments, choices=CHOICES):
    # One compilation for all choices takes half the time of one for each.
    return jax.jit(functools.partial(kernels, apply, choices=choices))(*arguments)


def assert_each_close(results, expected, dtype, choices=CHOICES):
    for choice, result in zip(choices, results, strict=True):
        assert result.dtype == dtype, choice
        assert result.shape == expected.shape, choice
        error = np.abs(np.asarray(result, np.float64) - expected).max()
        assert error <= TOLERANCE[dtype] * np.abs(expected).max(), choice


def cast(tree, dtype):
    return jax.tree_util.tree_map(lambda leaf: jnp.asarray(leaf, dtype), tree)


def gradients(apply, params, x):
    """The gradient of each output by all parameters, which lie along the last axis."""
    shape = jax.eval_shape(apply, params, x).shape
    gradient = jax.jit(jax.grad(lambda p, chosen: jnp.sum(chosen * apply(p, x))))
    rows = []
    for index in np.ndindex(*shape):
        chosen = np.zeros(shape, x.dtype)
        chosen[index] = 1
        leaves = jax.tree_util.tree_leaves(gradient(params, chosen))
        rows.append(np.concatenate([np.ravel(leaf) for leaf in leaves]))
    return np.reshape(np.array(rows, np.float64), (*shape, -1))


def contracted(first, second):
    return np.einsum(INTERLEAVED[first.ndim], first, second)


def check_against_gradients(dtype, apply, params, x, x2, choices=CHOICES):
    params, x, x2 = cast((params, x, x2), dtype)
    first = gradients(apply, params, x)
    second = first if x2 is None else gradients(apply, params, x2)
    results = jitted_kernels(apply, params, x, x2, choices=choices)
    assert_each_close(results, contracted(first, second), dtype, choices)


def linear(params, x):
    first, second = params
    return x @ first.T @ second.T


@settings(max_examples=2)
@example(n=3, n2=2, inputs=4, hidden=5, outputs=6, seed=0)
@given(n=sizes, n2=sizes, inputs=sizes, hidden=sizes, outputs=sizes, seed=seeds)
def test_a_linear_network_has_its_closed_form(dtype, n, n2, inputs, hidden, outputs, seed):
    rng = np.random.default_rng(seed)
    shapes = (hidden, inputs), (outputs, hidden), (n, inputs), (n2, inputs)
    # Rounded to float32 first, so that both precisions see one network.
    first, second, x, x2 = (
        rng.standard_normal(shape, np.float32).astype(np.float64) for shape in shapes
    )
    results = jitted_kernels(linear, *cast(((first, second), x, x2), dtype))
    by_first = np.einsum("ab,ij->abij", x @ x2.T, second @ second.T)
    by_second = np.einsum("ab,ij->abij", x @ first.T @ first @ x2.T, np.eye(outputs))
    assert_each_close(results, by_first + by_second, dtype)


def mlp(activation, params, x):
    # A scalar leaf and a leaf without effect are what a careless contraction gets wrong.
    hidden = activation(x @ params["hidden"]["weight"] + params["hidden"]["bias"])
    return params["gain"] * (hidden @ params["readout"]["weight"])


def mlp_params(rng, inputs, hidden, *outputs):
    return {
        "hidden": {
            "weight": rng.standard_normal((inputs, hidden)),
            "bias": rng.standard_normal(hidden),
        },
        "readout": {"weight": rng.standard_normal((hidden, *outputs))},
        "gain": rng.standard_normal(),
        "idle": rng.standard_normal(2),
    }


@settings(max_examples=2)
@example(activation=jnp.tanh, layout="n", n=3, n2=None, inputs=4, hidden=5, outputs=1, seed=0)
@example(activation=jax.nn.relu, layout="ntk", n=2, n2=3, inputs=4, hidden=5, outputs=2, seed=1)
@given(
    activation=st.sampled_from([jnp.tanh, jax.nn.relu]),
    layout=st.sampled_from(["n", "nk", "ntk"]),
    n=sizes,
    n2=st.none() | sizes,
    inputs=sizes,
    hidden=sizes,
    outputs=sizes,
    seed=seeds,
)
def test_an_mlp_has_the_kernel_of_its_gradients(
    dtype, activation, layout, n, n2, inputs, hidden, outputs, seed
):
    rng = np.random.default_rng(seed)
    params = mlp_params(rng, inputs, hidden, *([] if layout == "n" else [outputs]))
    trailing = (3, inputs) if layout == "ntk" else (inputs,)
    x = rng.standard_normal((n, *trailing))
    x2 = None if n2 is None else rng.standard_normal((n2, *trailing))
    check_against_gradients(dtype, functools.partial(mlp, activation), params, x, x2)


def convolution(params, x):
    hidden = jax.lax.conv_general_dilated(
        x, params["filter"], (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
    )
    return jnp.tanh(hidden) @ params["readout"]


def recurrent(params, x):
    def step(hidden, inputs):
        hidden = jnp.tanh(hidden @ params["recurrent"] + inputs @ params["input"])
        return hidden, hidden @ params["readout"]

    start = jnp.zeros((len(x), len(params["recurrent"])), x.dtype)
    return jnp.swapaxes(jax.lax.scan(step, start, jnp.swapaxes(x, 0, 1))[1], 0, 1)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(
    ("network", "shapes"),
    [
        (convolution, {"filter": (3, 2, 4), "readout": (4, 2)}),
        (recurrent, {"recurrent": (4, 4), "input": (2, 4), "readout": (4, 2)}),
    ],
)
def test_a_network_over_time_has_the_kernel_of_its_gradients(network, shapes):
    rng = np.random.default_rng(0)
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    x, x2 = rng.standard_normal((2, 5, 2)), rng.standard_normal((3, 5, 2))
    # Implementation 3 promises no such network.
    choices = [choice for choice in CHOICES if choice[0] != 3]
    check_against_gradients("float64", network, params, x, x2, choices)


def test_examples_may_interact_where_nothing_is_promised():
    def neighbours(params, x):
        # A roll is made of slices, whose transpose newer JAX does not publish.
        hidden = jnp.tanh(x @ params[0])
        return (hidden * jnp.roll(hidden, 1, axis=0)) @ params[1]

    rng = np.random.default_rng(0)
    params = cast([rng.standard_normal((3, 4)), rng.standard_normal((4, 2))], "float32")
    x = cast(rng.standard_normal((5, 3)), "float32")
    choices = [(implementation, None) for implementation in IMPLEMENTATIONS]
    # Without jit, which the other tests use.
    results = kernels(neighbours, params, x, choices=choices)
    rows = gradients(neighbours, params, x)
    assert_each_close(results, contracted(rows, rows), "float32", choices)


@pytest.mark.usefixtures("x64")
def test_vmap_over_params_gives_each_network_its_kernel():
    rng = np.random.default_rng(0)
    apply = functools.partial(mlp, jnp.tanh)
    x = cast(rng.standard_normal((3, 3)), "float64")
    networks = [cast(mlp_params(rng, 3, 4, 2), "float64") for _ in range(3)]
    stacked = jax.tree_util.tree_map(lambda *leaves: jnp.stack(leaves), *networks)
    results = jax.jit(jax.vmap(lambda params: kernels(apply, params, x)))(stacked)
    rows = [gradients(apply, params, x) for params in networks]
    assert_each_close(results, np.stack([contracted(row, row) for row in rows]), "float64")


@pytest.mark.usefixtures("x64")
def test_a_kernel_is_symmetric_with_no_negative_eigenvalue():
    rng = np.random.default_rng(0)
    params, x = cast((mlp_params(rng, 2, 1, 2), rng.standard_normal((6, 2))), "float64")
    results = jitted_kernels(functools.partial(mlp, jnp.tanh), params, x)
    for choice, result in zip(CHOICES, results, strict=True):
        matrix = np.asarray(result).transpose(0, 2, 1, 3).reshape(12, 12)
        eigenvalues = np.linalg.eigvalsh(matrix)
        rounding = 1e-12 * eigenvalues.max()
        assert np.abs(matrix - matrix.T).max() <= rounding, choice
        assert eigenvalues.min() >= -rounding, choice
        # No more than the six parameters that have an effect can span it.
        assert np.abs(eigenvalues[:6]).max() <= rounding, choice


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_every_product_runs_at_the_highest_precision(implementation):
    # A CPU rounds no factor, so that only the program itself can tell.
    apply = jax.jit(linear)
    params, x = (jnp.ones((3, 2)), jnp.ones((2, 3))), jnp.ones((4, 2))
    apply(params, x)  # a trace at the default precision, which must not be reused
    program = str(
        jax.make_jaxpr(lambda p: empirical_ntk(apply, p, x, implementation=implementation))(params)
    )
    found = re.findall(r"precision=(.*)", program)
    assert found
    assert program.count("dot_general[") == len(found)
    assert all(re.fullmatch(r"\(Precision\.HIGHEST, Precision\.HIGHEST\)", p) for p in found)


def test_implementation_3_says_what_it_cannot_handle():
    def splits(params, x):
        left, right = jnp.split(x @ params, 2, axis=1)
        return left * right

    pattern = r"(?s)^implementation=3 .* 1, 2 and 'jacobian' give the same kernel\.$"
    with pytest.raises(NotImplementedError, match=pattern):
        empirical_ntk(splits, jnp.ones((3, 4)), jnp.ones((2, 3)), implementation=3)
