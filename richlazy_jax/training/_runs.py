"""Many networks trained in one compiled program, on all local devices."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Key

from .._checks import require_whole
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
    on_piece: Callable[[Progress], None] = lambda progress: None,
) -> Trained:
    """Train a stack of networks: seeds, starts and ranks side by side.

    A run's numbers depend on its own start and key alone, up to rounding, whatever the other runs,
    `piece`, `batch_runs` and `devices` are. One program is compiled for each piece length.

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
        on_piece: called after each piece, for progress bars and records.

    Returns:
        As `train`, every leaf with an axis of runs before all others. A run that diverged is marked
        and the others are as if it had not been there.

    Raises:
        ValueError: an argument is not as described above.
    """
    steps, piece = require_whole("steps", steps), require_whole("piece", piece)
    runs = _count_runs(params, keys)
    devices = list(jax.local_devices() if devices is None else devices)
    if batch_runs is None:
        batch_runs = 1 if devices[0].platform == "cpu" else runs
    batch_runs = require_whole("batch_runs", batch_runs)
    share = -(-runs // len(devices))
    batch_runs = min(batch_runs, share)

    # Filled up with repeats of the last run, so that all devices have equally many.
    padded = np.minimum(np.arange(share * len(devices)), runs - 1)
    mesh = jax.sharding.Mesh(np.array(devices), ("runs",))
    spread = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("runs"))
    state = jax.vmap(functools.partial(start_training, optimizer=optimizer))(params, key=keys)
    state = jax.tree.map(lambda leaf: jax.device_put(leaf[padded], spread), state)

    @functools.partial(jax.jit, static_argnums=1, donate_argnums=0)
    def advance(state: TrainingState, length: int) -> tuple[TrainingState, Any]:
        def one(run: TrainingState) -> tuple[TrainingState, Any]:
            end, trained = continue_training(loss, run, optimizer, sample, length, has_metrics)
            return end, (trained.losses, trained.metrics)

        local = functools.partial(jax.lax.map, one, batch_size=batch_runs)
        return _on_each_device(local, mesh)(state)

    losses, metrics, done = [], [], 0
    diverged = np.zeros(runs, bool)
    while done < steps:
        length = min(piece, steps - done)
        state, (piece_losses, piece_metrics) = advance(state, length)
        piece_losses, piece_metrics = jax.device_get((piece_losses, piece_metrics))
        losses.append(piece_losses[:runs])
        metrics.append(jax.tree.map(lambda m: m[:runs], piece_metrics))
        done += length
        last = jax.tree.map(lambda m: m[:, -1], metrics[-1])
        diverged = diverged | ~np.isfinite(losses[-1]).all(axis=1)
        on_piece(Progress(done, steps, losses[-1][:, -1], last, diverged))
    return Trained(
        params=jax.tree.map(lambda leaf: leaf[:runs], state.params),
        losses=jnp.asarray(np.concatenate(losses, axis=1)),
        diverged=jnp.asarray(diverged),
        metrics=jax.tree.map(lambda *m: np.concatenate(m, axis=1), *metrics),
    )


def _count_runs(params: Any, keys: Array) -> int:
    sizes = {leaf.shape[0] if leaf.ndim else None for leaf in jax.tree.leaves(params)}
    if keys.ndim != 1 or sizes != {len(keys)}:
        raise ValueError(
            f"keys has shape {keys.shape} and the leaves of params have first axes of {sizes}; "
            "allowed is one axis of runs, of the same length in all."
        )
    return len(keys)


def _on_each_device(local: Callable, mesh: jax.sharding.Mesh) -> Callable:
    """`local` on each device's share of runs, with nothing passed between devices."""
    spec = jax.sharding.PartitionSpec("runs")
    # JAX has moved it out of its experimental part, and renamed an argument on the way.
    if hasattr(jax, "shard_map"):
        return jax.shard_map(local, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)
    from jax.experimental.shard_map import shard_map

    return shard_map(local, mesh=mesh, in_specs=spec, out_specs=spec, check_rep=False)
