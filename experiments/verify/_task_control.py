"""The closed form of one task as a control of what networks measure."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Key

import theory

from ..kinds.linear import N_INPUTS, Learned
from ._row import Control

# Tasks for each start that a control is taken over.
CONTROL_TASKS = 256


def task_control(
    key: Key[Array, ""], learned: Learned, draw: Callable[..., Any], *, depth: int = 2
) -> Control:
    """The closed form of one task as a control: each network's own, and many drawn for its start.

    Args:
        key: a JAX random key.
        learned: networks on white data, with facts "factor" and "beta".
        draw: called as `draw(key, n)`; n tasks from the distribution that the networks' are of.
        depth: the number of layers.
    """

    def of_tasks(factor: Any, tasks: Any) -> Any:
        return jax.vmap(lambda b: theory.task_kernel_alignment(factor, b, depth=depth))(tasks)

    @jax.jit
    def of_all(factors: Any, betas: Any, keys: Any) -> Any:
        def of_one(run: Any) -> Any:
            factor, beta, key = run
            return of_tasks(factor, beta[None])[0], of_tasks(factor, draw(key, CONTROL_TASKS))

        return jax.lax.map(of_one, (factors, betas, keys), batch_size=50)

    facts = learned.facts
    keys = jax.random.split(key, len(facts["beta"]))
    own, others = of_all(facts["factor"], facts["beta"], keys)
    return Control(np.asarray(own, np.float64), np.asarray(others, np.float64))


def uniform_draw(key: Key[Array, ""], n: int) -> Float[Array, "n d"]:
    """Tasks of any direction."""
    return theory.uniform_tasks(key, n, d=N_INPUTS)
