"""Many networks trained in one compiled program, on all local devices."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Key

from .._checks import require_float_leaves, require_whole
from ._checkpoints import Checkpoints, identity, latest, save
from ._spread import gathered, mesh_of, on_each_device, spread_out
from ._train import Trained, TrainingState, continue_training, start_training


class Progress(NamedTuple):
    """What is known after a piece of training.

    - `step`: updates made so far, of `steps`.
    - `losses`: the last loss of each run.
    - `metrics`: the last metrics of each run; None without.
    - `diverged`: which runs have met a loss that is not finite.
    """

    step: int
    steps: int
    losses: Float[np.ndarray, " runs"]
    metrics: Any
    diverged: np.ndarray


def train_runs(
    loss: Callable[[Any, Any], Any],
    params: Any,
    optimizer: optax.GradientTransformation,
    sample: Callable[[Key[Array, ""]], Any],
    keys: Key[Array, " runs"],
    steps: int,
    *,
    has_metrics: bool = False,
    piece: int = 500,
    batch_runs: int | None = None,
    devices: Sequence[Any] | None = None,
    checkpoints: Checkpoints | None = None,
    on_piece: Callable[[Progress], None] = lambda progress: None,
    look_at: Sequence[int] = (),
    on_look: Callable[[int, Any, np.ndarray], None] = lambda step, params, diverged: None,
) -> Trained:
    """Train a stack of networks: seeds, starts and ranks side by side.

    A run's numbers depend on its own start and key alone, up to rounding, whatever the other runs,
    `piece`, `batch_runs` and `devices` are. One program is compiled for each piece length, and none
    by a later call with the same `loss`, `sample` and `optimizer.update` on arrays of the same
    shapes. For calls that differ in their learning rate, `optax.inject_hyperparams` has the rate in
    the optimizer's state.

    Args:
        loss: as in `train`.
        params: the starts, a pytree whose leaves have one axis of runs before all others.
        optimizer: any of optax.
        sample: as in `train`; all runs draw from it, each with keys of its own.
        keys: a key for each run. Runs of equal keys see the same batches.
        steps: how many updates.
        has_metrics: whether `loss` returns metrics beside its value.
        piece: how many updates are made between two reports.
        batch_runs: how many runs a device trains side by side, which bounds memory; the others
            wait. None stands for 1 on a CPU, where matrix products of many small networks are
            slower than one network after the other, and for all on other devices.
        devices: where to train, each with its share of runs. None stands for all local devices.
            Those of several processes, as of `jax.devices()` after `jax.distributed.initialize`,
            are allowed where all processes make the same call; each then gets all results.
        checkpoints: where to keep training while it goes on. A call that finds checkpoints of its
            own there, of the same keys and of starts that are the same up to rounding, goes on from
            the last and gives the same numbers as one that was never cut off, if `piece` is the
            same as well. Loss, optimizer and samples cannot be compared; that they are the same is
            for the caller to see to. None keeps nothing.
        on_piece: called after each piece, for progress bars and records.
        look_at: updates on the way at which to look at the weights, from 0, the start, to `steps`.
            Pieces are then powers of ten that end there, so that few programs are compiled.
        on_look: called at each of these with the update, the weights of all runs and which of them
            have diverged by then. Training that goes on from a checkpoint does not come again to
            what lies before it.

    Returns:
        As `train`, every leaf with an axis of runs before all others. A run that diverged is marked
        and the others are as if it had not been there.

    Raises:
        ValueError: an argument is not as described above, or the checkpoints are of other starts or
            keys.
        OSError: a checkpoint could not be written.
    """
    steps, piece = require_whole("steps", steps), require_whole("piece", piece)
    stops = _stops(look_at, steps)
    require_float_leaves("params", params)
    runs = _count_runs(params, keys)
    devices = list(jax.local_devices() if devices is None else devices)
    if batch_runs is None:
        batch_runs = 1 if devices[0].platform == "cpu" else runs
    batch_runs = require_whole("batch_runs", batch_runs)
    batch_runs = min(batch_runs, -(-runs // len(devices)))
    mesh = mesh_of(devices)

    program = loss, optimizer.update, sample, has_metrics, batch_runs, mesh
    try:
        advance = _advance(*program)
    except TypeError:  # what cannot be hashed is compiled for this call alone
        advance = _advance.__wrapped__(*program)

    start = jax.vmap(functools.partial(start_training, optimizer=optimizer))(params, key=keys)
    state = spread_out(start, runs, mesh)
    done, given = 0, []
    name = "" if checkpoints is None else identity(params, keys)
    if checkpoints is not None:
        kinds = jax.eval_shape(lambda s: advance(s, 1)[1], state)
        found = latest(checkpoints, steps, name, params, _like(start, kinds))
        if found is not None:
            done, (arrays, before) = found
            state = spread_out(_with_keys(arrays, keys), runs, mesh)
            given.append(before)
    kept = done
    if 0 in stops and done == 0:
        on_look(0, params, np.zeros(runs, bool))
    while done < steps:
        length = _length(done, min(done + piece, steps), stops)
        state, of_piece = advance(state, length)
        # The loss and the metrics of each of its steps.
        given.append(gathered(of_piece, runs, mesh))
        done += length
        # Before the checkpoint, after which nobody comes here again.
        if done in stops:
            weights = jax.tree.map(jnp.asarray, gathered(state.params, runs, mesh))
            on_look(done, weights, _diverged(given))
        if checkpoints is not None and _is_due(checkpoints, kept, done, steps):
            arrays = gathered(_without_keys(state), runs, mesh)
            save(checkpoints, done, name, params, (arrays, _joined(given)))
            kept = done
        losses, metrics = jax.tree.map(lambda leaf: leaf[:, -1], given[-1])
        on_piece(Progress(done, steps, losses, metrics, _diverged(given)))
    losses, metrics = _joined(given)
    end = gathered(state.params, runs, mesh) if mesh.is_multi_process else state.params
    return Trained(
        params=jax.tree.map(lambda leaf: jnp.asarray(leaf)[:runs], end),
        losses=jnp.asarray(losses),
        diverged=jnp.asarray(_diverged(given)),
        metrics=metrics,
    )


# Kept, so that a second call with the same loss, update and sample compiles nothing; bounded, since
# each may hold a data set.
@functools.lru_cache(maxsize=16)
def _advance(
    loss: Callable,
    update: Callable,
    sample: Callable,
    has_metrics: bool,
    batch_runs: int,
    mesh: Any,
) -> Callable[[TrainingState, int], tuple[TrainingState, Any]]:
    optimizer = optax.GradientTransformation(lambda params: (), update)

    @functools.partial(jax.jit, static_argnums=1, donate_argnums=0)
    def advance(state: TrainingState, length: int) -> tuple[TrainingState, Any]:
        def one(run: TrainingState) -> tuple[TrainingState, Any]:
            end, trained = continue_training(loss, run, optimizer, sample, length, has_metrics)
            return end, (trained.losses, trained.metrics)

        local = functools.partial(jax.lax.map, one, batch_size=batch_runs)
        return on_each_device(local, mesh)(state)

    return advance


def _stops(look_at: Sequence[int], steps: int) -> list[int]:
    for step in look_at:
        if (
            isinstance(step, bool)
            or not isinstance(step, int | np.integer)
            or not 0 <= step <= steps
        ):
            raise ValueError(
                f"look_at holds {step!r}; allowed are whole numbers from 0 to {steps}, steps."
            )
    return sorted({int(step) for step in look_at})


def _length(done: int, most: int, stops: Sequence[int]) -> int:
    """How many updates to make next: up to `most`, or where there are stops the power of ten that
    leads towards the next one."""
    if not stops:
        return most - done
    left = min([most, *(stop for stop in stops if stop > done)]) - done
    return 10 ** (len(str(left)) - 1)


def _is_due(checkpoints: Checkpoints, kept: int, done: int, steps: int) -> bool:
    """Whether to keep training after `done` updates, of which `kept` are kept already."""
    return kept + checkpoints.every <= done or done == steps >= checkpoints.every


def _count_runs(params: Any, keys: Array) -> int:
    sizes = {leaf.shape[0] if leaf.ndim else None for leaf in jax.tree.leaves(params)}
    if keys.ndim != 1 or sizes != {len(keys)}:
        raise ValueError(
            f"keys has shape {keys.shape} and the leaves of params have first axes of {sizes}; "
            "allowed is one axis of runs, of the same length in all."
        )
    return len(keys)


def _without_keys(state: TrainingState) -> TrainingState:
    """All of it as plain numbers."""
    return state._replace(key=jax.random.key_data(state.key))


def _with_keys(arrays: TrainingState, keys: Array) -> TrainingState:
    return arrays._replace(key=jax.random.wrap_key_data(arrays.key, impl=jax.random.key_impl(keys)))


def _like(start: TrainingState, kinds: Any) -> Callable[[int], Any]:
    """What a checkpoint of some step holds, as far as shapes and types go."""
    runs = len(start.step)

    def like(step: int) -> Any:
        of_steps = jax.tree.map(
            lambda kind: np.zeros((runs, step, *kind.shape[2:]), kind.dtype), kinds
        )
        return jax.tree.map(np.asarray, _without_keys(start)), of_steps

    return like


def _joined(given: Sequence[Any]) -> Any:
    """All pieces as one."""
    return jax.tree.map(lambda *leaf: np.concatenate(leaf, axis=1), *given)


def _diverged(given: Sequence[Any]) -> np.ndarray:
    """Which runs have met a loss that is not finite."""
    return np.any([~np.isfinite(losses).all(axis=1) for losses, _ in given], axis=0)
