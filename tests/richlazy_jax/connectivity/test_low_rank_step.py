"""The step of leaky units beside Jacobians of the network itself and a low-rank part by NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj


@given(
    st.integers(2, 9),
    st.floats(0.0, 0.95),
    st.floats(-30, 30),
    st.integers(0, 99),
    st.data(),
)
def test_step_is_the_low_rank_part_of_the_step(x64, size, leak, log_scale, seed, data):
    rank = data.draw(st.integers(1, size))
    w = 10.0**log_scale * np.random.default_rng(seed).standard_normal((size, size))
    found = np.asarray(rj.low_rank_step(jnp.asarray(w), rank, leak))
    whole = leak * np.eye(size) + (1 - leak) * w
    u, s, vt = np.linalg.svd(whole)
    part = (u[:, :rank] * s[:rank]) @ vt[:rank] * np.linalg.norm(s) / np.linalg.norm(s[:rank])
    step = leak * np.eye(size) + (1 - leak) * found
    # What the leak adds is lost in rounding beside very large weights, and the reverse.
    np.testing.assert_allclose(step, part, rtol=1e-9, atol=1e-12 * float(np.linalg.norm(whole)))


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_jacobian_of_the_papers_form_has_the_rank(x64, activation):
    rng, size, leak = np.random.default_rng(1), 12, 0.6
    w = rj.low_rank_step(jnp.asarray(rng.standard_normal((size, size))), 2, leak)
    params = {"input": jnp.asarray(rng.standard_normal((size, 3))), "recurrent": w}
    x = jnp.asarray(rng.standard_normal((1, 2, 3)))

    def last(first_drive):
        inputs = {**params, "bias": first_drive}
        return rj.rnn_activity(inputs, x, activation=activation, leak=leak)[0, -1]

    # Of the bias, the second activity is the second step's own part and that through the first.
    state = rj.rnn_activity(params, x, activation=activation, leak=leak)[0]
    slopes = (state > 0) * 1.0 if activation == "relu" else 1 - state**2
    whole = np.asarray(jax.jacobian(last)(jnp.zeros(size)))
    own = (1 - leak) * np.diag(slopes[1])
    through = whole - own
    assert np.linalg.matrix_rank(through, tol=1e-10) <= 2
    expected = slopes[1][:, None] * (leak * np.eye(size) + (1 - leak) * np.asarray(w))
    np.testing.assert_allclose(through, expected @ ((1 - leak) * np.diag(slopes[0])), atol=1e-12)


@given(st.integers(1, 9), st.floats(0.0, 0.95), st.floats(-30, 30), st.integers(0, 99))
def test_without_leak_the_step_is_of_the_weights_alone(x64, size, leak, log_scale, seed):
    w = 10.0**log_scale * np.random.default_rng(seed).standard_normal((size, size))
    found = np.asarray(rj.without_leak(jnp.asarray(w), leak))
    step = leak * np.eye(size) + (1 - leak) * found
    np.testing.assert_allclose(step, (1 - leak) * w, rtol=1e-9, atol=1e-14 / (1 - leak))
    with pytest.raises(ValueError, match="leak is 1"):
        rj.without_leak(jnp.asarray(w), 1.0)


def test_without_leak_it_is_low_rank():
    w = rj.gaussian_weights(jax.random.key(0), 7)
    np.testing.assert_array_equal(rj.low_rank_step(w, 3, 0.0), rj.low_rank(w, 3))


@pytest.mark.parametrize("leak", [-0.1, 1.0, float("nan")])
def test_a_leak_that_is_none_is_refused(leak):
    with pytest.raises(ValueError, match="leak is"):
        rj.low_rank_step(jnp.eye(3), 1, leak)


def test_it_is_pure_under_jit_and_vmap():
    ws = jnp.stack([rj.gaussian_weights(jax.random.key(k), 6) for k in range(3)])
    each = [rj.low_rank_step(w, 2, 0.3) for w in ws]
    ranks = jnp.full(3, 2)
    together = jax.jit(jax.vmap(lambda w, r: rj.low_rank_step(w, r, 0.3)))(ws, ranks)
    np.testing.assert_allclose(together, np.stack(each), atol=1e-5)
