"""From starts to trained networks to measures."""

import functools
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.models import Recurrence

from ..engine import USUAL, How, attributes
from ..findings import MEASURES, start_text
from ._looks import Looks
from ._setting import Setting
from ._spectra import SPECTRA, spectra
from ._starts import with_ranks

LABELS = {
    "kernel_alignment": "kernel alignment",
    "kernel_alignment_error": "standard error of the kernel alignment over trials (jackknife)",
    "representation_alignment": "representation alignment",
    "weight_change_norm": "weight change (Frobenius norm)",
    "sign_agreement": "sign agreement of activity",
    "first_loss": "training loss of the first batch (nats)",
    "loss": "training loss (mean of the last 100 iterations, nats)",
    "accuracy": "decision accuracy on held trials",
    "diverged": "training met a loss that is not finite",
} | SPECTRA


# Trials of each side whose kernels are in memory at once.
KERNEL_BLOCK = 50


def run_task(setting: Setting, *, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
    """Train networks of all starts and seeds on one task and measure how lazily they learned.

    Args:
        setting: what to run.
        first_seed: the number of the first seed. What a seed gives is the same, whatever others are
            run beside it.
        how: which networks are trained side by side, and where they are kept meanwhile.

    Returns:
        One value for each start and seed of every measure asked for, of `loss`, `first_loss`,
        `accuracy` and `diverged`, and the spectra and effective ranks of the start. Runs that
        diverged have NaN for measures, accuracy and first loss. Where all starts are of chosen
        rank, `rank` is a coordinate. What was measured on the way has `_through` in its name and
        the dimension `update`; of runs that diverged at any time it is NaN. The setting stands in
        the attributes.
    """
    params = initial_params(setting, first_seed)
    looks = Looks(setting, params, how.checkpoints)
    trained = train_starts(
        setting,
        params,
        first_seed=first_seed,
        how=how,
        look_at=setting.measure_at,
        on_look=looks.look,
    )
    dataset = measured(setting, params, trained, first_seed=first_seed)
    dataset = looks.beside(dataset, np.asarray(trained.diverged))
    return with_ranks(dataset, setting.starts)


def seed_keys(setting: Setting, first_seed: int = 0) -> Any:
    """A key for each seed, of which all its randomness is made."""
    return jax.vmap(functools.partial(jax.random.fold_in, _task_key(setting)))(
        jnp.arange(first_seed, first_seed + setting.seeds)
    )


def initial_params(setting: Setting, first_seed: int = 0) -> dict[str, Any]:
    """The weights of every start, with axes of starts and seeds before all others."""
    seeds = seed_keys(setting, first_seed)
    full = jax.vmap(lambda k: network_of(setting).init(jax.random.fold_in(k, 0)))(seeds)
    # One by one: only few are drawn, and what is not batched need not be compiled for each start.
    keys = [jax.random.fold_in(k, 2) for k in seeds]
    recurrent = jnp.stack(
        [
            jnp.stack([start.draw(k, w) for k, w in zip(keys, full["recurrent"], strict=True)])
            for start in setting.starts
        ]
    )
    repeated = {name: jnp.stack([leaf] * len(setting.starts)) for name, leaf in full.items()}
    return repeated | {"recurrent": recurrent}


def network_of(setting: Setting) -> rj.Network:
    """The network that the setting describes."""
    task = setting.made_task()
    return rj.rnn(
        task.n_inputs,
        setting.n_hidden,
        task.n_outputs,
        **setting.form()._asdict(),
        biases=setting.biases,
        initial_state=setting.initial_state,
        gain=setting.gain,
    )


@functools.cache
def _updates(name: str, momentum: float) -> optax.GradientTransformation:
    def optimizer(learning_rate: Any) -> optax.GradientTransformation:
        if name == "adam":
            return optax.adam(learning_rate)
        return optax.sgd(learning_rate, momentum=momentum)

    return optax.inject_hyperparams(optimizer)(learning_rate=jnp.zeros(()))


def optimizer_of(setting: Setting) -> optax.GradientTransformation:
    """The optimizer that the setting names.

    Its learning rate is part of its state, so that one compiled program serves all rates.
    """
    updates = _updates(setting.optimizer, setting.momentum)

    def init(params: Any) -> Any:
        state: Any = updates.init(params)
        rate = {"learning_rate": jnp.asarray(setting.learning_rate, jnp.result_type(float))}
        return state._replace(hyperparams=rate)

    return optax.GradientTransformation(init, updates.update)


class Learning(NamedTuple):
    """What `train_runs` asks for: the loss, with the accuracy beside it, and how a batch is drawn.

    A batch is trials and the key of their noise.
    """

    loss: Callable[[Any, tuple[rj.Trials, Any]], tuple[Any, dict[str, Any]]]
    sample: Callable[[Any], tuple[rj.Trials, Any]]


def learning_of(setting: Setting) -> Learning:
    """What the networks of a setting learn.

    It is one and the same for settings that differ in starts, gain, learning rate, momentum or
    seeds, so that one compiled program serves them all.
    """
    return _learning(setting.made_task(), setting.form(), setting.batch, float(setting.noise))


@functools.lru_cache(maxsize=16)
def _learning(task: rj.Task, form: Recurrence, batch: int, noise: float) -> Learning:
    return Learning(
        lambda params, drawn: scores(task, form, params, *drawn, noise=noise),
        lambda key: (task.sample(key, batch), jax.random.fold_in(key, 1)),
    )


def scores(
    task: rj.Task,
    form: Recurrence,
    params: Any,
    trials: rj.Trials,
    key: Any = None,
    *,
    noise: float = 0.0,
) -> tuple[Any, dict[str, Any]]:
    """The loss of weights on trials, and the accuracy."""
    logits = rj.rnn_apply(params, trials.inputs, **form._asdict(), noise=noise, key=key)
    accuracy = rj.decision_accuracy(logits, trials, task.decision_step)
    return rj.sequence_cross_entropy(logits, trials), {"accuracy": accuracy}


def train_starts(
    setting: Setting,
    params: dict[str, Any],
    *,
    stream: int = 1,
    first_seed: int = 0,
    how: How = USUAL,
    **looks: Any,
) -> rj.Trained:
    """Train from given weights.

    Args:
        setting: what to train on and how.
        params: weights with axes of starts and seeds before all others.
        stream: which trials each seed sees, a number for each phase of training.
        first_seed: the number of the first seed.
        how: which networks are trained side by side, and where they are kept meanwhile.
        looks: `look_at` and `on_look` of `richlazy_jax.train_runs`.

    Returns:
        As `richlazy_jax.train_runs`, starts and seeds in one axis.
    """
    learning = learning_of(setting)
    keys = jax.vmap(lambda k: jax.random.fold_in(k, stream))(seed_keys(setting, first_seed))
    return rj.train_runs(
        learning.loss,
        flat(params),
        optimizer_of(setting),
        learning.sample,
        jnp.tile(keys, len(params["recurrent"])),
        setting.iterations,
        has_metrics=True,
        **how._asdict(),
        **looks,
    )


def measured(
    setting: Setting,
    params: dict[str, Any],
    trained: rj.Trained,
    labels: Sequence[str] | None = None,
    first_seed: int = 0,
) -> xr.Dataset:
    """The dataset of `run_task`, from the weights before and after training.

    Args:
        setting: what was run.
        params: the weights before, with axes of starts and seeds before all others.
        trained: what `train_starts` gave.
        labels: names of the starts; None stands for those of the setting.
        first_seed: the number of the first seed.
    """
    labels = [s.label for s in setting.starts] if labels is None else list(labels)
    found = laziness(setting, flat(params), trained.params)
    found["accuracy"] = test_accuracy(setting, trained.params)
    found["loss"] = np.asarray(trained.losses)[:, -100:].mean(axis=1)
    found["first_loss"] = np.asarray(trained.losses)[:, 0]
    diverged = np.asarray(trained.diverged)
    for name in set(MEASURES) - set(setting.measures):
        found.pop(name, None)
    for name in (*setting.measures, "accuracy", "first_loss"):
        found[name] = np.where(diverged, np.nan, found[name])
    found["diverged"] = diverged
    found |= spectra(np.asarray(flat(params)["recurrent"]))
    shape = (len(labels), setting.seeds)
    dims = ("start", "seed", "index")
    return xr.Dataset(
        {
            name: (
                dims[: value.ndim + 1],
                value.reshape(*shape, *value.shape[1:]),
                {"long_name": LABELS[name]},
            )
            for name, value in found.items()
        },
        coords={"start": labels, "seed": range(first_seed, first_seed + setting.seeds)},
        attrs=dataset_attributes(setting),
    )


def dataset_attributes(setting: Setting) -> dict[str, Any]:
    """What a dataset says of its setting: the record, the name of the task, and what may grow."""
    found = attributes(setting.record()) | {"task": setting.task_label, "seeds": setting.seeds}
    if setting.images is not None:
        found["images"] = setting.images.name
    return found | {"starts": [start_text(start.record()) for start in setting.starts]}


def test_accuracy(setting: Setting, params: dict[str, Any]) -> np.ndarray:
    """Decision accuracy of each network of a stack on what training does not see.

    For images this is the whole test set, for other tasks the held trials of the representation.
    """
    task = setting.made_task()
    if isinstance(task, rj.SequentialImages):
        trials = task.held()
    else:
        trials = setting.held_trials(held_keys(setting)[1], setting.activity_trials)
    return np.asarray(scores_of_each(setting, params, trials)[1]["accuracy"])


def scores_of_each(
    setting: Setting, params: dict[str, Any], trials: rj.Trials
) -> tuple[Any, dict[str, Any]]:
    """The loss and the accuracy of each network of a stack on trials, at the highest precision."""
    form = setting.form()._replace(precision="highest")
    return _scores_of_each(setting.made_task(), form, params, trials)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _scores_of_each(task: rj.Task, form: Recurrence, stack: Any, trials: rj.Trials) -> Any:
    return jax.lax.map(lambda one: scores(task, form, one, trials), stack)


def flat(params: dict[str, Any]) -> dict[str, Any]:
    """Axes of starts and seeds made one."""
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), params)


def _task_key(setting: Setting) -> Any:
    name = setting.task if isinstance(setting.task, str) else setting.task.name
    return jax.random.fold_in(jax.random.key(setting.random_seed), zlib.crc32(name.encode()))


def held_keys(setting: Setting) -> Any:
    """Keys of the trials that training does not see, for the kernel and for the activity."""
    return jax.random.split(jax.random.fold_in(_task_key(setting), 2**31 - 1))


def laziness(setting: Setting, before: Any, after: Any) -> dict[str, np.ndarray]:
    """The measures of laziness of stacks of networks before and after training."""
    kernel_key, activity_key = held_keys(setting)
    kernel_trials = setting.held_trials(kernel_key, setting.kernel_trials)
    trials = setting.held_trials(activity_key, setting.activity_trials)
    form = setting.form()
    # Measures are always of the highest precision.
    options = (("activation", form.activation), ("leak", form.leak), ("leak_form", form.leak_form))
    # The one measure that takes longer than the others together.
    wrt = tuple(before) if setting.kernel_weights == "all" else ("recurrent",)
    wrt = wrt if "kernel_alignment" in setting.measures else ()
    each = [
        jax.device_get(
            _laziness_of_one(
                jax.tree.map(lambda leaf, i=i: leaf[i], (before, after)),
                kernel_trials,
                trials.inputs,
                options=options,
                decision_step=setting.made_task().decision_step,
                wrt=wrt,
            )
        )
        for i in range(len(before["recurrent"]))
    ]
    return {name: np.array([one[name] for one in each]) for name in each[0]}


@functools.partial(jax.jit, static_argnames=("options", "decision_step", "wrt"))
def _laziness_of_one(
    pair: tuple[Any, Any],
    kernel_trials: rj.Trials,
    inputs: Any,
    *,
    options: tuple[tuple[str, Any], ...],
    decision_step: int,
    wrt: tuple[str, ...],
) -> dict[str, Any]:
    start, end = pair
    first, last = (rj.rnn_activity(p, inputs, **dict(options))[:, decision_step] for p in pair)
    return {
        **(_alignment(pair, kernel_trials, dict(options), wrt) if wrt else {}),
        "representation_alignment": rj.representation_alignment(first, last),
        "weight_change_norm": rj.weight_change_norm(start["recurrent"], end["recurrent"]),
        "sign_agreement": rj.sign_agreement(first, last),
    }


def _alignment(
    pair: tuple[Any, Any], trials: rj.Trials, options: dict[str, Any], wrt: tuple[str, ...]
) -> dict[str, Any]:
    if trials.weights is None:
        return {
            "kernel_alignment": rj.recurrent_kernel_alignment(
                *pair, trials.inputs, wrt=wrt, **options
            )
        }

    def kernel(params: Any) -> Callable[[Any, Any], Any]:
        return lambda x, x2: rj.recurrent_ntk(params, x, x2=x2, wrt=wrt, outputs="last", **options)

    # Where images are few of many, their sampling error counts beside that over seeds.
    before, after = map(kernel, pair)
    sampled = rj.sampled_kernel_alignment(before, after, trials.inputs, block=KERNEL_BLOCK)
    return {
        "kernel_alignment": sampled.alignment,
        "kernel_alignment_error": sampled.standard_error,
    }
