"""Images row by row, against the set they come from and a loss computed without JAX."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import richlazy_jax as rj
from richlazy_jax.images import ImageSet
from richlazy_jax.tasks import SequentialImages, Task, decision_accuracy, sequence_cross_entropy

N_TRAIN, N_TEST, STEPS, INPUTS, CLASSES = 50, 20, 5, 3, 4


@pytest.fixture(scope="module")
def images():
    """Images told apart by any pixel: no two have one in common at the same place."""
    n = N_TRAIN + N_TEST
    rng = np.random.default_rng(0)
    levels = np.stack([rng.permutation(n) for _ in range(STEPS * INPUTS)], axis=1) / n
    pixels = levels.reshape(n, STEPS, INPUTS).astype(np.float32)
    # Classes of 20, 15, 10 and 5 training images.
    labels = np.repeat(np.arange(CLASSES), [20, 15, 10, 5]).astype(np.int32)
    rest = np.arange(N_TEST, dtype=np.int32) % CLASSES
    return ImageSet(
        "toys", pixels[:N_TRAIN], rng.permutation(labels), pixels[N_TRAIN:], rest, CLASSES
    )


@pytest.fixture(scope="module")
def task(images):
    return SequentialImages(images)


def places(trials, pixels):
    """Which image each trial is, by its first pixel; -1 where it is none of them."""
    where = {image[0, 0]: i for i, image in enumerate(pixels)}
    return np.array([where.get(first, -1) for first in np.asarray(trials.inputs)[:, 0, 0]])


def test_it_is_a_task(task):
    assert isinstance(task, Task)
    assert task.name == "sequential toys"
    assert (task.n_inputs, task.n_outputs) == (INPUTS, CLASSES)
    assert (task.n_steps, task.decision_step) == (STEPS, STEPS - 1)


def test_trials_are_training_images_with_their_labels(task, images, draw):
    trials = draw(task, jax.random.key(0), 2000)
    assert trials.inputs.shape == (2000, STEPS, INPUTS)
    at = places(trials, images.train_images)
    # So all of the training images are drawn, and no other; a step is a row.
    assert set(at) == set(range(N_TRAIN))
    np.testing.assert_array_equal(trials.inputs, images.train_images[at])
    np.testing.assert_array_equal(
        trials.labels, np.repeat(images.train_labels[at][:, None], STEPS, axis=1)
    )
    assert (places(trials, images.test_images) == -1).all()


def test_labels_and_images_are_as_frequent_as_they_should_be(task, images, draw):
    n = 20_000
    trials = draw(task, jax.random.key(1), n)
    labels = np.asarray(trials.labels[:, -1])
    for found, p in (
        (np.bincount(labels, minlength=CLASSES), np.bincount(images.train_labels) / N_TRAIN),
        (np.bincount(places(trials, images.train_images)), np.full(N_TRAIN, 1 / N_TRAIN)),
    ):
        z = (found / n - p) / np.sqrt(p * (1 - p) / n)
        assert np.abs(z).max() < 4


def test_trials_of_a_batch_are_independent(task, images, draw):
    # Neighbours in a batch are the same image as often as chance has it.
    at = places(draw(task, jax.random.key(2), 20_000), images.train_images)
    p, n = 1 / N_TRAIN, len(at) // 2
    z = (np.mean(at[::2] == at[1::2]) - p) / np.sqrt(p * (1 - p) / n)
    assert abs(z) < 4


def test_the_loss_is_the_mean_cross_entropy_of_the_last_step(task):
    trials = task.sample(jax.random.key(3), 7)
    logits = 3 * jax.random.normal(jax.random.key(4), (7, STEPS, CLASSES))
    loss, gradient = jax.jit(jax.value_and_grad(sequence_cross_entropy))(logits, trials)
    z = np.asarray(logits, np.float64)[:, -1]
    correct = z[np.arange(7), np.asarray(trials.labels)[:, -1]]
    expected = np.mean(np.log(np.exp(z).sum(axis=1)) - correct)
    # Some units of single precision.
    np.testing.assert_allclose(loss, expected, rtol=2e-6)
    assert not np.asarray(gradient)[:, :-1].any()
    assert np.asarray(gradient)[:, -1].all()


def test_accuracy_is_that_of_the_last_step(task):
    trials = task.sample(jax.random.key(5), 8)
    right = np.eye(CLASSES, dtype=np.float32)[np.asarray(trials.labels)]
    logits = -right
    logits[:6, -1] = right[:6, -1]
    assert decision_accuracy(jnp.asarray(logits), trials, task.decision_step) == 0.75


def test_held_trials_are_the_test_images(task, images):
    for n, found in ((None, N_TEST), (1, 1), (6, 6), (N_TEST, N_TEST)):
        trials = task.held(n)
        np.testing.assert_array_equal(trials.inputs, images.test_images[:found])
        np.testing.assert_array_equal(trials.labels[:, -1], images.test_labels[:found])
        np.testing.assert_array_equal(trials.weights, np.eye(STEPS)[[-1] * found])
    jax.tree.map(np.testing.assert_array_equal, task.held(), task.held())


def test_compiled_loop_over_vmapped_keys_equals_eager_calls(task):
    @functools.partial(jax.jit, static_argnums=0)
    def loop(task, keys):
        def step(carry, row):
            return carry, jax.vmap(lambda key: task.sample(key, 4))(row)

        return jax.lax.scan(step, None, keys)[1]

    keys = jax.random.split(jax.random.key(6), (3, 2))
    trials = loop(task, keys)
    for at in np.ndindex(3, 2):
        one = jax.tree.map(lambda leaf, at=at: leaf[at], trials)
        jax.tree.map(np.testing.assert_array_equal, one, task.sample(keys[at], 4))
    different = np.unique(np.asarray(trials.inputs[..., 0, 0]).reshape(6, 4), axis=0)
    assert len(different) == 6
    old = task.sample(jax.random.PRNGKey(3), 4)
    jax.tree.map(np.testing.assert_array_equal, old, task.sample(jax.random.key(3), 4))


def test_a_task_made_inside_a_compiled_function_can_be_used_outside(images):
    made = []

    @jax.jit
    def inside(key):
        made.append(SequentialImages(images))
        return made[0].sample(key, 3)

    jax.tree.map(
        np.testing.assert_array_equal,
        inside(jax.random.key(7)),
        made[0].sample(jax.random.key(7), 3),
    )


def test_single_precision_by_default(task):
    trials = jax.eval_shape(lambda: task.sample(jax.random.key(0), 2))
    assert [leaf.dtype for leaf in trials] == [jnp.float32, jnp.int32, jnp.float32]


def test_double_precision_where_jax_has_it(x64, images):
    task = SequentialImages(images)
    for trials in (task.sample(jax.random.key(0), 2), task.held(2)):
        assert [leaf.dtype for leaf in jax.tree.leaves(trials)] == [
            jnp.float64,
            jnp.int64,
            jnp.float64,
        ]


def test_the_function_that_trains_all_tasks_trains_this_one(task):
    """A linear readout of all pixels, which a convex loss must make better than its start."""

    def loss(weights, trials):
        answer = jnp.einsum("bti,tik->bk", trials.inputs, weights)
        logits = jnp.zeros((*trials.labels.shape, CLASSES)).at[:, -1].set(answer)
        return sequence_cross_entropy(logits, trials)

    runs = rj.train_runs(
        loss,
        jnp.zeros((2, STEPS, INPUTS, CLASSES)),
        optax.sgd(0.3),
        lambda key: task.sample(key, 32),
        jax.random.split(jax.random.key(9), 2),
        300,
    )
    losses = np.asarray(runs.losses)
    np.testing.assert_allclose(losses[:, 0], np.log(CLASSES), rtol=1e-6)
    # Less than what comes of knowing the frequencies of the classes alone.
    p = np.array([0.4, 0.3, 0.2, 0.1])
    assert (losses[:, -50:].mean(axis=1) < -(p * np.log(p)).sum()).all()


@pytest.mark.parametrize("n_trials", [0, -3, True])
def test_bad_number_of_trials(task, n_trials):
    with pytest.raises(
        ValueError, match=f"n_trials is {n_trials!r}; allowed is a whole number >= 1"
    ):
        task.sample(jax.random.key(0), n_trials)


@pytest.mark.parametrize("n", [0, N_TEST + 1, True])
def test_bad_number_of_held_trials(task, n):
    with pytest.raises(
        ValueError, match=f"n is {n!r}; allowed is a whole number from 1 to {N_TEST}"
    ):
        task.held(n)
