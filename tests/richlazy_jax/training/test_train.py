"""Training against updates written out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import richlazy_jax as rj

NETWORK = rj.mlp((3, 4, 2), "relu")
X = jax.random.normal(jax.random.key(1), (10, 3))
Y = jax.random.normal(jax.random.key(2), (10, 2))
LOSS = rj.half_squared_error(NETWORK.apply)
START = NETWORK.init(jax.random.key(0))


def by_hand(params, rate, momentum, batches):
    """ReLU network and momentum in numpy."""
    w1, w2 = (np.asarray(params[k], float) for k in ("w1", "w2"))
    v1, v2, losses = 0.0, 0.0, []
    for x, y in batches:
        x, y = np.asarray(x, float), np.asarray(y, float)
        pre = x @ w1.T
        hidden = np.maximum(pre, 0)
        error = hidden @ w2.T - y
        losses.append(0.5 * (error**2).sum())
        g2, g1 = error.T @ hidden, ((error @ w2) * (pre > 0)).T @ x
        v1, v2 = momentum * v1 + g1, momentum * v2 + g2
        w1, w2 = w1 - rate * v1, w2 - rate * v2
    return w1, w2, losses


def test_gradient_descent_with_momentum(x64):
    params = NETWORK.init(jax.random.key(0))
    x, y = X.astype(float), Y.astype(float)
    got = rj.train(
        LOSS, params, optax.sgd(0.01, momentum=0.9), rj.full_batch(x, y), jax.random.key(3), 20
    )
    w1, w2, losses = by_hand(params, 0.01, 0.9, [(x, y)] * 20)
    np.testing.assert_allclose(got.params["w1"], w1, atol=1e-12)
    np.testing.assert_allclose(got.params["w2"], w2, atol=1e-12)
    np.testing.assert_allclose(got.losses, losses, rtol=1e-12)
    assert not got.diverged


def test_stochastic_gradient_descent_on_its_own_batches():
    sample = rj.minibatches(X, Y, 4)
    key = jax.random.key(5)
    batches = [sample(jax.random.fold_in(key, i)) for i in range(15)]
    got = rj.train(LOSS, START, optax.sgd(0.01), sample, key, 15)
    w1, _, losses = by_hand(START, 0.01, 0.0, batches)
    np.testing.assert_allclose(got.params["w1"], w1, atol=1e-5)
    np.testing.assert_allclose(got.losses, losses, rtol=1e-5)


def test_minibatches_hold_different_examples_each_as_often():
    numbers = jnp.arange(10.0)
    sample = rj.minibatches(numbers, numbers, 4)
    drawn, same = jax.vmap(sample)(jax.random.split(jax.random.key(0), 3000))
    np.testing.assert_array_equal(drawn, same)
    assert all(len(set(row)) == 4 for row in np.asarray(drawn).tolist())
    counts = np.bincount(np.asarray(drawn, int).ravel(), minlength=10)
    # Each of ten examples is in a batch of four with probability 0.4.
    assert np.abs(counts - 1200).max() < 4 * np.sqrt(3000 * 0.4 * 0.6)


def test_pieces_give_the_numbers_of_the_whole():
    optimizer, sample, key = optax.adam(0.01), rj.minibatches(X, Y, 4), jax.random.key(6)
    whole = rj.train(LOSS, START, optimizer, sample, key, 12)
    state = rj.start_training(START, optimizer, key)
    losses = []
    for steps in (5, 1, 6):
        state, piece = rj.continue_training(LOSS, state, optimizer, sample, steps)
        losses.append(piece.losses)
    np.testing.assert_allclose(np.concatenate(losses), whole.losses, rtol=1e-6)
    np.testing.assert_allclose(state.params["w1"], whole.params["w1"], rtol=1e-6)
    assert int(state.step) == 12


def test_one_compilation_serves_all_ranks_and_seeds():
    traced = []

    @jax.jit
    @jax.vmap
    def run(spectrum, key):
        traced.append(spectrum)
        w1 = rj.weights_with_spectrum(key, spectrum, 4, 3)
        params = {"w1": w1, "w2": START["w2"]}
        return rj.train(LOSS, params, optax.sgd(0.01), rj.full_batch(X, Y), key, 3).losses

    ranks = [[rj.equal_singular_values(r, 3)] * 2 for r in (1, 2, 3)]
    keys = jax.random.split(jax.random.key(0), 2)
    losses = [run(jnp.stack(spectra), keys) for spectra in ranks]
    assert len(traced) == 1
    assert len({float(loss[0, 0]) for loss in losses}) == 3


def test_a_run_that_diverges_is_marked_and_the_others_go_on():
    rates = jnp.array([0.01, 1e3, 0.02])

    def run(rate):
        return rj.train(LOSS, START, optax.sgd(rate), rj.full_batch(X, Y), jax.random.key(0), 30)

    together = jax.vmap(run)(rates)
    np.testing.assert_array_equal(together.diverged, [False, True, False])
    np.testing.assert_allclose(together.losses[2], run(0.02).losses, rtol=1e-5)
    assert not np.isfinite(together.losses[1]).all()


def test_metrics_are_kept_step_by_step():
    def loss(params, batch):
        value = LOSS(params, batch)
        return value, {"twice": 2 * value}

    got = rj.train(
        loss, START, optax.sgd(0.01), rj.full_batch(X, Y), jax.random.key(0), 4, has_metrics=True
    )
    np.testing.assert_allclose(got.metrics["twice"], 2 * got.losses)


BAD = [
    (
        lambda: rj.train(LOSS, START, optax.sgd(1.0), rj.full_batch(X, Y), jax.random.key(0), 0),
        r"steps is 0; .*>= 1",
    ),
    (lambda: rj.full_batch(X, Y[1:]), r"y has 9 examples; allowed is 10"),
    (lambda: rj.minibatches(X, Y, 11), r"size is 11; .*from 1 to 10"),
    (
        lambda: LOSS(START, (X, Y[:, :1])),
        r"the output of apply has shape \(10, 2\); .*\(10, 1\)",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
