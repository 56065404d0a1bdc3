"""How fast a network trains, from a short measurement."""

import time
from typing import Any

import jax
import jax.numpy as jnp
import optax

import richlazy_jax as rj

from ..linear import LinearSetting
from ..recurrent._train import learning_of, network_of, optimizer_of
from ._spec import CellSetting


def seconds_per_update(setting: CellSetting, updates: int = 30) -> float:
    """How long one network takes for one update, from a short measurement on one device.

    Compiling is left out. The measures at the end of a cell are not in it.

    Args:
        setting: which network and task.
        updates: how many are timed.
    """
    network, loss, optimizer, batch = _training(setting)
    key = jax.random.key(0)

    @jax.jit
    def some(params: Any) -> Any:
        return rj.train(loss, params, optimizer, batch, key, updates).losses

    params = jax.tree.map(jnp.asarray, network.init(key))
    jax.block_until_ready(some(params))
    start = time.perf_counter()
    jax.block_until_ready(some(params))
    return (time.perf_counter() - start) / updates


def _training(setting: CellSetting) -> tuple[rj.Network, Any, optax.GradientTransformation, Any]:
    """The network, its loss, the optimizer and the function that draws a batch."""
    if isinstance(setting, LinearSetting):
        network = rj.mlp((setting.n_inputs, setting.n_hidden, 1))
        inputs = jnp.eye(setting.n_inputs)
        batch = rj.full_batch(inputs, inputs[:, :1])
        return (
            network,
            rj.half_squared_error(network.apply),
            optax.sgd(setting.learning_rate),
            batch,
        )
    learning = learning_of(setting)

    def loss(params: Any, drawn: Any) -> Any:
        return learning.loss(params, drawn)[0]

    return network_of(setting), loss, optimizer_of(setting), learning.sample
