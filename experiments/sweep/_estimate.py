"""How much work and memory a sweep takes."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from ..linear import LinearSetting
from ..recurrent._train import network_of, optimizer_of
from ._cells import combinations, setting_of
from ._spec import CellSetting, SweepSpec, axes_of


def counts(spec: SweepSpec) -> dict[str, int]:
    r"""Counts of a whole sweep, and bytes of its largest cell.

    - `cells`: combinations of values.
    - `runs`: networks trained, cells times seeds.
    - `updates`: updates of all runs.
    - `cell_bytes`: what one cell keeps in memory, with $P$ bytes of weights and $O$ of optimizer
      state in one network: seeds $\times (2 P + O)$, as the weights of the start are kept for the
      measures. Activity, gradients and trials come on top, for the networks trained side by side.
      Of linear networks it is seeds $\times (2 P + D)$, with $D$ bytes of inputs,
      targets and both kernels.
    - `kernel_bytes`: the kernel of one network, if it were held whole. With $m$ trials, $T$ steps
      and $k$ outputs of $b$ bytes it is $b (m T k)^2$, or $b (m k)^2$ for images, of which only
      the last step is read. The alignment works in blocks and needs less; 0 where it is not
      measured. For linear networks of $d$ inputs it is $b d^2$.

    Weights are counted by shape, without drawing any; the rest is rough.

    Args:
        spec: the sweep.
    """
    number = math.prod(len(getattr(spec, field)) for field in axes_of(spec))
    # Memory depends on these fields alone.
    of_network = "n_hidden", "biases", "initial_state", "n_inputs"
    shaping = ("task", *of_network, "optimizer", "dt", "kernel_trials")
    largest: dict[tuple, CellSetting] = {}
    for cell in combinations(spec):
        key = tuple(cell.get(field) for field in shaping)
        if key not in largest:
            largest[key] = setting_of(spec, cell)
    settings = list(largest.values())
    return {
        "cells": number,
        "runs": number * spec.seeds,
        "updates": sum(spec.iterations) * (number // len(spec.iterations)) * spec.seeds,
        "cell_bytes": max(map(_cell_bytes, settings)),
        "kernel_bytes": max(map(_kernel_bytes, settings)),
    }


def _cell_bytes(setting: CellSetting) -> int:
    if isinstance(setting, LinearSetting):
        h, d = setting.n_hidden, setting.n_inputs
        return setting.seeds * _float_bytes() * (2 * (h * d + h) + d + 3 * d**2)
    weights = jax.eval_shape(network_of(setting).init, jax.random.key(0))
    state = jax.eval_shape(optimizer_of(setting).init, weights)
    return setting.seeds * (2 * _bytes(weights) + _bytes(state))


def _kernel_bytes(setting: CellSetting) -> int:
    if isinstance(setting, LinearSetting):
        return _float_bytes() * setting.n_inputs**2
    if "kernel_alignment" not in setting.measures:
        return 0
    task = setting.made_task()
    steps = task.n_steps if setting.images is None else 1
    return _float_bytes() * (setting.kernel_trials * steps * task.n_outputs) ** 2


def _float_bytes() -> int:
    return np.dtype(jnp.result_type(float)).itemsize


def _bytes(tree: object) -> int:
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
