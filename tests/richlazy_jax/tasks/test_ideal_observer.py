"""The best that any observer can do, found from the drawn inputs and from the exact densities."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from richlazy_jax.tasks import (
    ContextDecision,
    DelayMatchToSample,
    PerceptualDecision,
    decision_accuracy,
    sequence_cross_entropy,
)

N = 100_000
SD = 0.1
# The known values are means over this many draws, rounded to four digits.
KNOWN_DRAWS = 2e6
ROUNDING = 5e-5


def log_posterior(inputs, hypotheses):
    """Log-probabilities of the answers 1 and 2, by going through every possible trial.

    `hypotheses` lists pairs of an answer and the noiseless inputs that go with it, all of them
    equally probable beforehand.
    """
    answers = np.array([answer for answer, _ in hypotheses])
    flat = inputs.reshape(len(inputs), -1)
    signals = np.stack([signal.ravel() for _, signal in hypotheses])
    # The squared distance from each signal, without the square that all have in common.
    log_likelihood = (flat @ signals.T - (signals**2).sum(1) / 2) / SD**2
    of_answer = np.stack(
        [np.logaddexp.reduce(log_likelihood[:, answers == a], axis=1) for a in (1, 2)], axis=1
    )
    return of_answer - np.logaddexp.reduce(of_answer, axis=1)[:, None]


def observe_2af(inputs):
    hypotheses = []
    for sign, level in itertools.product((1, -1), (0, 6.4, 12.8, 25.6, 51.2)):
        signal = np.tile([0.5 + sign * level / 200, 0.5 - sign * level / 200], (7, 1))
        hypotheses.append((1 if sign > 0 else 2, signal))
    return log_posterior(inputs[:, :7, 1:], hypotheses)


def observe_dms(inputs):
    hypotheses = []
    for sample, test in itertools.product(([1, 0], [0, 1]), repeat=2):
        hypotheses.append((1 if sample == test else 2, np.array([sample, test])))
    return log_posterior(inputs[:, [0, 6], 1:], hypotheses)


def observe_cxt(inputs):
    result = np.empty((len(inputs), 2))
    signed = [sign * level for sign, level in itertools.product((1, -1), (5, 15, 50))]
    for context in (0, 1):
        # Told by the decision step, whose inputs have no noise.
        told = inputs[:, 7, 5 + context] == 1
        hypotheses = []
        for modalities in itertools.product(signed, repeat=2):
            row = [0.5 + s * c / 200 for c in modalities for s in (1, -1)]
            answer = 1 if modalities[context] > 0 else 2
            hypotheses.append((answer, np.tile(row, (2, 1))))
        result[told] = log_posterior(inputs[told, :2, 1:5], hypotheses)
    return result


def exact_floor(levels, steps):
    """Mean loss at the decision and accuracy, by integrating over the summed evidence.

    The difference of the two channels, summed over the steps, is all that the inputs say: it is
    normal with the mean `steps * level / 100`, positive for answer 1.
    """
    sd = np.sqrt(2 * steps) * SD
    grid, width = np.linspace(-12, 12, 200_001, retstep=True)

    def density(sign):
        means = sign * steps * np.array(levels)[:, None] / 100
        return np.exp(-(((grid - means) / sd) ** 2) / 2).mean(0) / (sd * np.sqrt(2 * np.pi))

    for_1, for_2 = density(1), density(-1)
    # Both vanish far out, where neither the loss nor the accuracy gains anything.
    total = np.maximum(for_1 + for_2, 1e-300)
    loss = -(for_1 * np.log(np.maximum(for_1 / total, 1e-300))).sum() * width
    # At evidence 0 both answers are as good.
    accuracy = np.maximum(for_1, for_2).sum() * width / 2
    return loss, accuracy


@pytest.fixture(scope="module")
def observed(draw):
    """For each task the ideal observer's loss in each trial, mean loss and accuracy."""
    result = {}
    for task, observer in (
        (PerceptualDecision(), observe_2af),
        (DelayMatchToSample(), observe_dms),
        (ContextDecision(), observe_cxt),
    ):
        trials = draw(task, jax.random.key(2024), N)
        posterior = observer(np.asarray(trials.inputs, float))
        # Certain of fixation before the decision and of a choice at the decision.
        logits = np.full((N, 8, 3), -1e4)
        logits[:, :7, 0] = 0
        logits[:, 7, 1:] = posterior
        logits = jnp.asarray(logits)
        rows = np.arange(N)
        losses = -posterior[rows, np.asarray(trials.labels)[:, 7] - 1] / 8
        accuracy = float(decision_accuracy(logits, trials, task.decision_step))
        result[task.name] = losses, float(sequence_cross_entropy(logits, trials)), accuracy
    return result


@pytest.mark.parametrize(("name", "known"), [("2AF", 0.0317), ("CXT", 0.0337)])
def test_floor_of_the_loss(observed, name, known):
    losses, mean_loss, _ = observed[name]
    error = losses.std() * np.sqrt(1 / N + 1 / KNOWN_DRAWS)
    np.testing.assert_allclose(mean_loss, losses.mean(), rtol=1e-4)
    assert abs(mean_loss - known) < 3 * error + ROUNDING


@pytest.mark.parametrize("name", ["2AF", "CXT"])
def test_ideal_accuracy(observed, name):
    accuracy = observed[name][2]
    assert abs(accuracy - 0.875) < 3 * np.sqrt(0.875 * 0.125 / N) + 5e-4


@pytest.mark.parametrize(
    ("name", "levels", "steps", "known"),
    [("2AF", (0, 6.4, 12.8, 25.6, 51.2), 7, 0.0317), ("CXT", (5, 15, 50), 2, 0.0337)],
)
def test_drawn_trials_reach_the_exact_floor(observed, name, levels, steps, known):
    losses, mean_loss, accuracy = observed[name]
    exact_loss, exact_accuracy = exact_floor(levels, steps)
    assert abs(exact_loss / 8 - known) < 3 * losses.std() / np.sqrt(KNOWN_DRAWS) + ROUNDING
    assert abs(exact_accuracy - 0.875) < 5e-4
    assert abs(mean_loss - exact_loss / 8) < 3 * losses.std() / np.sqrt(N)
    assert abs(accuracy - exact_accuracy) < 3 * np.sqrt(0.875 * 0.125 / N)


def test_dms_can_be_solved(observed):
    _, mean_loss, accuracy = observed["DMS"]
    assert mean_loss < 1e-6
    assert accuracy == 1
