"""How fast a network trains, from a short measurement."""

import functools
import statistics
import time
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

import richlazy_jax as rj

from ..linear import LinearSetting
from ..recurrent._train import learning_of, network_of, optimizer_of
from ._spec import CellSetting

# Of one measurement, beside which a tick of the scheduler is little.
LEAST_SECONDS, MOST_MORE = 0.1, 1000.0
# Of all measurements, unless three take longer.
MOST_SECONDS = 20.0


class Pace(NamedTuple):
    """How long one update of one network takes.

    - `seconds`: the median of several measurements.
    - `times`: how many there were.
    - `updates`: how many updates each was of.
    """

    seconds: float
    times: int
    updates: int


def pace(setting: CellSetting, updates: int = 30, times: int = 9) -> Pace:
    """How long one network takes for one update, from short measurements on one device.

    Compiling and the first run are left out, and fast networks make more updates in each
    measurement, as the clock and other processes would otherwise be most of it. The measures at the
    end of a cell are not in it.

    Args:
        setting: which network and task.
        updates: how many the first measurement is of.
        times: how many measurements are made, fewer where they take long.
    """
    network, loss, optimizer, batch = _training(setting)
    key = jax.random.key(0)

    @functools.partial(jax.jit, static_argnums=1)
    def some(params: Any, updates: int) -> Any:
        return rj.train(loss, params, optimizer, batch, key, updates).losses

    params = jax.tree.map(jnp.asarray, network.init(key))

    def seconds(updates: int) -> float:
        start = time.perf_counter()
        jax.block_until_ready(some(params, updates))
        return time.perf_counter() - start

    seconds(updates)
    first = seconds(updates)
    more = round(updates * min(max(LEAST_SECONDS / first, 1.0), MOST_MORE))
    if more > updates:
        seconds(more)
    # Large networks take minutes, and need not be measured as often.
    times = max(3, min(times, round(MOST_SECONDS / first)))
    return Pace(statistics.median(seconds(more) for _ in range(times)) / more, times, more)


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
