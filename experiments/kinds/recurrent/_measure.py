"""How lazily trained networks learned, and how well."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import richlazy_jax as rj
from richlazy_jax.models import Recurrence

from ...findings import FURTHER_MEASURES
from ._kept import GAINS, Trains, as_network, masks_of
from ._setting import OF_KERNELS, Setting
from ._train import held_keys, scores

# Trials of each side whose kernels are in memory at once.
KERNEL_BLOCK = 50


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


def laziness(setting: Setting, before: Any, after: Any) -> dict[str, np.ndarray]:
    """How stacks of networks changed in training: what the setting asks for, of its start aside.

    Measures of activity and weights that take no time are there in any case.
    """
    kernel_key, activity_key = held_keys(setting)
    kernel_trials = setting.held_trials(kernel_key, setting.kernel_trials)
    trials = setting.held_trials(activity_key, setting.activity_trials)
    form = setting.form()
    # Measures are always of the highest precision.
    options = (("activation", form.activation), ("leak", form.leak), ("leak_form", form.leak_form))
    asked = tuple(sorted(setting.measures))
    wrt = setting.of_kernel() if OF_KERNELS & set(asked) else ()
    trains = setting.trains()
    if trains.zeros and bool(np.all(before["recurrent"])):
        # Without zeros there is nothing to mask, which takes longer.
        trains = trains._replace(zeros=False)
    each = [
        jax.device_get(
            _laziness_of_one(
                jax.tree.map(lambda leaf, i=i: leaf[i], (before, after)),
                kernel_trials,
                trials.inputs,
                options=options,
                decision_step=setting.made_task().decision_step,
                asked=asked,
                wrt=wrt,
                trains=trains,
            )
        )
        for i in range(len(before["recurrent"]))
    ]
    return {name: np.array([one[name] for one in each]) for name in each[0]}


@functools.partial(jax.jit, static_argnames=("options", "decision_step", "asked", "wrt", "trains"))
def _laziness_of_one(
    pair: tuple[Any, Any],
    kernel_trials: rj.Trials,
    inputs: Any,
    *,
    options: tuple[tuple[str, Any], ...],
    decision_step: int,
    asked: tuple[str, ...],
    wrt: tuple[str, ...],
    trains: Trains,
) -> dict[str, Any]:
    given = (kernel_trials, dict(options), wrt, masks_of(trains, pair[0], wrt))
    networks = start, end = tuple(map(as_network, pair))
    activity = [rj.rnn_activity(p, inputs, **dict(options)) for p in networks]
    first, last = (each[:, decision_step] for each in activity)
    found: dict[str, Any] = {
        "representation_alignment": rj.representation_alignment(first, last),
        "weight_change_norm": rj.weight_change_norm(start["recurrent"], end["recurrent"]),
        "sign_agreement": rj.sign_agreement(first, last),
    }
    if "kernel_alignment" in asked:
        found |= _alignment(pair, *given)
    if "kernel_target_alignment" in asked:
        found |= _towards_targets(pair, *given)
    if "sign_agreement_all_steps" in asked:
        found["sign_agreement_all_steps"] = rj.sign_agreement(*activity)
    if "readout_alignment" in asked:
        read = rj.readout_alignment(last - first, end["readout"])
        names = FURTHER_MEASURES["readout_alignment"]
        found |= dict(zip(names, (read.correlation, read.share), strict=True))
    return found


def _alignment(
    pair: tuple[Any, Any],
    trials: rj.Trials,
    options: dict[str, Any],
    wrt: tuple[str, ...],
    masks: dict[str, Any],
) -> dict[str, Any]:
    if trials.weights is None and GAINS in wrt:
        kernels = (_kernel_with_gains(p, trials.inputs, None, wrt, masks, options) for p in pair)
        return {"kernel_alignment": rj.kernel_alignment(*kernels)}
    if trials.weights is None:
        return {
            "kernel_alignment": rj.recurrent_kernel_alignment(
                *pair, trials.inputs, wrt=wrt, masks=masks, **options
            )
        }

    last: dict[str, Any] = options | {"outputs": "last"}

    def kernel(params: Any) -> Callable[[Any, Any], Any]:
        if GAINS in wrt:
            return lambda x, x2: _kernel_with_gains(params, x, x2, wrt, masks, last)
        return lambda x, x2: rj.recurrent_ntk(params, x, x2=x2, wrt=wrt, masks=masks, **last)

    # Where images are few of many, their sampling error counts beside that over seeds.
    before, after = map(kernel, pair)
    sampled = rj.sampled_kernel_alignment(before, after, trials.inputs, block=KERNEL_BLOCK)
    return {
        "kernel_alignment": sampled.alignment,
        "kernel_alignment_error": sampled.standard_error,
    }


def _towards_targets(
    pair: tuple[Any, Any],
    trials: rj.Trials,
    options: dict[str, Any],
    wrt: tuple[str, ...],
    masks: dict[str, Any],
) -> dict[str, Any]:
    """How far the kernel before and after points towards the classes that the trials want.

    As with the kernel alignment, of images only the last step counts.
    """
    labels = trials.labels
    if trials.weights is not None:
        labels, options = labels[:, -1], options | {"outputs": "last"}
    targets = jax.nn.one_hot(labels, len(pair[0]["readout"]))

    def towards(params: Any) -> Any:
        if GAINS in wrt:
            kernel = _kernel_with_gains(params, trials.inputs, None, wrt, masks, options)
        else:
            kernel = rj.recurrent_ntk(params, trials.inputs, wrt=wrt, masks=masks, **options)
        return rj.kernel_target_alignment(kernel, targets)

    names = FURTHER_MEASURES["kernel_target_alignment"]
    return dict(zip(names, map(towards, pair), strict=True))


def _kernel_with_gains(
    params: Any,
    x: Any,
    x2: Any,
    wrt: tuple[str, ...],
    masks: dict[str, Any],
    options: dict[str, Any],
) -> Any:
    """The kernel of gains and other parameters, in which gains are no weights of a layer."""

    def apply(trained: Any, x: Any) -> Any:
        moved = {
            name: jnp.where(masks[name], leaf, params[name]) if name in masks else leaf
            for name, leaf in trained.items()
        }
        return rj.rnn_apply(as_network({**params, **moved}), x, **options)

    trained = {name: params[name] for name in wrt}
    return rj.empirical_ntk(apply, trained, x, x2=x2, implementation="factors", vmap_axes=0)
