"""Training under `jax.lax.scan`, with any loss and any optax optimizer."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, Key

from .._checks import require_float_leaves, require_whole


class TrainingState(NamedTuple):
    """All that training goes on from. The batch of a step depends on `key` and `step` alone."""

    params: Any
    optimizer_state: Any
    key: Key[Array, ""]
    step: Int[Array, ""]


class Trained(NamedTuple):
    """What training gives back.

    - `params`: the parameters at the end.
    - `losses`: the loss of each step's batch, before the step.
    - `diverged`: whether a loss was not finite; then `params` are those of before that step.
    - `metrics`: what the loss returned beside its value, stacked over steps; None without.
    """

    params: Any
    losses: Float[Array, " steps"]
    diverged: Bool[Array, ""]
    metrics: Any = None


def train(
    loss: Callable[[Any, Any], Any],
    params: Any,
    optimizer: optax.GradientTransformation,
    sample: Callable[[Key[Array, ""]], Any],
    key: Key[Array, ""],
    steps: int,
    has_metrics: bool = False,
) -> Trained:
    """Train one network. Vmap it over parameters, keys and data for many.

    Args:
        loss: called as `loss(params, batch)`; a scalar, or a pair of a scalar and metrics.
        params: the start.
        optimizer: any of optax, for example `optax.sgd(0.1)`.
        sample: called as `sample(key)` for the batch of a step, for example `full_batch(x, y)`.
        key: a JAX random key, from which each step's own is derived.
        steps: how many updates.
        has_metrics: whether `loss` returns metrics beside its value.

    Raises:
        ValueError: steps is not a whole number of at least 1.
    """
    state = start_training(params, optimizer, key)
    return continue_training(loss, state, optimizer, sample, steps, has_metrics)[1]


def start_training(
    params: Any, optimizer: optax.GradientTransformation, key: Key[Array, ""]
) -> TrainingState:
    """The state before the first step.

    Raises:
        ValueError: params has a leaf that is no array of floating point numbers.
    """
    require_float_leaves("params", params)
    return TrainingState(params, optimizer.init(params), key, jnp.zeros((), jnp.int32))


def continue_training(
    loss: Callable[[Any, Any], Any],
    state: TrainingState,
    optimizer: optax.GradientTransformation,
    sample: Callable[[Key[Array, ""]], Any],
    steps: int,
    has_metrics: bool = False,
) -> tuple[TrainingState, Trained]:
    """Train on from a state. Pieces give the same numbers as the whole.

    Args and errors are those of `train`, with `state` in place of the start and its key.
    """
    steps = require_whole("steps", steps)
    value_and_grad = jax.value_and_grad(loss, has_aux=has_metrics)

    def step(state: TrainingState, _: None) -> tuple[TrainingState, tuple]:
        batch = sample(jax.random.fold_in(state.key, state.step))
        value, gradient = value_and_grad(state.params, batch)
        value, metrics = value if has_metrics else (value, None)
        updates, optimizer_state = optimizer.update(gradient, state.optimizer_state, state.params)
        new = (optax.apply_updates(state.params, updates), optimizer_state)
        old = (state.params, state.optimizer_state)
        # A run that diverged stands still, so that it cannot spoil sums over all runs.
        kept = jax.tree.map(lambda n, o: jnp.where(jnp.isfinite(value), n, o), new, old)
        return TrainingState(kept[0], kept[1], state.key, state.step + 1), (value, metrics)

    state, (losses, metrics) = jax.lax.scan(step, state, None, length=steps)
    diverged = ~jnp.isfinite(losses).all()
    return state, Trained(state.params, losses, diverged, metrics)
