"""In which regime each network starts, before it learns."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import richlazy_jax as rj
from richlazy_jax.models import Recurrence

from ...findings import FURTHER_MEASURES
from ._kept import as_network
from ._setting import Setting
from ._train import held_keys

# Trials one after the other, until so many steps: an exponent of 0.01 a step shows in no fewer.
STEPS, SEQUENCES = 200, 8


def regimes(setting: Setting, stack: Any) -> dict[str, np.ndarray]:
    """The regime of each network of a stack, as `richlazy_jax.regime` has it, under held trials.

    The inputs are held trials one after the other, without a pause, so that a network sees as many
    steps as it takes to tell growth from rest.
    """
    inputs = sequences(setting)
    keys = jax.random.split(jax.random.fold_in(held_keys(setting)[1], 1), len(stack["recurrent"]))
    form = setting.form()._replace(precision="highest")
    each = [
        jax.device_get(_regime(form, jax.tree.map(lambda leaf, i=i: leaf[i], stack), inputs, key))
        for i, key in enumerate(keys)
    ]
    found = {name: np.array([getattr(one, name) for one in each]) for name in _NUMBERS}
    return found | {"regime": np.array([one.word for one in each], np.int32)}


_NUMBERS = tuple(name for name in FURTHER_MEASURES["regime"] if name != "regime")


def sequences(setting: Setting) -> jax.Array:
    """Inputs of held trials, (sequences, steps, inputs), as many trials in each as 200 steps take.

    They are the first of those that the representation is of, so that images need not be more.
    """
    trials = setting.held_trials(held_keys(setting)[1], setting.activity_trials).inputs
    in_each = math.ceil(STEPS / trials.shape[1])
    chosen = jnp.arange(SEQUENCES * in_each) % len(trials)
    return trials[chosen].reshape(SEQUENCES, -1, trials.shape[2])


@functools.partial(jax.jit, static_argnums=0)
def _regime(form: Recurrence, params: Any, inputs: Any, key: Any) -> rj.Regime:
    return rj.regime(
        as_network(params),
        inputs,
        key=key,
        activation=form.activation,
        leak=form.leak,
        leak_form=form.leak_form,
    )
