"""In which regime each network starts, before it learns."""

import dataclasses
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
from ._starts import Null
from ._train import held_keys, initial_params

# Trials one after the other, until so many steps: an exponent of 0.01 a step shows in no fewer.
STEPS, SEQUENCES = 200, 8


def regimes(setting: Setting, stack: Any, first_seed: int = 0) -> dict[str, np.ndarray]:
    """The regime of each network of a stack, as `richlazy_jax.regime` has it, under held trials.

    The inputs are held trials one after the other, without a pause, so that a network sees as many
    steps as it takes to tell growth from rest.
    """
    inputs = sequences(setting)
    keys, form = _vector_keys(setting, first_seed), setting.form()._replace(precision="highest")
    each = [
        jax.device_get(_regime(form, _network(stack, i), inputs, keys[i % setting.seeds]))
        for i in range(len(stack["recurrent"]))
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


def matched(
    setting: Setting, params: dict[str, Any], first_seed: int = 0
) -> tuple[dict[str, Any], np.ndarray]:
    """The starts with recurrent weights of the size at which they have what the setting matches.

    Args:
        setting: which says what to match.
        params: the starts, with axes of starts and seeds before all others.
        first_seed: the number of the first seed.

    Returns:
        The starts, and which networks, start by start and seed by seed, have no such size. These
        are as they were.
    """
    nulls = initial_params(dataclasses.replace(setting, starts=(Null(),)), first_seed)
    inputs, keys = sequences(setting), _vector_keys(setting, first_seed)
    form = setting.form()._replace(precision="highest")
    scales = np.ones(params["recurrent"].shape[:2])
    of_seeds = _network(nulls, 0)
    for i, start in enumerate(setting.starts):
        if isinstance(start, Null):
            continue
        of_start = _network(params, i)
        for s, key in enumerate(keys):
            one, null = _network(of_start, s), _network(of_seeds, s)
            scales[i, s] = _scale(form, setting.match, one, null, inputs, key)
    unmatched, weights = np.isnan(scales), params["recurrent"]
    scales = jnp.asarray(np.where(unmatched, 1.0, scales), weights.dtype)
    return params | {"recurrent": scales[..., None, None] * weights}, unmatched


def _network(stack: Any, i: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[i], stack)


def _vector_keys(setting: Setting, first_seed: int) -> Any:
    """Keys of the vectors of the exponents, one for each seed."""
    base = jax.random.fold_in(held_keys(setting)[1], 1)
    return jax.random.split(base, first_seed + setting.seeds)[first_seed:]


@functools.partial(jax.jit, static_argnums=(0, 1))
def _scale(form: Recurrence, of: str, params: Any, null: Any, inputs: Any, key: Any) -> jax.Array:
    return rj.matched_scale(
        as_network(params),
        as_network(null),
        inputs,
        key=key,
        of=of,
        **_options(form),
    )


@functools.partial(jax.jit, static_argnums=0)
def _regime(form: Recurrence, params: Any, inputs: Any, key: Any) -> rj.Regime:
    return rj.regime(as_network(params), inputs, key=key, **_options(form))


def _options(form: Recurrence) -> dict[str, Any]:
    return {name: getattr(form, name) for name in ("activation", "leak", "leak_form")}
