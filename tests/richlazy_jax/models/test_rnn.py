"""The recurrent network against its equation written out step by step."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj

PHI = {"relu": lambda a: np.maximum(a, 0), "tanh": np.tanh}


@given(
    st.integers(1, 4),
    st.integers(1, 5),
    st.integers(1, 3),
    st.sampled_from(sorted(PHI)),
    st.sampled_from([0.0, 0.3]),
    st.integers(0, 99),
)
def test_activity_and_outputs(x64, n_in, steps, k, activation, leak, seed):
    network = rj.rnn(n_in, 6, k, activation=activation, leak=leak)
    params = network.init(jax.random.key(seed))
    x = np.random.default_rng(seed).standard_normal((2, steps, n_in))
    w_x, w_h, w_o = (np.asarray(params[n]) for n in ("input", "recurrent", "readout"))
    activity = np.zeros((2, steps, 6))
    for trial in range(2):
        h = np.zeros(6)
        for t in range(steps):
            h = PHI[activation](leak * h + (1 - leak) * (w_h @ h + w_x @ x[trial, t]))
            activity[trial, t] = h
    options = {"activation": activation, "leak": leak}
    got = rj.rnn_activity(params, jnp.asarray(x), **options)
    np.testing.assert_allclose(got, activity, atol=1e-12)
    outputs = rj.rnn_apply(params, jnp.asarray(x), **options)
    np.testing.assert_allclose(outputs, activity @ w_o.T, atol=1e-12)
    np.testing.assert_allclose(network.apply(params, jnp.asarray(x)), outputs, atol=1e-12)
    last = rj.rnn_apply(params, jnp.asarray(x), outputs="last", **options)
    np.testing.assert_allclose(last, outputs[:, -1], atol=1e-12)


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


BAD = [
    (lambda: rj.rnn(0, 3, 2), r"n_inputs is 0; .*>= 1"),
    (lambda: rj.rnn(2, 3, 2, activation="linear"), r"activation is 'linear'; .*'relu', 'tanh'"),
    (lambda: rj.rnn(2, 3, 2, leak=1.0), r"leak is 1\.0; .*below 1"),
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
