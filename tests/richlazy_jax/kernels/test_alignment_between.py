"""The alignment of two kernels of any network against that of whole kernels."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj


def network(params, x):
    def step(hidden, inputs):
        hidden = jnp.tanh(hidden @ params["cell"]["kernel"] + inputs @ params["cell"]["input"])
        return hidden, hidden

    start = jnp.zeros((len(x), 4), x.dtype)
    states = jax.lax.scan(step, start, jnp.swapaxes(x, 0, 1))[1]
    return jnp.swapaxes(states, 0, 1) @ params["readout"]


def weights(seed):
    rng = np.random.default_rng(seed)
    shapes = {"cell": {"kernel": (4, 4), "input": (3, 4)}, "readout": (4, 2)}
    return jax.tree_util.tree_map(
        lambda shape: jnp.asarray(rng.standard_normal(shape)),
        shapes,
        is_leaf=lambda leaf: isinstance(leaf, tuple),
    )


def trials():
    return jnp.asarray(np.random.default_rng(5).standard_normal((7, 3, 3)))


def kernel(params, x, taken):
    def apply(chosen, x):
        whole = {**params, "cell": {**params["cell"]}}
        for path, leaf in chosen.items():
            (whole["cell"] if path[0] == "cell" else whole)[path[-1]] = leaf
        return network(whole, x)

    leaves = {
        **{("cell", name): leaf for name, leaf in params["cell"].items()},
        ("readout",): params["readout"],
    }
    chosen = {path: leaf for path, leaf in leaves.items() if path in taken}
    return rj.empirical_ntk(apply, chosen, x, implementation="jacobian")


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(
    ("wrt", "taken"),
    [
        (None, [("cell", "kernel"), ("cell", "input"), ("readout",)]),
        (["cell"], [("cell", "kernel"), ("cell", "input")]),
        (lambda path: path == ("cell", "kernel"), [("cell", "kernel")]),
    ],
)
@pytest.mark.parametrize("memory", [10_000, None])
def test_it_is_the_alignment_of_whole_kernels(wrt, taken, memory):
    before, after, x = weights(0), weights(1), trials()
    expected = rj.kernel_alignment(kernel(before, x, taken), kernel(after, x, taken))

    def alignment(before, after):
        return rj.kernel_alignment_between(network, before, after, x, wrt=wrt, memory=memory)

    found = jax.jit(alignment)(before, after)
    np.testing.assert_allclose(found.alignment, expected, rtol=1e-11)
    assert 0 < found.standard_error < 1


@pytest.mark.usefixtures("x64")
@pytest.mark.slow
def test_a_sample_is_drawn_as_by_sampled_kernel_alignment():
    before, after, x = weights(0), weights(1), trials()
    options = {"subsample": 4, "key": jax.random.key(3)}
    found = rj.kernel_alignment_between(network, before, after, x, **options)

    def whole(params):
        return lambda x, x2: rj.empirical_ntk(network, params, x, x2=x2, implementation="jacobian")

    expected = rj.sampled_kernel_alignment(whole(before), whole(after), x, **options)
    for ours, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"wrt": ["gate"]}, r"wrt is \['gate'\]; allowed are None, .* keys among \['cell', 'read"),
        ({"wrt": "cell"}, r"wrt is 'cell'; allowed are None"),
        ({"wrt": lambda path: False}, r"wrt is .* takes no parameter; allowed is"),
        ({"memory": 0}, r"memory is 0; allowed is a whole number >= 1"),
        ({"subsample": 8}, r"subsample is 8; allowed is a whole number from 1 to 7"),
        ({"subsample": 3}, r"key is None; allowed with subsample=3"),
        ({"params1": {"cell": {}}}, r"params1 has 0 leaves; allowed is as many as params0, 3"),
        (
            {"params1": {"readout": jnp.ones((4, 3))}},
            r"params1\['readout'\] has shape \(4, 3\); allowed is params1\['cell'\]\['input'\]",
        ),
        ({"x": jnp.ones((0, 3, 3))}, r"x has shape \(0, 3, 3\); allowed is at least one example"),
    ],
)
def test_bad_arguments(no_shape_checks, changes, message):
    given = {"params0": weights(0), "params1": weights(1), "x": trials()} | changes
    with pytest.raises(ValueError, match=message):
        rj.kernel_alignment_between(network, **given)
