"""The recurrent network against its equation written out step by step."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj

PHI = {"relu": lambda a: np.maximum(a, 0), "tanh": np.tanh}


def drawn_network(seed, width, n_in, k, optional):
    """Weights and whichever of the optional parameters are asked for, none of them 0."""
    rng = np.random.default_rng(seed)
    shapes = {
        "input": (width, n_in),
        "recurrent": (width, width),
        "readout": (k, width),
        "bias": (width,),
        "readout_bias": (k,),
        "initial_state": (width,),
    }
    names = (*list(shapes)[:3], *optional)
    return {n: rng.standard_normal(shapes[n]) / shapes[n][-1] ** 0.5 for n in names}


def euler_steps(params, x, activation, leak, leak_form, start, noise):
    """The three forms written out unit by unit, as Euler steps of their differential equations.

    With a step of dt = 1 - leak in units of the time constant: tau dh/dt = -h + phi(...) for
    "rate", tau dz/dt = -z + ... for "current", and for "paper" phi of an Euler step of the former.
    """
    phi, dt = PHI[activation], 1 - leak
    w_x, w_h = params["input"], params["recurrent"]
    activity = np.zeros((*x.shape[:2], len(w_h)))
    for trial in range(len(x)):
        z = np.broadcast_to(start, (len(x), len(w_h)))[trial]
        for t in range(x.shape[1]):
            seen = phi(z) if leak_form == "current" else z
            net = w_h @ seen + w_x @ x[trial, t] + params.get("bias", 0) + noise[t, trial]
            if leak_form == "paper":
                z = phi(z + dt * (net - z))
            else:
                z = z + dt * ((phi(net) if leak_form == "rate" else net) - z)
            activity[trial, t] = phi(z) if leak_form == "current" else z
    return activity


OPTIONAL = ("bias", "readout_bias", "initial_state")
FORMS = ("paper", "rate", "current")


@given(
    st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3)),
    st.sampled_from(sorted(PHI)),
    st.sampled_from([0.0, 0.3, 0.9]),
    st.sampled_from(FORMS),
    st.sets(st.sampled_from(OPTIONAL)),
    st.sampled_from([0.0, 0.5]),
    st.booleans(),
    st.integers(0, 99),
)
def test_activity_and_outputs(
    x64, shape, activation, leak, leak_form, optional, noise, unrolled, seed
):
    n, steps, n_in, k = shape
    params = drawn_network(seed, 6, n_in, k, optional)
    x = np.random.default_rng(seed + 1).standard_normal((n, steps, n_in))
    options = {"activation": activation, "leak": leak, "leak_form": leak_form}
    given = {"noise": noise, "key": jax.random.key(seed), "unrolled": unrolled}
    start = params.get("initial_state", 0)
    if not np.any(start):
        start = np.random.default_rng(seed + 2).standard_normal((n, 6))
        given["initial_state"] = jnp.asarray(start)
    drawn = noise * np.asarray(jax.random.normal(jax.random.key(seed), (steps, n, 6)))
    activity = euler_steps(params, x, **options, start=start, noise=drawn)
    arrays = jax.tree.map(jnp.asarray, params)
    got = rj.rnn_activity(arrays, jnp.asarray(x), **options, **given)
    np.testing.assert_allclose(got, activity, atol=1e-12)
    right = activity @ params["readout"].T + params.get("readout_bias", 0)
    outputs = rj.rnn_apply(arrays, jnp.asarray(x), **options, **given)
    np.testing.assert_allclose(outputs, right, atol=1e-12)
    last = rj.rnn_apply(arrays, jnp.asarray(x), outputs="last", **options, **given)
    np.testing.assert_allclose(last, right[:, -1], atol=1e-12)


@given(
    st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 3)),
    st.sampled_from(sorted(PHI)),
    st.sampled_from([0.0, 0.4]),
    st.sampled_from(FORMS),
    st.booleans(),
    st.integers(0, 99),
)
def test_derivatives_are_those_without_the_loop(
    x64, shape, activation, leak, leak_form, rested, seed
):
    n, steps, n_in = shape
    params = drawn_network(seed, 5, n_in, 2, OPTIONAL[: 2 if rested else 3])
    params = jax.tree.map(jnp.asarray, params)
    x = jax.random.normal(jax.random.key(seed), (n, steps, n_in))
    options = {"activation": activation, "leak": leak, "leak_form": leak_form}

    def loss(params, x, unrolled):
        return jnp.sum(jnp.sin(rj.rnn_apply(params, x, **options, unrolled=unrolled)))

    looped, plain = (
        jax.jit(jax.grad(functools.partial(loss, unrolled=u), argnums=(0, 1)))(params, x)
        for u in (False, True)
    )
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11), looped, plain
    )
    # Forward, and forward over backward: curvature along a direction.
    direction = jax.tree.map(jnp.cos, params)

    def curved(unrolled):
        gradient = jax.grad(lambda p: loss(p, x, unrolled))
        return jax.jit(lambda p, d: jax.jvp(gradient, (p,), (d,))[1])(params, direction)

    both = curved(False), curved(True)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11), *both)


@pytest.mark.parametrize("bytes_of_a_piece", [1, 5 * 6 * 8, 2 * 5 * 6 * 8, 3 * 5 * 6 * 8])
@pytest.mark.parametrize("leak_form", FORMS)
def test_long_trials_in_pieces(x64, monkeypatch, bytes_of_a_piece, leak_form):
    """Seven steps of five trials as pieces of 1, 1, 2 and 3 steps, with and without a rest."""
    monkeypatch.setattr("richlazy_jax.models._rnn._PIECE_BYTES", bytes_of_a_piece)
    params = jax.tree.map(jnp.asarray, drawn_network(4, 6, 3, 2, OPTIONAL))
    x = jax.random.normal(jax.random.key(1), (5, 7, 3))

    def loss(params, x, unrolled):
        outputs = rj.rnn_apply(params, x, leak=0.3, leak_form=leak_form, unrolled=unrolled)
        return jnp.sum(jnp.sin(outputs))

    pieces, plain = (jax.grad(loss, argnums=(0, 1))(params, x, u) for u in (False, True))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9), pieces, plain)
    found = rj.empirical_ntk(
        lambda p, x: rj.rnn_apply(p, x, leak=0.3, leak_form=leak_form),
        params,
        x,
        implementation="factors",
        vmap_axes=0,
    )
    right = rj.recurrent_ntk(params, x, leak=0.3, leak_form=leak_form, wrt=tuple(params))
    np.testing.assert_allclose(found, right, rtol=1e-9)


@pytest.mark.parametrize("steps", [1, 2, 40])
def test_the_program_does_not_grow_with_steps(steps):
    params = rj.rnn(2, 3, 1).init(jax.random.key(0))

    def gradient(steps):
        return jax.grad(lambda p: jnp.sum(rj.rnn_apply(p, jnp.ones((2, steps, 2)))))

    lengths = [len(str(jax.make_jaxpr(gradient(s))(params)).splitlines()) for s in (3, steps)]
    assert lengths[1] <= lengths[0]


def test_three_forms_are_one_without_a_leak():
    params = rj.rnn(2, 5, 1, biases=True).init(jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (3, 6, 2))
    paper, rate, current = (rj.rnn_activity(params, x, leak_form=f) for f in FORMS)
    np.testing.assert_allclose(paper, rate, atol=1e-6)
    np.testing.assert_allclose(paper, current, atol=1e-6)


def test_parameters_of_the_module():
    params = rj.rnn(2, 5, 3, biases=True, initial_state="trained").init(jax.random.key(0))
    zeros = {"bias": (5,), "readout_bias": (3,), "initial_state": (5,)}
    for name, shape in zeros.items():
        np.testing.assert_array_equal(params[name], np.zeros(shape))
    bare = rj.rnn(2, 5, 3).init(jax.random.key(0))
    assert set(bare) == {"input", "recurrent", "readout"}
    for name in bare:
        np.testing.assert_array_equal(bare[name], params[name])


def test_weights_are_drawn_as_documented():
    n = 400
    params = rj.rnn(9, n, 4, gain=1.5).init(jax.random.key(0))
    recurrent = np.asarray(params["recurrent"]) * np.sqrt(n) / 1.5
    assert abs(recurrent.mean()) < 3 / n
    assert abs((recurrent**2).mean() - 1) < 3 * np.sqrt(2) / n
    # Gaussian and not uniform: the fourth moment is 3, with a variance of 96 for one entry.
    assert abs((recurrent**4).mean() - 3) < 3 * np.sqrt(96) / n
    for name, bound, shape in (("input", 1 / 3, (n, 9)), ("readout", n**-0.5, (4, n))):
        drawn = np.asarray(params[name]) / bound
        assert drawn.shape == shape
        assert np.abs(drawn).max() <= 1
        assert abs((drawn**2).mean() - 1 / 3) < 3 * np.sqrt(4 / 45 / drawn.size)


def applied(more=(), x=None, **options):
    params = rj.rnn(2, 3, 2).init(jax.random.key(0)) | dict(more)
    return rj.rnn_apply(params, jnp.ones((1, 4, 2)) if x is None else x, **options)


BAD = [
    (lambda: rj.rnn(0, 3, 2), r"n_inputs is 0; .*>= 1"),
    (lambda: rj.rnn(2, 3, 2, activation="linear"), r"activation is 'linear'; .*'relu', 'tanh'"),
    (lambda: rj.rnn(2, 3, 2, leak=1.0), r"leak is 1\.0; .*below 1"),
    (lambda: rj.rnn(2, 3, 2, leak_form="euler"), r"leak_form is 'euler'; .*'paper', 'rate', 'cur"),
    (lambda: rj.rnn(2, 3, 2, initial_state="one"), r"initial_state is 'one'; .*'zero', 'trained'"),
    (lambda: applied(leak=-0.1), r"leak is -0\.1; .*at least 0"),
    (lambda: applied(noise=-1.0), r"noise is -1\.0; .*at least 0"),
    (lambda: applied(noise=0.1), r"key is None; .*key of jax\.random"),
    (lambda: applied(initial_state=jnp.ones(4)), r"initial_state has shape \(4,\); .*\(1, 3\)"),
    (lambda: applied(x=jnp.ones((1, 0, 2))), r"x has shape \(1, 0, 2\); allowed .*one step"),
    (lambda: applied({"bias": jnp.ones(2)}), r"params\['bias'\] has shape \(2,\); .*\(3,\)"),
    (
        lambda: applied({"initial_state": jnp.ones(3)}, initial_state=jnp.ones(3)),
        r"initial_state is given twice",
    ),
    (
        lambda: applied({"readout_bias": jnp.ones(3)}),
        r"params\['readout_bias'\] has shape \(3,\); .*\(2,\)",
    ),
    (lambda: applied({"biases": jnp.ones(3)}), r"params has the key 'biases'; allowed are"),
    (lambda: rj.rnn(2, 3, 2, gain=0.0), r"gain is 0\.0; .*above 0"),
    (
        lambda: rj.rnn_apply(rj.rnn(2, 3, 2).init(jax.random.key(0)), jnp.ones((1, 4, 3))),
        r"x has shape \(1, 4, 3\); allowed is \(n, t, 2\)",
    ),
    (
        lambda: rj.rnn_activity(
            {"input": jnp.ones((3, 2)), "recurrent": jnp.ones((3, 4))}, jnp.ones((1, 4, 2))
        ),
        r"params\['recurrent'\] has shape \(3, 4\).*\(N, N\)",
    ),
    (
        lambda: rj.rnn_apply(
            rj.rnn(2, 3, 2).init(jax.random.key(0)), jnp.ones((1, 4, 2)), outputs="first"
        ),
        r"outputs is 'first'; .*'all', 'last'",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_it_is_a_flax_module():
    module = rj.RNN(2, 3, 1, rngs=nnx.Rngs(0))
    assert isinstance(module, nnx.Module)
    assert module(jnp.ones((4, 5, 2))).shape == (4, 5, 1)
