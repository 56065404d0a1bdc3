"""The recurrent kernel of networks with biases, noise, an initial state and other leaks."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj

SHAPES = {
    "input": lambda n, k, i: (n, i),
    "recurrent": lambda n, k, i: (n, n),
    "readout": lambda n, k, i: (k, n),
    "bias": lambda n, k, i: (n,),
    "readout_bias": lambda n, k, i: (k,),
    "initial_state": lambda n, k, i: (n,),
}
OPTIONAL = ("bias", "readout_bias", "initial_state")
FORMS = ("paper", "rate", "current")


def network(seed, optional, width=5, n_out=2, n_in=2):
    names = ("input", "recurrent", "readout", *optional)
    keys = jax.random.split(jax.random.key(seed), len(names))
    shapes = {name: SHAPES[name](width, n_out, n_in) for name in names}
    return {
        name: 1.3 * jax.random.normal(key, shapes[name]) / shapes[name][-1] ** 0.5
        for key, name in zip(keys, names, strict=True)
    }


def rows(params, x, wrt, options):
    """The Jacobian of `rnn_apply` itself, one row for each output of each trial."""

    def outputs(trained):
        return rj.rnn_apply({**params, **trained}, x, **options)

    found = jax.jit(jax.jacrev(outputs))({name: params[name] for name in wrt})
    shape = jax.eval_shape(outputs, {}).shape
    return np.concatenate([found[n].reshape(*shape, -1) for n in wrt], axis=-1)


def kernel_of(first, second):
    equation = "atkp,bulp->abtukl" if first.ndim == 4 else "akp,blp->abkl"
    return np.einsum(equation, first, second)


def assert_close(actual, desired, tolerance):
    scale = np.abs(desired).max() + 1e-30
    np.testing.assert_allclose(np.asarray(actual) / scale, desired / scale, atol=tolerance, rtol=0)


@given(data=st.data())
@pytest.mark.slow
def test_equals_products_of_gradients(x64, data):
    draw = data.draw
    optional = tuple(sorted(draw(st.sets(st.sampled_from(OPTIONAL)))))
    n, width, n_in, n_out, steps = (draw(st.integers(1, most)) for most in (4, 4, 3, 3, 5))
    n_second, block = draw(st.none() | st.integers(1, 3)), draw(st.none() | st.integers(1, 3))
    seed = draw(st.integers(0, 99))
    params = network(seed, optional, width, n_out, n_in)
    wrt = draw(st.sets(st.sampled_from(sorted(params)), min_size=1))
    shared = {
        "outputs": draw(st.sampled_from(["all", "last"])),
        "activation": draw(st.sampled_from(["relu", "tanh"])),
        "leak": draw(st.sampled_from([0.0, 0.4])),
        "leak_form": draw(st.sampled_from(FORMS)),
        "noise": draw(st.sampled_from([0.0, 0.5])),
    }
    keys = jax.random.split(jax.random.key(seed + 1), 6)
    start = draw(st.sampled_from(["none", "shared", "each"]))
    own = [{"key": keys[0]}, {"key": keys[1]}]
    if "initial_state" not in optional and start != "none":
        for side, number, key in zip(own, (n, n_second or 1), keys[2:4], strict=True):
            shape = (width,) if start == "shared" else (number, width)
            side["initial_state"] = jax.random.normal(keys[2] if start == "shared" else key, shape)
    x = jax.random.normal(keys[4], (n, steps, n_in))
    x2 = None if n_second is None else jax.random.normal(keys[5], (n_second, steps, n_in))
    first = rows(params, x, wrt, shared | own[0])
    second = first if x2 is None else rows(params, x2, wrt, shared | own[1])
    both = {} if x2 is None else {"x2": x2, "key2": own[1]["key"]}
    if x2 is not None and "initial_state" in own[1]:
        both["initial_state2"] = own[1]["initial_state"]
    options = {"wrt": tuple(wrt), "block": block, **shared, **own[0], **both}
    wanted = kernel_of(first, second)
    assert_close(rj.recurrent_ntk(params, x, **options), wanted, 1e-11)
    other = network(seed + 7, optional, width, n_out, n_in)
    first = rows(other, x, wrt, shared | own[0])
    second = first if x2 is None else rows(other, x2, wrt, shared | own[1])
    after = kernel_of(first, second)
    with np.errstate(invalid="ignore"):
        cosine = np.sum(wanted * after) / np.linalg.norm(wanted) / np.linalg.norm(after)
    aligned = rj.recurrent_kernel_alignment(params, other, x, **options)
    # Where all units are silent a kernel vanishes, and both are nan.
    np.testing.assert_allclose(aligned, cosine, atol=1e-10)


# Sizes for which the sum is arranged in each of the three ways.
WAYS = {"products": (3, 3, 2), "weighting": (40, 10, 3), "rows": (3, 30, 3)}


@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize("outputs", ["all", "last"])
@pytest.mark.slow
def test_every_arrangement(x64, way, outputs, monkeypatch):
    import richlazy_jax.kernels._sums as sums

    monkeypatch.setattr(sums, "cost_of", lambda sizes, other, *blocks: other != way)
    monkeypatch.setattr(sums, "_ROW_BYTES", 2**11)
    jax.clear_caches()
    width, steps, n_out = WAYS[way]
    params = network(3, OPTIONAL, width, n_out)
    options = {"outputs": outputs, "activation": "tanh", "leak": 0.3, "leak_form": "current"}
    x = jax.random.normal(jax.random.key(5), (9, steps, 2))
    first = rows(params, x, tuple(params), options)
    for block in (None, 2):
        found = rj.recurrent_ntk(params, x, wrt=tuple(params), block=block, **options)
        assert_close(found, kernel_of(first, first), 1e-11)
    second = rows(params, x[:4], tuple(params), options)
    found = rj.recurrent_ntk(params, x, x2=x[:4], wrt=tuple(params), **options)
    assert_close(found, kernel_of(first, second), 1e-11)
    jax.clear_caches()


@pytest.mark.parametrize("implementation", [1, 2, 3, "jacobian"])
@pytest.mark.slow
def test_equals_other_implementations(implementation):
    params = network(2, OPTIONAL[:2])
    x, x2 = (jax.random.normal(jax.random.key(i), (3, 4, 2)) for i in (0, 1))
    options = {
        "x2": x2,
        "wrt": ("bias", "recurrent", "readout_bias"),
        "leak": 0.2,
        "leak_form": "current",
        "noise": 0.3,
        "key": jax.random.key(2),
        "key2": jax.random.key(3),
        "initial_state": jnp.ones((3, 5)) / 3,
        "initial_state2": jnp.ones((3, 5)) / 2,
    }
    exact = rj.recurrent_ntk(params, x, **options)
    other = rj.recurrent_ntk(params, x, implementation=implementation, **options)
    assert_close(exact, np.asarray(other), 1e-5)


@pytest.mark.slow
def test_a_rate_network_has_a_kernel_of_its_own():
    """What was once computed for it in silence: the kernel of the paper's form."""
    params = network(4, ())
    x = jax.random.normal(jax.random.key(4), (3, 5, 2))
    kernels = [rj.recurrent_ntk(params, x, leak=0.8, leak_form=form) for form in FORMS]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert not np.allclose(kernels[one], kernels[other], rtol=0.05)


@pytest.mark.slow
def test_jit_vmap_and_grad():
    stacked = jax.tree.map(lambda *a: jnp.stack(a), network(0, OPTIONAL), network(1, OPTIONAL))
    x = jax.random.normal(jax.random.key(0), (3, 4, 2))
    key = jax.random.key(1)
    kernel = functools.partial(
        rj.recurrent_ntk, x=x, activation="tanh", leak=0.2, leak_form="current", noise=0.1
    )
    many = jax.jit(jax.vmap(lambda p: kernel(p, key=key)))(stacked)
    assert_close(many[1], np.asarray(kernel(network(1, OPTIONAL), key=key)), 1e-5)

    def total(params, implementation):
        return jnp.sum(kernel(params, key=key, implementation=implementation) ** 2)

    both = [jax.grad(total)(network(0, OPTIONAL), i) for i in ("exact", "jacobian")]
    jax.tree.map(lambda a, b: assert_close(a, np.asarray(b), 1e-4), *both)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"leak_form": "euler"}, "leak_form is 'euler'.*'paper', 'rate', 'current'"),
        ({"noise": -1.0}, r"noise is -1\.0"),
        ({"noise": 0.1}, r"key is None; .*noise=0\.1"),
        ({"noise": 0.1, "key": 0, "x2": 1}, r"key2 is None; .*noise=0\.1 and x2"),
        ({"key2": 0}, "key2 is given without x2"),
        ({"initial_state": jnp.ones(4)}, r"initial_state has shape \(4,\).*\(5,\) and \(3, 5\)"),
        ({"initial_state": jnp.ones((3, 5)), "x2": 1}, r"initial_state2 is None beside .*\(3, 5\)"),
        ({"initial_state2": jnp.ones(5), "x2": 1}, "initial_state is None beside initial_state2"),
        ({"wrt": ("bias",)}, r"wrt is \('bias',\); .*'input', 'recurrent', 'readout'"),
    ],
)
def test_bad_input(no_shape_checks, options, named):
    x = jnp.ones((3, 4, 2))
    if "x2" in options:
        options = options | {"x2": x}
    for name in ("key", "key2"):
        if name in options:
            options = options | {name: jax.random.key(options[name])}
    with pytest.raises(ValueError, match=named):
        rj.recurrent_ntk(network(0, ()), x, **options)


def test_a_model_that_is_no_dict_is_refused(no_shape_checks):
    with pytest.raises(ValueError, match="params is a list; allowed is a dict of the weights"):
        rj.recurrent_ntk([jnp.ones((3, 3))], jnp.ones((3, 4, 2)))  # pyright: ignore[reportArgumentType]


def test_initial_state_of_parameters_is_not_given_again(no_shape_checks):
    params = network(0, ("initial_state",))
    with pytest.raises(ValueError, match="initial_state is given twice"):
        rj.recurrent_ntk(params, jnp.ones((3, 4, 2)), initial_state=jnp.ones(5))
