"""Losses and accuracies."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from richlazy_jax.tasks import Trials, decision_accuracy, sequence_cross_entropy


@pytest.fixture
def trials():
    labels = jax.random.randint(jax.random.key(0), (5, 4), 0, 3)
    return Trials(jnp.zeros((5, 4, 2)), labels)


@pytest.fixture
def logits():
    return 2 * jax.random.normal(jax.random.key(1), (5, 4, 3))


def losses_by_hand(logits, labels):
    result = np.empty(labels.shape)
    for trial, step in np.ndindex(*labels.shape):
        z = np.asarray(logits[trial, step], float)
        result[trial, step] = np.log(np.exp(z).sum()) - z[labels[trial, step]]
    return result


def test_mean_over_steps_and_trials(logits, trials):
    expected = losses_by_hand(logits, trials.labels).mean()
    np.testing.assert_allclose(sequence_cross_entropy(logits, trials), expected, rtol=1e-6)


def test_knowing_nothing_costs_the_logarithm_of_the_answers(trials):
    loss = sequence_cross_entropy(jnp.zeros((5, 4, 3)), trials)
    np.testing.assert_allclose(loss, np.log(3), rtol=1e-6)


def test_weights_may_keep_the_last_step_only(logits, trials):
    weights = jnp.zeros((5, 4)).at[:, -1].set(1.0)
    loss = sequence_cross_entropy(logits, trials._replace(weights=weights))
    expected = losses_by_hand(logits, trials.labels)[:, -1].mean()
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_weights_are_relative(logits, trials):
    weights = jax.random.uniform(jax.random.key(2), (5, 4))
    losses = losses_by_hand(logits, trials.labels)
    for scale in (1.0, 7.0):
        loss = sequence_cross_entropy(logits, trials._replace(weights=scale * weights))
        np.testing.assert_allclose(loss, np.average(losses, weights=weights), rtol=1e-5)
    equal = sequence_cross_entropy(logits, trials._replace(weights=jnp.full((5, 4), 3.0)))
    np.testing.assert_allclose(equal, sequence_cross_entropy(logits, trials), rtol=1e-6)


def test_gradient_is_probability_minus_label(logits, trials):
    gradient = jax.grad(sequence_cross_entropy)(logits, trials)
    expected = (jax.nn.softmax(logits) - jax.nn.one_hot(trials.labels, 3)) / 20
    np.testing.assert_allclose(gradient, expected, atol=1e-7)


def test_large_logits_stay_finite(trials):
    logits = 1e4 * jax.nn.one_hot((trials.labels + 1) % 3, 3)
    np.testing.assert_allclose(sequence_cross_entropy(logits, trials), 1e4, rtol=1e-6)


@pytest.mark.parametrize("step", [0, 2, 3, -1])
def test_accuracy_looks_at_one_step(step):
    labels = jnp.ones((4, 4), int)
    # Right at this step in three trials of four, wrong at all others.
    logits = jnp.zeros((4, 4, 3)).at[:, :, 2].set(1.0).at[:3, step, 1].set(5.0)
    trials = Trials(jnp.zeros((4, 4, 1)), labels)
    assert decision_accuracy(logits, trials, step) == 0.75
    if step in (3, -1):
        assert decision_accuracy(logits, trials) == 0.75
    else:
        assert decision_accuracy(logits, trials) == 0


def test_they_batch(logits, trials):
    many_logits = jnp.stack([logits, -logits])
    many_trials = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), trials)
    for function in (sequence_cross_entropy, decision_accuracy):
        both = jax.jit(jax.vmap(function))(many_logits, many_trials)
        for i, sign in enumerate((1, -1)):
            np.testing.assert_allclose(both[i], function(sign * logits, trials), rtol=1e-6)


@pytest.mark.parametrize("function", [sequence_cross_entropy, decision_accuracy])
def test_logits_must_fit_the_trials(function, trials):
    with pytest.raises(ValueError, match=r"logits has shape \(5, 3, 3\); allowed are \(5, 4\)"):
        function(jnp.zeros((5, 3, 3)), trials)


@pytest.mark.parametrize("step", [4, -5])
def test_decision_step_must_exist(logits, trials, step):
    with pytest.raises(ValueError, match=f"decision_step is {step}; allowed are -4 to 3"):
        decision_accuracy(logits, trials, step)
