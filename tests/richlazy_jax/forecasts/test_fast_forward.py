"""The forecast of one network against its parts computed by hand."""

import json
import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import richlazy_jax as rj
from richlazy_jax.forecasts import interval_of

NETWORK = rj.rnn(3, 12, 2)
PARAMS = NETWORK.init(jax.random.key(0))
X = jax.random.normal(jax.random.key(1), (16, 5, 3))
CLASSES = np.asarray(jax.random.randint(jax.random.key(2), (16, 5), 0, 2))


def forecast(**options):
    return rj.fast_forward(rj.rnn_apply, PARAMS, X, CLASSES, **{"steps": 20, **options})


@pytest.fixture(scope="module")
def usual():
    return forecast(wrt=["recurrent"], learning_rate=0.001, updates=10_000, momentum=0.9)


def test_it_is_a_descent_and_an_alignment(usual):
    def loss(params):
        logits = rj.rnn_apply(params, X[:12])
        return optax.softmax_cross_entropy_with_integer_labels(logits, CLASSES[:12]).mean()

    found = rj.descend(loss, PARAMS, 20, 100.0)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4),
        usual.params,
        found.params,
    )
    np.testing.assert_allclose(usual.loss, found.losses[jnp.array([0, -1])], rtol=1e-4)
    alignment = rj.recurrent_kernel_alignment(PARAMS, usual.params, X[12:])
    np.testing.assert_allclose(usual.kernel_alignment.alignment, alignment, rtol=1e-4)
    assert usual.horizon == pytest.approx(100)
    assert float(usual.reach) == pytest.approx(float(found.sizes.sum()), rel=1e-3)
    assert usual.interval == interval_of(float(usual.kernel_alignment.alignment))
    one = rj.descend(loss, PARAMS, 1, 100.0).params
    first = rj.recurrent_kernel_alignment(PARAMS, one, X[12:])
    np.testing.assert_allclose(usual.one_step, first, rtol=1e-4)
    ranks = rj.effective_ranks(PARAMS["recurrent"]).stable_rank
    np.testing.assert_allclose(usual.stable_rank["recurrent"], ranks)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_error_is_met_by_the_first_kernel(weighted):
    """e^T K e / (|e|^2 tr K) from a plain Jacobian, with rows weighted by their roots."""
    weights = None
    counts = np.full((4, 5), 1.0)
    if weighted:
        weights = np.random.default_rng(3).uniform(0.2, 2.0, (16, 5))
        counts = weights[12:]
    found = forecast(weights=weights, steps=1).error_alignment
    jacobian = jax.jacobian(lambda p: rj.rnn_apply(p, X[12:]))(PARAMS)
    rows = np.concatenate(
        [np.asarray(j).reshape(4 * 5 * 2, -1) for j in jax.tree.leaves(jacobian)], 1
    )
    probabilities = jax.nn.softmax(rj.rnn_apply(PARAMS, X[12:]))
    error = np.asarray(probabilities - jax.nn.one_hot(CLASSES[12:], 2)).reshape(-1)
    roots = np.sqrt(np.repeat(counts.reshape(-1), 2))
    error, rows = roots * error, roots[:, None] * rows
    right = np.sum((error @ rows) ** 2) / (error @ error) / np.sum(rows**2)
    np.testing.assert_allclose(found, right, rtol=1e-4)


def test_a_start_that_does_not_learn_is_refused():
    dead = {**PARAMS, "readout": jnp.zeros_like(PARAMS["readout"])}
    dead |= {"input": jnp.zeros_like(PARAMS["input"])}
    found = rj.fast_forward(rj.rnn_apply, dead, X, CLASSES, steps=3)
    assert found.kernel_alignment is None
    assert found.interval is None
    assert "3 steps of descent took the loss from" in found.sentence
    assert found.to_dict()["kernel_alignment"] is None


def test_a_start_that_training_would_overshoot_is_refused():
    """Its curvature allows steps of a hundredth of what training makes."""
    steep = {**PARAMS, "readout": 100 * PARAMS["readout"]}
    rates = {"learning_rate": 0.1, "updates": 1000, "momentum": 0.9}
    found = rj.fast_forward(rj.rnn_apply, steep, X, CLASSES, steps=10, **rates)
    assert found.kernel_alignment is None
    assert float(found.reach) < 10
    assert "less than as many of training, 10: training will overshoot" in found.sentence
    # Nobody knows how long another optimizer's steps are.
    assert rj.fast_forward(rj.rnn_apply, steep, X, CLASSES, steps=10).refused is None


def test_text_and_json(usual):
    assert re.match(r"The tangent kernel is expected to keep an alignment of 0\.\d\d", str(usual))
    assert "recurrent: stable rank" in str(usual)
    assert "20 steps on 12 examples, the work of about 40 gradients" in str(usual)
    assert "<table>" in usual._repr_html_()
    kept = json.loads(json.dumps(usual.to_dict(), allow_nan=False))
    assert kept["sentence"] == usual.sentence
    assert "params" not in kept
    assert "no horizon" in str(forecast(steps=1))


@pytest.mark.slow
def test_targets_of_numbers_and_a_loss_of_ones_own():
    targets = np.asarray(jax.random.normal(jax.random.key(5), (16, 5, 2)))
    plain = rj.fast_forward(rj.rnn_apply, PARAMS, X, targets, steps=5, outputs="last")
    own = rj.fast_forward(
        rj.rnn_apply,
        PARAMS,
        X,
        targets,
        steps=5,
        outputs="last",
        loss=lambda y, wanted: jnp.mean(jnp.sum((y - wanted) ** 2, -1)) / 2,
    )
    np.testing.assert_allclose(plain.loss, own.loss, rtol=1e-5)
    right = np.mean(np.sum((rj.rnn_apply(PARAMS, X)[:12, -1] - targets[:12, -1]) ** 2, -1)) / 2
    np.testing.assert_allclose(plain.loss.before, right, rtol=1e-5)


def test_the_shipped_interval():
    low, high = interval_of(0.5)
    assert 0 < low < 0.5 < high < 1
    assert interval_of(0.0)[0] == 0
    assert interval_of(1.0)[1] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0.1}, "learning_rate is 0.1 and updates is None; allowed are both"),
        ({"momentum": 1.0}, "momentum is 1.0; allowed are numbers from 0 and below 1"),
        ({"learning_rate": -1.0, "updates": 3}, "learning_rate is -1.0; allowed"),
        ({"learning_rate": 1.0, "updates": 0}, "updates is 0; allowed"),
        ({"steps": 0}, "steps is 0; allowed"),
        ({"outputs": [7]}, "outputs is [7]; allowed are steps from 0 to 4"),
    ],
)
def test_bad_options(no_shape_checks, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        forecast(**options)


@pytest.mark.parametrize(
    ("params", "x", "targets", "message"),
    [
        (PARAMS, X[:7], CLASSES[:7], "x has 7 examples; allowed are at least 8"),
        (PARAMS, X, None, "targets is None"),
        (PARAMS, X, CLASSES[:, :4], "targets has shape (16, 4)"),
        (PARAMS, X.at[0, 0, 0].set(jnp.nan), CLASSES, "x has numbers that are not finite"),
        ({**PARAMS, "input": PARAMS["input"] / 0}, X, CLASSES, "params has numbers that are not"),
    ],
)
def test_bad_input(no_shape_checks, params, x, targets, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        rj.fast_forward(rj.rnn_apply, params, x, targets)
