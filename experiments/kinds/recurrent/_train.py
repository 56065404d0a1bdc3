"""From starts to trained networks."""

import functools
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

import richlazy_jax as rj
from richlazy_jax.models import Recurrence

from ...engine import USUAL, How
from ._kept import Trains, as_network, constrained, held, started
from ._setting import Setting


def seed_keys(setting: Setting, first_seed: int = 0) -> Any:
    """A key for each seed, of which all its randomness is made."""
    return jax.vmap(functools.partial(jax.random.fold_in, _task_key(setting)))(
        jnp.arange(first_seed, first_seed + setting.seeds)
    )


def initial_params(setting: Setting, first_seed: int = 0) -> dict[str, Any]:
    """What every start trains from, with axes of starts and seeds before all others.

    These are weights, and gains where they train (`_kept.py`).
    """
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
    return started(setting.trains(), repeated | {"recurrent": recurrent})


def network_of(setting: Setting) -> rj.Network:
    """The network that the setting describes."""
    task = setting.made_task()
    drawn = rj.rnn(
        task.n_inputs,
        setting.n_hidden,
        task.n_outputs,
        **setting.form()._asdict(),
        biases=setting.biases,
        initial_state=setting.initial_state,
        gain=setting.gain,
    )
    scales = {"input": setting.input_scale, "readout": setting.readout_scale}

    def init(key: Any) -> dict[str, Any]:
        params = drawn.init(key)
        return params | {name: scale * params[name] for name, scale in scales.items()}

    return drawn if set(scales.values()) == {1.0} else rj.Network(init, drawn.apply)


@functools.cache
def _updates(name: str, momentum: float, trains: Trains) -> optax.GradientTransformation:
    def optimizer(learning_rate: Any) -> optax.GradientTransformation:
        if name == "adam":
            return optax.adam(learning_rate)
        return optax.sgd(learning_rate, momentum=momentum)

    # A plain number, as this is kept also when JAX changes between float32 and float64.
    made = optax.inject_hyperparams(optimizer)(learning_rate=0.0)
    return constrained(made, trains)


def optimizer_of(setting: Setting) -> optax.GradientTransformation:
    """The optimizer that the setting names.

    Its learning rate is part of its state, so that one compiled program serves all rates.
    """
    updates = _updates(setting.optimizer, setting.momentum, setting.trains())

    def init(params: Any) -> Any:
        state: Any = updates.init(params)
        rate = {"learning_rate": jnp.asarray(setting.learning_rate, jnp.result_type(float))}
        if isinstance(state, rj.Projected):
            return state._replace(inner=state.inner._replace(hyperparams=rate))
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
    noise, trains = float(setting.noise), setting.trains()
    # Of what decides the gradient: what projections keep is the optimizer's.
    trains = Trains(frozen=trains.frozen, gains=trains.gains)
    return _learning(setting.made_task(), setting.form(), setting.batch, noise, trains)


@functools.lru_cache(maxsize=16)
def _learning(
    task: rj.Task, form: Recurrence, batch: int, noise: float, trains: Trains
) -> Learning:
    return Learning(
        lambda params, drawn: scores(task, form, held(trains, params), *drawn, noise=noise),
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
    logits = rj.rnn_apply(as_network(params), trials.inputs, **form._asdict(), noise=noise, key=key)
    accuracy = rj.decision_accuracy(logits, trials, task.decision_step)
    return rj.sequence_cross_entropy(logits, trials), {"accuracy": accuracy}


def train_starts(
    setting: Setting,
    params: dict[str, Any],
    *,
    stream: int = 1,
    first_seed: int = 0,
    how: How = USUAL,
    learning: Learning | None = None,
    **looks: Any,
) -> rj.Trained:
    """Train from given weights.

    Args:
        setting: what to train on and how.
        params: weights with axes of starts and seeds before all others.
        stream: which trials each seed sees, a number for each phase of training.
        first_seed: the number of the first seed.
        how: which networks are trained side by side, and where they are kept meanwhile.
        learning: what is learned and from which trials; None stands for that of the setting.
        looks: `look_at` and `on_look` of `richlazy_jax.train_runs`.

    Returns:
        As `richlazy_jax.train_runs`, starts and seeds in one axis.
    """
    learning = learning_of(setting) if learning is None else learning
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


def flat(params: dict[str, Any]) -> dict[str, Any]:
    """Axes of starts and seeds made one."""
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), params)


def _task_key(setting: Setting) -> Any:
    name = setting.task if isinstance(setting.task, str) else setting.task.name
    return jax.random.fold_in(jax.random.key(setting.random_seed), zlib.crc32(name.encode()))


def held_keys(setting: Setting) -> Any:
    """Keys of the trials that training does not see, for the kernel and for the activity."""
    return jax.random.split(jax.random.fold_in(_task_key(setting), 2**31 - 1))
