"""How fast a network trains, from a short measurement."""

import time
from typing import Any

import jax
import jax.numpy as jnp

import richlazy_jax as rj

from ..recurrent import Setting
from ..recurrent._train import network_of, optimizer_of


def seconds_per_update(setting: Setting, updates: int = 30) -> float:
    """How long one network takes for one update, from a short measurement on one device.

    Compiling is left out. The measures at the end of a cell are not in it.

    Args:
        setting: which network and task.
        updates: how many are timed.
    """
    task = setting.made_task()
    network = network_of(setting)

    def loss(params: Any, trials: rj.Trials) -> Any:
        return rj.sequence_cross_entropy(network.apply(params, trials.inputs), trials)

    optimizer = optimizer_of(setting)
    key = jax.random.key(0)

    @jax.jit
    def some(params: Any) -> Any:
        trained = rj.train(
            loss, params, optimizer, lambda k: task.sample(k, setting.batch), key, updates
        )
        return trained.losses

    params = jax.tree.map(jnp.asarray, network.init(key))
    jax.block_until_ready(some(params))
    start = time.perf_counter()
    jax.block_until_ready(some(params))
    return (time.perf_counter() - start) / updates
