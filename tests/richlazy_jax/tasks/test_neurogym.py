"""NeuroGym environments as tasks, and the tasks here against those of NeuroGym."""

import importlib.metadata
import inspect
import sys
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import richlazy_jax as rj
from richlazy_jax.tasks import (
    ContextDecision,
    DelayMatchToSample,
    PerceptualDecision,
    Task,
    neurogym_task,
    sequence_cross_entropy,
)

try:
    import neurogym  # pyright: ignore[reportMissingImports]
except ImportError as error:
    needs_neurogym = pytest.mark.skip(reason=f"NeuroGym cannot be imported: {error}")
    RELEASE: tuple[int, ...] = (0,)
else:
    # What it warns of is no concern of these tests.
    needs_neurogym = pytest.mark.filterwarnings("ignore")
    RELEASE = tuple(int(part) for part in importlib.metadata.version("neurogym").split(".")[:2])

# What later releases changed in the tasks.
NOISE_ON_STIMULUS_CHANNELS_ONLY = RELEASE >= (2, 0)
CUE_IN_FIXATION_PERIOD_ONLY = RELEASE >= (2, 1)  # pyright: ignore[reportOperatorIssue]


class Environment:
    """A stand-in with NeuroGym's interface: trials of 2 to 4 steps, told apart by their answer."""

    observation_space = SimpleNamespace(shape=(2,))
    action_space = SimpleNamespace(n=3)
    shortest, longest = 2, 4

    def __init__(self):
        self.rng = np.random.RandomState()
        self.trials_so_far = 0

    def seed(self, seed=None):
        self.rng = np.random.RandomState(seed)

    def new_trial(self):
        self.trials_so_far += 1
        answer = self.rng.randint(0, 3)
        self.ob = self.rng.randn(self.rng.randint(self.shortest, self.longest + 1), 2)
        self.ob[:, 0] = 10 * self.trials_so_far + answer
        # Like some of NeuroGym's: no ground truth where the answer is to do nothing.
        if answer:
            self.gt = np.zeros(len(self.ob), int)
            self.gt[-1] = answer


class Wrapper:
    """A wrapper such as NeuroGym's `make` puts around an environment."""

    def __init__(self, env):
        self.env = self.unwrapped = env
        self.observation_space, self.action_space = env.observation_space, env.action_space


def fails_with(message):
    return pytest.raises(ValueError, match=message)


@pytest.mark.parametrize("wrap", [lambda env: env, Wrapper])
def test_any_object_with_the_interface_is_a_task(wrap):
    task = neurogym_task(wrap(Environment()), 5)
    assert isinstance(task, Task)
    assert (task.name, task.n_inputs, task.n_outputs) == ("Environment", 2, 3)
    assert (task.n_steps, task.decision_step) == (5, 4)
    assert neurogym_task(Environment(), 5, decision_step=2).decision_step == 2


def test_trials_end_at_the_last_step():
    trials = neurogym_task(Environment(), 5).sample(jax.random.key(0), 40)
    inputs, labels, weights = (np.asarray(leaf) for leaf in trials)
    lengths = weights.sum(1)
    assert set(lengths) == {2, 3, 4}
    # Ones that follow zeros.
    assert (np.diff(weights, axis=1) >= 0).all()
    assert set(np.unique(weights)) == {0, 1}
    assert not inputs[weights == 0].any()
    assert not labels[:, :4].any()

    # The first channel counts the trials of the batch, in tens, and tells the answer.
    told = np.round(inputs[:, 4, 0]).astype(int)
    np.testing.assert_array_equal(told // 10, 1 + np.arange(40))
    np.testing.assert_array_equal(told % 10, labels[:, 4])
    assert set(labels[:, 4]) == {0, 1, 2}


def test_trials_depend_on_the_key_alone():
    environment = Environment()
    task = neurogym_task(environment, 5)
    first = task.sample(jax.random.key(0), 8)
    environment.new_trial()
    task.sample(jax.random.key(1), 8)
    again = jax.jit(task.sample, static_argnums=1)(jax.random.key(0), 8)
    jax.tree.map(np.testing.assert_array_equal, first, again)

    # All bits of a key count, whichever word they are in.
    words = jnp.array([[0, 0], [0, 1], [1, 0], [1, 1]], jnp.uint32)
    inputs = jax.vmap(lambda key: task.sample(key, 8).inputs)(jax.random.wrap_key_data(words))
    noise = np.asarray(inputs)[:, :, 4, 1]
    assert len(np.unique(noise)) == noise.size


def test_vmap_and_scan():
    task = neurogym_task(Environment(), 5)
    keys = jax.random.split(jax.random.key(2), (2, 3))

    @jax.jit
    def loop(keys):
        def step(carry, row):
            return carry, jax.vmap(lambda key: task.sample(key, 4))(row)

        return jax.lax.scan(step, None, keys)[1]

    trials = loop(keys)
    assert trials.inputs.shape == (2, 3, 4, 5, 2)
    one = jax.tree.map(lambda leaf: leaf[1, 2], trials)
    jax.tree.map(np.testing.assert_array_equal, one, task.sample(keys[1, 2], 4))


def trained_losses(task, steps):
    """Losses of a linear readout of the decision step, by the function that trains all tasks."""

    def loss(weights, trials):
        return sequence_cross_entropy(trials.inputs @ weights, trials)

    runs = rj.train_runs(
        loss,
        jnp.zeros((2, task.n_inputs, task.n_outputs)),
        optax.sgd(0.1),
        lambda key: task.sample(key, 16),
        jax.random.split(jax.random.key(3), 2),
        steps,
    )
    return np.asarray(runs.losses[0])


class OneHotEnvironment(Environment):
    """The inputs are the answer itself."""

    observation_space = SimpleNamespace(shape=(3,))

    def new_trial(self):
        self.gt = self.rng.randint(0, 3, size=3)
        self.ob = np.eye(3)[self.gt]


@pytest.mark.parametrize(
    "make", [PerceptualDecision, lambda: neurogym_task(OneHotEnvironment(), 4)]
)
def test_one_training_function_serves_all(make):
    losses = trained_losses(make(), 100)
    np.testing.assert_allclose(losses[0], np.log(3), rtol=1e-5)
    assert losses[-10:].mean() < 0.8 * losses[0]


@pytest.mark.parametrize("n_steps", [0, 2.5, True])
def test_bad_n_steps(n_steps):
    with pytest.raises((ValueError, TypeError), match="n_steps"):
        neurogym_task(Environment(), n_steps)


@pytest.mark.parametrize("decision_step", [5, -1, True])
def test_bad_decision_step(decision_step):
    with fails_with(f"decision_step is {decision_step}; allowed are None and 0 to 4"):
        neurogym_task(Environment(), 5, decision_step=decision_step)


def test_bad_n_trials():
    with fails_with("n_trials is 0; allowed is a whole number >= 1"):
        neurogym_task(Environment(), 5).sample(jax.random.key(0), 0)


@pytest.mark.parametrize("settings", [{"timing": {"delay": 0}}, {"dt": 20}])
def test_an_object_has_its_settings_already(settings):
    with fails_with(f"{next(iter(settings))} is given with an environment object"):
        neurogym_task(Environment(), 5, **settings)


def test_trials_must_fit():
    with fails_with("n_steps is 3; allowed for Environment is at least the length"):
        neurogym_task(Environment(), 3)


def test_environment_must_have_trials():
    untrialled = SimpleNamespace(
        observation_space=Environment.observation_space, action_space=Environment.action_space
    )
    with fails_with("allowed are NeuroGym environments made of trials"):
        neurogym_task(untrialled, 5)


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("observation_space", SimpleNamespace(shape=(4, 4)), "observation space.*allowed are vec"),
        ("observation_space", SimpleNamespace(shape=None), "observation space.*allowed are vec"),
        ("action_space", SimpleNamespace(shape=(2,)), "action space.*allowed are finitely many"),
        ("action_space", SimpleNamespace(n=2), "has the ground truth 2; allowed are 0 to 1"),
        ("new_trial", lambda self: None, "has no observations when a trial begins"),
        ("new_trial", lambda self: setattr(self, "ob", np.zeros((3, 2))), "never sets the ground"),
    ],
)
def test_environment_must_be_of_the_allowed_kind(attribute, value, message):
    changed = type("Changed", (Environment,), {attribute: value})
    with fails_with(f"environment Changed.*{message}"):
        neurogym_task(changed(), 5)


class Closing(Environment):
    """Random lengths from a function that closes over the environment, which a deep copy keeps."""

    def __init__(self):
        super().__init__()
        self.timing = {"stimulus": lambda *, least=2: self.rng.randint(least, 5)}

    def new_trial(self):
        self.ob = self.rng.randn(self.timing["stimulus"](), 2)
        self.gt = np.zeros(len(self.ob), int)
        self.gt[-1] = self.rng.randint(0, 3)


def test_functions_around_the_environment_draw_from_the_key():
    environment = Closing()
    task = neurogym_task(environment, 5)
    first = task.sample(jax.random.key(0), 20)
    environment.rng.randint(3)
    jax.tree.map(np.testing.assert_array_equal, first, task.sample(jax.random.key(0), 20))
    other = task.sample(jax.random.key(1), 20)
    assert (np.asarray(first.weights) != np.asarray(other.weights)).any()


def test_randomness_that_is_out_of_reach_is_refused():
    outside = np.random.RandomState(0)

    class Outside(Closing):
        def __init__(self):
            super().__init__()
            self.timing = {"stimulus": lambda: outside.randint(2, 5)}

    with fails_with("environment Outside gave two different samples for one seed"):
        neurogym_task(Outside(), 5)


def test_number_of_steps_is_proposed():
    task = neurogym_task(Environment())
    # The longest of 2 to 4, and a quarter.
    assert (task.n_steps, task.decision_step) == (5, 4)
    assert task.said[0].startswith("n_steps is 5: 128 trials drawn had 2 to 4 steps")
    same = neurogym_task(OneHotEnvironment())
    assert same.n_steps == 3
    assert same.said[0] == "n_steps is 3, the length of all 128 trials drawn."
    with fails_with("decision_step is 5; allowed are None and 0 to 4"):
        neurogym_task(Environment(), decision_step=5)


def test_classes_are_weighted_by_inverse_frequency():
    plain = neurogym_task(Environment(), 5)
    assert plain.class_weights is None
    task = neurogym_task(Environment(), 5, weighted=True)
    inputs, labels, weights = map(np.asarray, task.sample(jax.random.key(6), 2_000))
    other = map(np.asarray, plain.sample(jax.random.key(6), 2_000))
    within = weights > 0
    np.testing.assert_array_equal(inputs, next(other))
    totals = np.bincount(labels[within], weights[within]) / weights.sum()
    # A third each, but for the error of the shares in the trials drawn first: of 128 trials a
    # third, with a relative error of sqrt(2 / 128).
    np.testing.assert_allclose(totals, 1 / 3, rtol=4 * np.sqrt(2 / 128))
    assert within.sum() / len(weights) == pytest.approx(3, abs=0.1)
    # Two of nine steps are answers.
    assert plain.said[-1].startswith("Label 0 is correct at 7")
    assert plain.said[-1].endswith("no class is weighted by inverse frequency.")
    assert task.said[-1].endswith("classes are weighted by inverse frequency.")
    with pytest.raises((ValueError, TypeError), match="weighted"):
        neurogym_task(Environment(), 5, weighted=1)  # pyright: ignore[reportArgumentType]


def test_wrappers_that_act_at_every_step_are_refused():
    class AddsNoise(Wrapper):
        def step(self, action):
            return self.env.step(action)

    with fails_with("environment Environment is wrapped in AddsNoise, which acts at every step"):
        neurogym_task(AddsNoise(Environment()), 5)


def test_an_error_in_a_callback_reaches_the_caller():
    class Growing(Environment):
        @property
        def longest(self):
            return 4 if self.trials_so_far < 200 else 400

    task = neurogym_task(Growing(), 4)
    with pytest.raises(Exception, match="n_steps is 4; allowed for Growing"):
        jax.block_until_ready(task.sample(jax.random.key(0), 400))


def test_missing_neurogym_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "neurogym", None)
    with pytest.raises(ImportError, match=r"pip install richlazy-jax\[neurogym\]"):
        neurogym_task("PerceptualDecisionMaking-v0", 22)


# From here on NeuroGym's own environments.

TIMING = {
    "2AF": {"fixation": 0, "stimulus": 700, "delay": 0, "decision": 100},
    "DMS": {"fixation": 0, "sample": 100, "delay": 500, "test": 100, "decision": 100},
    "CXT": {"fixation": 0, "stimulus": 200, "delay": 500, "decision": 100},
}
OURS = {"2AF": PerceptualDecision, "DMS": DelayMatchToSample, "CXT": ContextDecision}
THEIRS = {
    "2AF": "PerceptualDecisionMaking-v0",
    "DMS": "DelayMatchSample-v0",
    "CXT": "ContextDecisionMaking-v0",
}


def theirs(name, n=2_000):
    """Inputs and labels from the installed NeuroGym, with the paper's timing."""
    settings = {}
    if name == "CXT" and RELEASE >= (2, 0):
        settings["use_expl_context"] = True
    task = neurogym_task(THEIRS[name], 8, timing=TIMING[name], **settings)
    trials = task.sample(jax.random.key(17), n)
    assert (np.asarray(trials.weights) == 1).all()
    return np.asarray(trials.inputs, float), np.asarray(trials.labels)


def ours(draw, task, n=10_000):
    trials = draw(task, jax.random.key(18), n)
    return np.asarray(trials.inputs, float), np.asarray(trials.labels)


def moments(inputs):
    """Means and their errors of all inputs and of all products of two of them."""
    flat = inputs.reshape(len(inputs), -1)
    rows, columns = np.triu_indices(flat.shape[1])
    values = np.column_stack([flat, flat[:, rows] * flat[:, columns]])
    return values.mean(0), values.std(0) / np.sqrt(len(values))


def assert_same_distribution(assert_within_errors, left, right):
    np.testing.assert_array_equal(np.unique(left[1], axis=0), np.unique(right[1], axis=0))
    shares = [np.mean(labels[:, -1] == 1) for _, labels in (left, right)]
    error = np.hypot(*(0.5 / np.sqrt(len(labels)) for _, labels in (left, right)))
    assert_within_errors(shares[0] - shares[1], 0, error)
    for answer in (1, 2):
        (left_mean, left_error), (right_mean, right_error) = (
            moments(inputs[labels[:, -1] == answer]) for inputs, labels in (left, right)
        )
        error = np.hypot(left_error, right_error)
        # Equal in every trial, up to the rounding of the mean.
        fixed = error < 1e-9
        np.testing.assert_allclose(left_mean[fixed], right_mean[fixed], atol=1e-6)
        assert_within_errors((left_mean - right_mean)[~fixed], 0, error[~fixed])


def assert_noise(assert_within_errors, noise):
    assert_within_errors(noise.std(), 0.1, 0.1 / np.sqrt(2 * noise.size))


@needs_neurogym
def test_2af_is_neurogyms(draw, assert_within_errors):
    their_inputs, their_labels = theirs("2AF")
    # Two steps of a trial differ in their noise alone.
    pairs = their_inputs[:, :6, 1:].reshape(-1, 3, 2, 2)
    assert_noise(assert_within_errors, (pairs[:, :, 0] - pairs[:, :, 1]) / np.sqrt(2))
    our_inputs, our_labels = ours(draw, PerceptualDecision())
    if CUE_IN_FIXATION_PERIOD_ONLY:
        # The paper's timing leaves no time for fixation.
        assert not their_inputs[:, :, 0].any()
        their_inputs, our_inputs = their_inputs[:, :, 1:], our_inputs[:, :, 1:]
    assert_same_distribution(
        assert_within_errors, (our_inputs, our_labels), (their_inputs, their_labels)
    )


@needs_neurogym
def test_dms_is_neurogyms(draw, assert_within_errors):
    their_inputs, their_labels = theirs("DMS")
    # The signal is 0 or 1, five standard deviations from where rounding errs.
    shown = their_inputs[:, [0, 6], 1:]
    assert_noise(assert_within_errors, shown - shown.round())
    assert_same_distribution(
        assert_within_errors, ours(draw, DelayMatchToSample()), (their_inputs, their_labels)
    )


@needs_neurogym
def test_cxt_is_neurogyms(draw, assert_within_errors):
    their_inputs, their_labels = theirs("CXT")
    difference = their_inputs[:, 0, 1:5] - their_inputs[:, 1, 1:5]
    assert_noise(assert_within_errors, difference / np.sqrt(2))
    our_inputs, our_labels = ours(draw, ContextDecision())
    if CUE_IN_FIXATION_PERIOD_ONLY:
        assert not their_inputs[:, :, 0].any()
        their_inputs, our_inputs = their_inputs[:, :, 1:], our_inputs[:, :, 1:]
    if NOISE_ON_STIMULUS_CHANNELS_ONLY:
        assert (np.sort(their_inputs[:, :, -2:]) == [0, 1]).all()
        # The context of a later step, which has no noise in either.
        for inputs in (their_inputs, our_inputs):
            inputs[:, :2, -2:] = inputs[:, 2:3, -2:]
            if not CUE_IN_FIXATION_PERIOD_ONLY:
                inputs[:, :2, 0] = inputs[:, 2:3, 0]
    assert_same_distribution(
        assert_within_errors, (our_inputs, our_labels), (their_inputs, their_labels)
    )


@needs_neurogym
def test_context_cue_is_an_option_in_later_releases():
    task = neurogym_task(THEIRS["CXT"], 8, timing=TIMING["CXT"])
    environment = task.environment.unwrapped
    optional = "use_expl_context" in inspect.signature(type(environment).__init__).parameters
    assert optional == (RELEASE >= (2, 0))
    assert task.n_inputs == (5 if optional else 7)


@needs_neurogym
def test_other_timing_is_neurogyms_too(draw, assert_within_errors):
    times = {"fixation": 100, "sample": 100, "delay": 50, "test": 100, "decision": 150}
    settings = {f"{period}_ms": float(time) for period, time in times.items()}
    task = DelayMatchToSample(dt_ms=50.0, **settings)
    other = neurogym_task(THEIRS["DMS"], task.n_steps, timing=times, dt=50)
    trials = other.sample(jax.random.key(19), 1_000)
    right = np.asarray(trials.inputs, float), np.asarray(trials.labels)
    assert_same_distribution(assert_within_errors, ours(draw, task), right)


@needs_neurogym
def test_random_timing_depends_on_the_key_alone():
    task = neurogym_task(THEIRS["CXT"], 40)
    first, again = (task.sample(jax.random.key(4), 20) for _ in range(2))
    jax.tree.map(np.testing.assert_array_equal, first, again)
    assert len(set(np.asarray(first.weights).sum(1))) > 1


@needs_neurogym
@pytest.mark.parametrize("name", THEIRS)
def test_training_on_neurogym(name):
    losses = trained_losses(neurogym_task(THEIRS[name], 8, timing=TIMING[name]), 20)
    assert losses[-5:].mean() < 0.97 * losses[0]


@needs_neurogym
def test_an_environment_object_equals_its_name():
    made = neurogym.make(THEIRS["DMS"], timing=TIMING["DMS"])  # pyright: ignore[reportPossiblyUnboundVariable]
    by_object = neurogym_task(made, 8).sample(jax.random.key(5), 4)
    by_name = neurogym_task(THEIRS["DMS"], 8, timing=TIMING["DMS"]).sample(jax.random.key(5), 4)
    jax.tree.map(np.testing.assert_array_equal, by_object, by_name)
