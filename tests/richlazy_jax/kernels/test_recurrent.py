"""The exact recurrent kernel against gradients written out here and the empirical kernels."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from richlazy_jax.kernels import recurrent_kernel_alignment, recurrent_ntk

NAMES = ("input", "recurrent", "readout")
SUBSETS = [s for size in (1, 2, 3) for s in itertools.combinations(NAMES, size)]


def network(seed, width=6, n_in=2, n_out=2, gain=1.5):
    keys = jax.random.split(jax.random.key(seed), 3)
    shapes = {"input": (width, n_in), "recurrent": (width, width), "readout": (n_out, width)}
    return {
        name: gain * jax.random.normal(key, shape) / shape[1] ** 0.5
        for key, (name, shape) in zip(keys, shapes.items(), strict=True)
    }


def trials(seed, n, n_steps, n_in=2):
    return jax.random.normal(jax.random.key(100 + seed), (n, n_steps, n_in))


def kernel_from_gradients(params, x, x2, wrt, outputs, activation, leak):
    """Each output's gradient from reverse-mode differentiation, one trial at a time."""

    def one_trial(weights, trial):
        hidden = jnp.zeros(weights["recurrent"].shape[0], trial.dtype)
        read_out = []
        for drive in trial:
            current = weights["recurrent"] @ hidden + weights["input"] @ drive
            current = leak * hidden + (1 - leak) * current
            hidden = jnp.tanh(current) if activation == "tanh" else jnp.maximum(current, 0)
            read_out.append(weights["readout"] @ hidden)
        return jnp.stack(read_out) if outputs == "all" else read_out[-1]

    def gradients(batch):
        by_name = jax.jit(jax.vmap(jax.jacobian(one_trial), in_axes=(None, 0)))(params, batch)
        flat = [by_name[name].reshape(*by_name[name].shape[:-2], -1) for name in wrt]
        return np.concatenate(flat, axis=-1)

    first, second = gradients(x), gradients(x if x2 is None else x2)
    equation = "atkp,bulp->abtukl" if outputs == "all" else "akp,blp->abkl"
    return np.einsum(equation, first, second)


def assert_close(actual, desired, tolerance):
    assert actual.shape == desired.shape
    scale = np.abs(np.asarray(desired)).max() + 1e-30
    np.testing.assert_allclose(np.asarray(actual) / scale, desired / scale, atol=tolerance, rtol=0)


@given(
    seed=st.integers(0, 99),
    sizes=st.tuples(*[st.integers(1, 4)] * 4),
    n_steps=st.integers(1, 5),
    n_second=st.none() | st.integers(1, 3),
    wrt=st.sampled_from(SUBSETS),
    outputs=st.sampled_from(["all", "last"]),
    activation=st.sampled_from(["relu", "tanh"]),
    leak=st.sampled_from([0.0, 0.3]),
    block=st.none() | st.integers(1, 3),
)
def test_equals_products_of_gradients(
    seed, sizes, n_steps, n_second, wrt, outputs, activation, leak, block
):
    n, width, n_in, n_out = sizes
    params = network(seed, width, n_in, n_out)
    x = trials(seed, n, n_steps, n_in)
    x2 = None if n_second is None else trials(seed + 1, n_second, n_steps, n_in)
    network_options = {"outputs": outputs, "activation": activation, "leak": leak}
    actual = recurrent_ntk(params, x, x2=x2, wrt=wrt, block=block, **network_options)
    assert_close(actual, kernel_from_gradients(params, x, x2, wrt, **network_options), 1e-5)


# Few steps and outputs for all weights, then many, for which the sum is arranged another way.
@pytest.mark.parametrize(
    ("wrt", "n_steps", "n_out"),
    [*((subset, 4, 2) for subset in SUBSETS), (("recurrent",), 11, 3), (NAMES, 11, 3)],
)
@pytest.mark.parametrize("outputs", ["all", "last"])
def test_float64_accuracy(x64, wrt, outputs, n_steps, n_out):
    params = network(0, n_out=n_out)
    x, x2 = trials(0, 4, n_steps), trials(1, 3, n_steps)
    network_options = {"outputs": outputs, "activation": "tanh", "leak": 0.2}
    second = x2 if outputs == "last" else None
    actual = recurrent_ntk(params, x, x2=second, wrt=wrt, **network_options)
    assert actual.dtype == jnp.float64
    desired = kernel_from_gradients(params, x, second, wrt, **network_options)
    assert_close(actual, desired, 1e-12)


@pytest.mark.parametrize(
    ("n_steps", "n_out", "block"),
    [(3, 2, 2), (3, 2, 3), (3, 2, 100), (11, 3, 2)],
)
@pytest.mark.slow
def test_block_changes_nothing(n_steps, n_out, block):
    params, x = network(1, n_out=n_out), trials(1, 7, n_steps)
    x2 = trials(2, 5, n_steps)
    assert_close(recurrent_ntk(params, x, block=block), recurrent_ntk(params, x), 1e-6)
    whole = recurrent_ntk(params, x, x2=x2)
    assert_close(recurrent_ntk(params, x, x2=x2, block=block), whole, 1e-6)


@pytest.mark.parametrize(
    "implementation",
    # The quickest to compile, and the others.
    ["jacobian", *(pytest.param(i, marks=pytest.mark.slow) for i in (1, 2, 3))],
)
@pytest.mark.parametrize("outputs", ["all", "last"])
@pytest.mark.parametrize("wrt", [("recurrent",), NAMES])
def test_equals_other_implementations(implementation, outputs, wrt):
    params, x, x2 = network(2), trials(2, 3, 4), trials(3, 2, 4)
    options = {"outputs": outputs, "wrt": wrt, "leak": 0.1}
    for second in (None, x2) if outputs == "all" else (x2,):
        exact = recurrent_ntk(params, x, x2=second, **options)
        other = recurrent_ntk(params, x, x2=second, implementation=implementation, **options)
        assert_close(exact, np.asarray(other), 1e-5)


def test_last_of_many_steps_and_outputs():
    """The steps and outputs of sequential MNIST, each image a trial of 28 rows of 28 pixels."""
    before, after = (network(seed, width=12, n_in=28, n_out=10, gain=1.2) for seed in (20, 21))
    x = trials(20, 7, 28, 28)
    options = {"outputs": "last", "implementation": "jacobian"}
    by_jacobian = jax.jit(functools.partial(recurrent_ntk, **options))
    first, second = (np.asarray(by_jacobian(params, x), np.float64) for params in (before, after))
    assert_close(recurrent_ntk(before, x, outputs="last"), first, 1e-5)
    cosine = np.sum(first * second) / np.linalg.norm(first) / np.linalg.norm(second)
    streamed = recurrent_kernel_alignment(before, after, x, outputs="last", block=3)
    np.testing.assert_allclose(streamed, cosine, atol=1e-5)


@pytest.mark.parametrize("block", [None, 2, 5])
def test_is_symmetric_and_positive(block):
    kernel = recurrent_ntk(network(3), trials(3, 5, 4), wrt=NAMES, block=block)
    matrix = np.asarray(kernel.transpose(0, 2, 4, 1, 3, 5)).reshape(40, 40)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-5 * np.abs(matrix).max())
    assert np.linalg.eigvalsh(matrix).min() > -1e-5 * np.abs(matrix).max()


def test_first_step_has_no_recurrent_gradient():
    kernel = recurrent_ntk(network(4), trials(4, 3, 3))
    assert not kernel[:, :, 0].any()
    assert not kernel[:, :, :, 0].any()
    assert not recurrent_ntk(network(4), trials(4, 3, 1)).any()


def test_later_inputs_change_no_earlier_outputs():
    params, x = network(5), trials(5, 3, 4)
    changed = recurrent_ntk(params, x.at[:, 3].add(1.0), wrt=NAMES)
    before = recurrent_ntk(params, x, wrt=NAMES)
    assert_close(changed[:, :, :3, :3], before[:, :, :3, :3], 1e-6)


def test_jit_vmap_and_grad():
    x = trials(6, 5, 3)
    many = jax.tree.map(lambda *leaves: jnp.stack(leaves), network(6), network(7))
    kernel = functools.partial(recurrent_ntk, activation="tanh", block=2)
    by_vmap = jax.jit(jax.vmap(kernel, in_axes=(0, None)))(many, x)
    for i, seed in enumerate((6, 7)):
        assert_close(by_vmap[i], kernel(network(seed), x), 1e-5)

    def total(params, **options):
        return jnp.sum(recurrent_ntk(params, x, activation="tanh", **options) ** 2)

    by_exact = jax.jit(jax.grad(functools.partial(total, block=2)))(network(6))
    by_jacobian = jax.jit(jax.grad(functools.partial(total, implementation="jacobian")))(network(6))
    for name in NAMES:
        assert_close(by_exact[name], by_jacobian[name], 1e-4)


@pytest.mark.parametrize(
    ("n_steps", "n_out", "block"),
    [
        pytest.param(3, 2, None, marks=pytest.mark.slow),
        pytest.param(3, 2, 2, marks=pytest.mark.slow),
        (3, 2, 3),
        pytest.param(11, 3, 2, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("outputs", ["all", "last"])
def test_alignment_streams_the_dense_one(n_steps, n_out, outputs, block):
    before, after = network(8, n_out=n_out), network(9, n_out=n_out)
    for x2 in (None, trials(9, 4, n_steps)):
        x = trials(8, 5, n_steps)
        options = {"x2": x2, "wrt": ("input", "recurrent"), "outputs": outputs}
        first = np.asarray(recurrent_ntk(before, x, **options), np.float64)
        second = np.asarray(recurrent_ntk(after, x, **options), np.float64)
        dense = (first * second).sum() / np.linalg.norm(first) / np.linalg.norm(second)
        streamed = recurrent_kernel_alignment(before, after, x, block=block, **options)
        np.testing.assert_allclose(streamed, dense, atol=1e-5)


def test_alignment_of_scaled_kernels_and_other_implementations():
    params, x = network(10), trials(10, 4, 3)
    scaled = {**params, "readout": 3 * params["readout"]}
    np.testing.assert_allclose(recurrent_kernel_alignment(params, scaled, x), 1, rtol=1e-6)
    other = network(11)
    np.testing.assert_allclose(
        recurrent_kernel_alignment(params, other, x),
        recurrent_kernel_alignment(params, other, x, implementation="jacobian"),
        atol=1e-5,
    )


@pytest.mark.slow
def test_memory_is_bounded_by_the_block():
    params = network(12, width=40)
    temporaries = []
    for n in (16, 64):
        aligned = jax.jit(functools.partial(recurrent_kernel_alignment, block=4))
        compiled = aligned.lower(params, params, trials(12, n, 5)).compile()
        temporaries.append(compiled.memory_analysis().temp_size_in_bytes)  # pyright: ignore[reportOptionalMemberAccess]
    x_bytes = 64 * 5 * 2 * 4
    assert temporaries[1] < temporaries[0] + 4 * x_bytes


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"wrt": ("bias",)}, "wrt is .*bias.*subset of"),
        ({"wrt": "recurrent"}, "wrt is 'recurrent'.*subset of"),
        ({"wrt": ()}, r"wrt is \(\).*subset of"),
        ({"outputs": "first"}, "outputs is 'first'.*all.*last"),
        ({"activation": "gelu"}, "activation is 'gelu'.*relu.*tanh"),
        ({"implementation": 4}, "implementation is 4.*exact.*jacobian"),
        ({"implementation": True}, "implementation is True.*exact.*jacobian"),
        ({"block": 0}, "block is 0.*from 1"),
        ({"leak": 1.0}, r"leak is 1\.0.*below 1"),
        ({"leak": -0.1}, r"leak is -0\.1.*at least 0"),
    ],
)
def test_rejects_unknown_options(no_shape_checks, options, named):
    params, x = network(0), trials(0, 2, 3)
    with pytest.raises(ValueError, match=named):
        recurrent_ntk(params, x, **options)
    with pytest.raises(ValueError, match=named):
        recurrent_kernel_alignment(params, params, x, **options)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"recurrent": jnp.ones((6, 5))}, r"params\['recurrent'\] has shape \(6, 5\).*\(6, 6\)"),
        ({"input": jnp.ones((6, 3))}, r"params\['input'\] has shape \(6, 3\).*\(6, 2\)"),
        ({"readout": jnp.ones((2, 7))}, r"params\['readout'\] has shape \(2, 7\).*\(2, 6\)"),
        ({"readout": jnp.ones(6)}, r"params\['readout'\] has shape \(6,\).*2 axes"),
        ({"readout": jnp.ones((2, 6), int)}, r"params\['readout'\] has dtype int.*floating"),
        ({"bias": jnp.ones((6, 1))}, r"params\['bias'\] has shape \(6, 1\).*1 axis"),
        ({"bias": jnp.ones(5)}, r"params\['bias'\] has shape \(5,\).*\(6,\)"),
        ({"readout_bias": jnp.ones(6)}, r"params\['readout_bias'\] has shape \(6,\).*\(2,\)"),
        ({"biases": jnp.ones(6)}, "params has the keys .*biases.*exactly.*'bias'"),
    ],
)
def test_rejects_weights_that_do_not_fit(no_shape_checks, changes, named):
    with pytest.raises(ValueError, match=named):
        recurrent_ntk({**network(0), **changes}, trials(0, 2, 3))


@pytest.mark.parametrize(
    ("x", "x2", "named"),
    [
        (jnp.ones((2, 3)), None, r"x has shape \(2, 3\).*3 axes"),
        (jnp.ones((0, 3, 2)), None, r"x has shape \(0, 3, 2\).*none of them empty"),
        (jnp.ones((2, 3, 2), int), None, "x has dtype int.*floating"),
        (jnp.ones((2, 3, 2)), jnp.ones((2, 4, 2)), r"x2 has shape \(2, 4, 2\).*\(2, 3, 2\)"),
    ],
)
def test_rejects_inputs_that_do_not_fit(no_shape_checks, x, x2, named):
    with pytest.raises(ValueError, match=named):
        recurrent_ntk(network(0), x, x2=x2)


def test_alignment_rejects_unequal_networks(no_shape_checks):
    with pytest.raises(ValueError, match=r"params1\['input'\] has shape \(5, 2\).*\(6, 2\)"):
        recurrent_kernel_alignment(network(0), network(0, width=5), trials(0, 2, 3))
