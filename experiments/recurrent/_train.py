"""From starts to trained networks to measures."""

import functools
import zlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

import richlazy_jax as rj

from ._setting import MEASURES, Setting
from ._spectra import SPECTRA, spectra
from ._starts import LowRank

LABELS = {
    "kernel_alignment": "kernel alignment",
    "representation_alignment": "representation alignment",
    "weight_change_norm": "weight change (Frobenius norm)",
    "sign_agreement": "sign agreement of activity",
    "loss": "training loss (mean of the last 100 iterations, nats)",
    "accuracy": "decision accuracy on held trials",
    "diverged": "training met a loss that is not finite",
} | SPECTRA


def run_task(
    setting: Setting,
    *,
    piece: int = 200,
    batch_runs: int | None = None,
    on_piece: Callable[[rj.Progress], None] = lambda progress: None,
) -> xr.Dataset:
    """Train networks of all starts and seeds on one task and measure how lazily they learned.

    Args:
        setting: what to run.
        piece: updates between two reports.
        batch_runs: as in `richlazy_jax.train_runs`.
        on_piece: called with the progress after each piece.

    Returns:
        One value for each start and seed of every measure asked for, of `loss`, `accuracy`,
        `diverged`, and the spectra and effective ranks of the start. Measures of runs that diverged
        are NaN. Where all starts are of chosen rank, `rank` is a coordinate. The setting stands in
        the attributes.
    """
    task = setting.made_task()
    key = jax.random.fold_in(jax.random.key(setting.random_seed), zlib.crc32(setting.task.encode()))
    seeds = jax.vmap(functools.partial(jax.random.fold_in, key))(jnp.arange(setting.seeds))
    held = jax.random.fold_in(key, 2**31 - 1)

    starts = _starts(setting, task, seeds)
    train_keys = jax.vmap(lambda k: jax.random.fold_in(k, 1))(seeds)
    flat = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), starts)
    keys = jnp.tile(train_keys, len(setting.starts))
    apply = functools.partial(rj.rnn_apply, activation=setting.activation, leak=setting.leak)

    def loss(params: Any, trials: rj.Trials) -> Any:
        logits = apply(params, trials.inputs)
        accuracy = rj.decision_accuracy(logits, trials, task.decision_step)
        return rj.sequence_cross_entropy(logits, trials), {"accuracy": accuracy}

    trained = rj.train_runs(
        loss,
        flat,
        optax.sgd(setting.learning_rate, momentum=setting.momentum),
        lambda k: task.sample(k, setting.batch),
        keys,
        setting.iterations,
        has_metrics=True,
        piece=piece,
        batch_runs=batch_runs,
        on_piece=on_piece,
    )
    found = _measured(setting, task, flat, trained.params, held)
    found["loss"] = np.asarray(trained.losses)[:, -100:].mean(axis=1)
    diverged = np.asarray(trained.diverged)
    for name in set(MEASURES) - set(setting.measures):
        del found[name]
    for name in setting.measures:
        found[name] = np.where(diverged, np.nan, found[name])
    found["diverged"] = diverged
    found |= spectra(np.asarray(flat["recurrent"]))
    shape = (len(setting.starts), setting.seeds)
    dims = ("start", "seed", "index")
    dataset = xr.Dataset(
        {
            name: (
                dims[: value.ndim + 1],
                value.reshape(*shape, *value.shape[1:]),
                {"long_name": LABELS[name]},
            )
            for name, value in found.items()
        },
        coords={"start": [s.label for s in setting.starts], "seed": range(setting.seeds)},
        attrs=setting.record(),
    )
    ranks = [s.rank for s in setting.starts if isinstance(s, LowRank)]
    return dataset if len(ranks) < shape[0] else dataset.assign_coords(rank=("start", ranks))


def _starts(setting: Setting, task: rj.Task, seeds: Any) -> dict[str, Any]:
    """Weights with axes of starts and seeds before all others."""
    network = rj.rnn(
        task.n_inputs,
        setting.n_hidden,
        task.n_outputs,
        activation=setting.activation,
        leak=setting.leak,
        gain=setting.gain,
    )
    full = jax.vmap(lambda k: network.init(jax.random.fold_in(k, 0)))(seeds)
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


def _measured(
    setting: Setting, task: rj.Task, before: Any, after: Any, held: Any
) -> dict[str, np.ndarray]:
    kernel_key, activity_key = jax.random.split(held)
    kernel_trials = task.sample(kernel_key, setting.kernel_trials)
    trials = task.sample(activity_key, setting.activity_trials)
    options = {"activation": setting.activation, "leak": setting.leak}

    @jax.jit
    def of_one(pair: tuple[Any, Any]) -> dict[str, Any]:
        start, end = pair
        first, last = (
            rj.rnn_activity(p, trials.inputs, **options)[:, task.decision_step] for p in pair
        )
        logits = rj.rnn_apply(end, trials.inputs, **options)
        return {
            "kernel_alignment": rj.recurrent_kernel_alignment(
                start, end, kernel_trials.inputs, **options
            ),
            "representation_alignment": rj.representation_alignment(first, last),
            "weight_change_norm": rj.weight_change_norm(start["recurrent"], end["recurrent"]),
            "sign_agreement": rj.sign_agreement(first, last),
            "accuracy": rj.decision_accuracy(logits, trials, task.decision_step),
        }

    runs = len(before["recurrent"])
    each = [
        jax.device_get(of_one(jax.tree.map(lambda leaf, i=i: leaf[i], (before, after))))
        for i in range(runs)
    ]
    return {name: np.array([one[name] for one in each]) for name in each[0]}
