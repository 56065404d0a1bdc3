"""How much work, memory and time some grids take."""

import functools
import statistics
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

import richlazy_jax as rj

from ._experiment import Experiment

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


def counts(experiments: Sequence[Experiment]) -> dict[str, int]:
    """Counts of all cells, and bytes of the largest.

    - `cells`: how many.
    - `runs`: networks trained, cells times seeds.
    - `updates`: updates of all runs.
    - `cell_bytes`, `kernel_bytes`: the largest of their `cost()`.

    Args:
        experiments: of all cells.
    """
    costs = [each.cost() for each in experiments]
    return {
        "cells": len(experiments),
        "runs": sum(each.seeds for each in experiments),
        "updates": sum(cost.updates for cost in costs),
        "cell_bytes": max(cost.cell_bytes for cost in costs),
        "kernel_bytes": max(cost.kernel_bytes for cost in costs),
    }


def pace(experiment: Experiment, updates: int = 30, times: int = 9) -> Pace:
    """How long one network takes for one update, from short measurements on one device.

    Compiling and the first run are left out, and fast networks make more updates in each
    measurement, as the clock and other processes would otherwise be most of it. The measures at the
    end of a cell are not in it.

    Args:
        experiment: which network and task.
        updates: how many the first measurement is of.
        times: how many measurements are made, fewer where they take long.
    """
    network, loss, optimizer, sample, has_metrics = experiment.training()
    key = jax.random.key(0)

    @functools.partial(jax.jit, static_argnums=1)
    def some(params: Any, updates: int) -> Any:
        arguments = loss, params, optimizer, sample
        return rj.train(*arguments, key, updates, has_metrics=has_metrics).losses

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
