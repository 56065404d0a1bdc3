"""How much work, memory and time some grids take."""

import time
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

import richlazy_jax as rj

from ._experiment import Experiment


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


def seconds_per_update(experiment: Experiment, updates: int = 30) -> float:
    """How long one network takes for one update, from a short measurement on one device.

    Compiling is left out. The measures at the end of a cell are not in it.

    Args:
        experiment: which network and task.
        updates: how many are timed.
    """
    training = experiment.training()
    key = jax.random.key(0)

    @jax.jit
    def some(params: Any) -> Any:
        arguments = training.loss, params, training.optimizer, training.sample
        return rj.train(*arguments, key, updates).losses

    params = jax.tree.map(jnp.asarray, training.network.init(key))
    jax.block_until_ready(some(params))
    start = time.perf_counter()
    jax.block_until_ready(some(params))
    return (time.perf_counter() - start) / updates
