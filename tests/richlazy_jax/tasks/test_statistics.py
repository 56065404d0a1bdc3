"""What the cognitive tasks draw, against the values of the paper's tasks."""

import itertools

import jax
import numpy as np
import pytest

from richlazy_jax.tasks import ContextDecision, DelayMatchToSample, PerceptualDecision

N = 100_000
# Fixed: a right generator fails each check below at one key in 370.
KEY = 0
TASKS = (PerceptualDecision, DelayMatchToSample, ContextDecision)

# Which channels receive noise at which steps.
NOISY = {
    "2AF": (range(7), (1, 2)),
    "DMS": ((0, 6), (1, 2)),
    "CXT": (range(2), range(7)),
}


def arrays(trials):
    return np.asarray(trials.inputs, float), np.asarray(trials.labels)


@pytest.fixture(scope="module")
def drawn(draw):
    """For each task the inputs, the same trials without noise, and the labels."""
    result = {}
    for kind in TASKS:
        inputs, labels = arrays(draw(kind(), jax.random.key(KEY), N))
        signal, same_labels = arrays(draw(kind(noise_sigma=0.0), jax.random.key(KEY), N))
        np.testing.assert_array_equal(labels, same_labels)
        result[kind.name] = inputs, signal, labels
    return result


def frequency_error(p):
    return np.sqrt(p * (1 - p) / N)


@pytest.mark.parametrize("kind", TASKS)
def test_shape_of_a_trial(kind):
    task = kind()
    channels = {"2AF": 3, "DMS": 3, "CXT": 7}[task.name]
    assert (task.n_inputs, task.n_outputs) == (channels, 3)
    assert (task.n_steps, task.decision_step) == (8, 7)
    trials = jax.eval_shape(lambda: task.sample(jax.random.key(0), 5))
    assert trials.inputs.shape == (5, 8, channels)
    assert trials.labels.shape == (5, 8)
    assert trials.weights is None


@pytest.mark.parametrize("name", NOISY)
def test_labels(drawn, assert_within_errors, name):
    _, _, labels = drawn[name]
    assert not labels[:, :7].any()
    assert set(np.unique(labels[:, 7])) == {1, 2}
    assert_within_errors(np.mean(labels[:, 7] == 1), 0.5, frequency_error(0.5))


@pytest.mark.parametrize("name", NOISY)
def test_fixation_cue_until_the_decision(drawn, name):
    _, signal, _ = drawn[name]
    assert (signal[:, :7, 0] == 1).all()
    assert (signal[:, 7, 0] == 0).all()


@pytest.mark.parametrize("name", NOISY)
def test_decision_input_is_zero_but_for_the_context(drawn, name):
    inputs, _, _ = drawn[name]
    assert not inputs[:, 7, :5].any()
    if name == "CXT":
        assert (np.sort(inputs[:, 7, 5:]) == [0, 1]).all()


@pytest.mark.parametrize("name", NOISY)
def test_noise_has_sd_one_tenth_where_it_belongs_and_is_absent_elsewhere(
    drawn, assert_within_errors, name
):
    inputs, signal, _ = drawn[name]
    noise = inputs - signal
    noisy = np.zeros(noise.shape[1:], bool)
    noisy[np.ix_(*NOISY[name])] = True
    assert (noise[:, ~noisy] == 0).all()

    flat = noise[:, noisy]
    assert_within_errors(flat.mean(0), 0, 0.1 / np.sqrt(N))
    assert_within_errors(flat.std(0), 0.1, 0.1 / np.sqrt(2 * N))
    # The fourth moment tells a normal distribution from others of the same variance.
    assert_within_errors((flat**4).mean(0) / 0.1**4, 3, np.sqrt(96 / N))
    correlations = np.corrcoef(flat.T)[np.triu_indices(flat.shape[1], 1)]
    assert_within_errors(correlations, 0, 1 / np.sqrt(N))


@pytest.mark.parametrize("name", NOISY)
def test_noise_knows_nothing_of_the_trial(drawn, assert_within_errors, name):
    inputs, signal, labels = drawn[name]
    noise = (inputs - signal)[np.ix_(range(N), *NOISY[name])].sum((1, 2))
    choice = np.where(labels[:, 7] == 1, 1, -1)
    assert_within_errors(np.corrcoef(noise, choice)[0, 1], 0, 1 / np.sqrt(N))
    # The strength of the signal varies in two of the tasks.
    if name != "DMS":
        strength = np.ptp(signal[:, 0, 1:3], axis=1)
        assert_within_errors(np.corrcoef(noise, strength)[0, 1], 0, 1 / np.sqrt(N))


def test_noise_of_one_step_grows_with_finer_steps(draw, assert_within_errors):
    task = PerceptualDecision(coherences=(0.0,), dt_ms=25.0)
    inputs, _ = arrays(draw(task, jax.random.key(KEY), 2_000))
    noise = inputs[:, :28, 1:] - 0.5
    assert_within_errors(noise.std(), 0.2, 0.2 / np.sqrt(2 * noise.size))


def test_2af_signal(drawn, assert_within_errors):
    inputs, signal, labels = drawn["2AF"]
    choice = labels[:, 7]
    coherence = np.round(200 * (signal[:, 0, 1:].max(1) - 0.5), 3)
    levels = [0, 6.4, 12.8, 25.6, 51.2]
    assert sorted(set(coherence)) == levels
    assert (signal[:, :7, 1:] == signal[:, :1, 1:]).all()

    # One frequency for each pair: choice and coherence are uniform and independent.
    cells = {
        (level, c): (coherence == level) & (choice == c)
        for level, c in itertools.product(levels, (1, 2))
    }
    frequencies = [cell.mean() for cell in cells.values()]
    assert_within_errors(frequencies, 0.1, frequency_error(0.1))

    for (level, c), cell in cells.items():
        towards, away = 0.5 + level / 200, 0.5 - level / 200
        expected = [towards, away] if c == 1 else [away, towards]
        np.testing.assert_allclose(signal[cell, 0, 1:], [expected] * cell.sum(), atol=1e-6)
        means = inputs[cell, :7, 1:].mean(0)
        assert_within_errors(means, expected, 0.1 / np.sqrt(cell.sum()))


def test_dms_signal(drawn, assert_within_errors):
    inputs, signal, labels = drawn["DMS"]
    match = labels[:, 7] == 1
    first = signal[:, 0, 1] == 1
    cells = {
        (sample_first, is_match): (first == sample_first) & (match == is_match)
        for sample_first, is_match in itertools.product((True, False), repeat=2)
    }
    frequencies = [cell.mean() for cell in cells.values()]
    assert_within_errors(frequencies, 0.25, frequency_error(0.25))

    for (sample_first, is_match), cell in cells.items():
        sample = [1, 0] if sample_first else [0, 1]
        test = sample if is_match else sample[::-1]
        for step, expected in ((0, sample), (6, test)):
            np.testing.assert_array_equal(signal[cell, step, 1:], [expected] * cell.sum())
            means = inputs[cell, step, 1:].mean(0)
            assert_within_errors(means, expected, 0.1 / np.sqrt(cell.sum()))
    assert not inputs[:, 1:6, 1:].any()


def test_cxt_signal(drawn, assert_within_errors):
    inputs, signal, labels = drawn["CXT"]
    context = signal[:, 7, 5:].argmax(1)
    # One-hot at every step, the decision step included.
    assert (signal[:, :, 5:] == np.eye(2)[context][:, None]).all()
    assert not inputs[:, 2:, 1:5].any()
    assert (signal[:, 1] == signal[:, 0]).all()

    pairs = signal[:, 0, 1:5].reshape(N, 2, 2)
    choices = pairs.argmax(2) + 1
    coherence = np.round(100 * np.ptp(pairs, axis=2), 3)
    assert set(coherence.ravel()) == {5, 15, 50}
    np.testing.assert_allclose(pairs.sum(2), 1, atol=1e-6)
    rows = np.arange(N)
    assert (labels[:, 7] == choices[rows, context]).all()

    # All five draws are independent and uniform.
    drawn_values = np.column_stack([context, choices, coherence])
    frequencies = [
        np.all(drawn_values == values, axis=1).mean()
        for values in itertools.product((0, 1), (1, 2), (1, 2), (5, 15, 50), (5, 15, 50))
    ]
    assert_within_errors(frequencies, 1 / 72, frequency_error(1 / 72))

    for modality, c, level in itertools.product((0, 1), (1, 2), (5, 15, 50)):
        cell = (choices[:, modality] == c) & (coherence[:, modality] == level)
        sign = 1 if c == 1 else -1
        expected = [(1 + sign * level / 100) / 2, (1 - sign * level / 100) / 2]
        means = inputs[cell, :2, 1 + 2 * modality : 3 + 2 * modality].mean(0)
        assert_within_errors(means, expected, 0.1 / np.sqrt(cell.sum()))


@pytest.mark.parametrize("kind", TASKS)
def test_periods_may_be_of_any_length(draw, kind):
    task = kind(dt_ms=50.0, fixation_ms=100.0, delay_ms=200.0, decision_ms=150.0, noise_sigma=0.0)
    inputs, labels = arrays(draw(task, jax.random.key(KEY), 50))
    decision = task.periods["decision"]
    assert (task.n_steps, task.decision_step) == (decision.stop, decision.stop - 1)
    assert decision.stop - decision.start == 3
    assert (labels[:, decision] == labels[:, -1:]).all()
    assert labels[:, -1].all()
    assert not labels[:, : decision.start].any()
    # During fixation and delay there is the cue, and what names the context.
    for period, steps in (("fixation", 2), ("delay", 4)):
        quiet = inputs[:, task.periods[period]]
        assert quiet.shape[1] == steps
        assert (quiet[:, :, 0] == 1).all()
        assert not quiet[:, :, 1:5].any()
    assert not inputs[:, decision, :5].any()
