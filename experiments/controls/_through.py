"""Networks looked at on their way through training."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.training._spread import gathered, mesh_of, on_each_device, spread_out

from ..recurrent import Setting
from ..recurrent._spectra import spectra
from ..recurrent._train import (
    flat,
    held_keys,
    initial_params,
    laziness,
    learning_of,
    optimizer_of,
    scores_of_each,
    seed_keys,
)

# Of the spectra at each update, what is kept.
OF_WEIGHTS = ("norm", "participation_ratio", "stable_rank")


def updates_of(iterations: int) -> tuple[int, ...]:
    """Updates to look at: 0, then 1, 2 and 5 of each power of ten, and the last."""
    grid = (d * 10**k for k in range(len(str(iterations))) for d in (1, 2, 5))
    return (0, *(update for update in grid if update < iterations), iterations)


def train_through(
    setting: Setting, *, on_piece: Callable[[rj.Progress], None] = lambda progress: None
) -> xr.Dataset:
    """Train networks as `run_task` does, and measure them at updates on the way.

    Args:
        setting: what to run, with one start.
        on_piece: called with the progress after each piece of training.

    Returns:
        The measures of laziness against the start, effective ranks and the norm of the recurrent
        weights, and loss and accuracy on held trials, each with the dimensions update and seed; and
        `diverged` (update, seed), whether a loss until then was not finite. Measures, loss and
        accuracy of a network that diverged at any time are NaN.

    Source: Liu et al. (2024), arXiv 2310.08513, its control of measures through training.
    """
    updates = updates_of(setting.iterations)
    before = flat(initial_params(setting))
    passed = list(_weights_at(setting, before, updates, on_piece))
    shape = (len(updates), setting.seeds)
    after = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *(params for params, _ in passed))
    start = jax.tree.map(lambda leaf: jnp.concatenate([leaf] * len(updates)), before)
    found = laziness(setting, start, after)
    found = {name: found[name] for name in setting.measures}
    found |= _on_held_trials(setting, after)
    diverged = np.stack([lost for _, lost in passed])
    found = {
        name: np.where(diverged[-1], np.nan, value.reshape(shape)) for name, value in found.items()
    }
    of_weights = spectra(np.asarray(after["recurrent"]))
    found |= {name: of_weights[name].reshape(shape) for name in OF_WEIGHTS}
    return xr.Dataset(
        {name: (("update", "seed"), value) for name, value in found.items()}
        | {"diverged": (("update", "seed"), diverged)},
        coords={
            "start": setting.starts[0].label,
            "update": list(updates),
            "seed": range(setting.seeds),
        },
        attrs=setting.record(),
    )


def _weights_at(
    setting: Setting,
    params: Any,
    updates: tuple[int, ...],
    on_piece: Callable[[rj.Progress], None],
) -> Iterator[tuple[Any, np.ndarray]]:
    """The weights of all networks at each update, and which have diverged by then."""
    optimizer, learning = optimizer_of(setting), learning_of(setting)
    keys = jax.vmap(lambda k: jax.random.fold_in(k, 1))(seed_keys(setting))
    runs, mesh = setting.seeds, mesh_of(jax.local_devices())
    # As `richlazy_jax.train_runs` has it.
    together = 1 if jax.local_devices()[0].platform == "cpu" else -(-runs // mesh.size)

    # One program for each power of ten, whatever the updates are.
    @functools.partial(jax.jit, static_argnums=1)
    def advance(state: Any, length: int) -> Any:
        def one(run: Any) -> Any:
            end, trained = rj.continue_training(
                learning.loss, run, optimizer, learning.sample, length, True
            )
            return end, (trained.losses[-1], trained.metrics["accuracy"][-1], trained.diverged)

        return on_each_device(functools.partial(jax.lax.map, one, batch_size=together), mesh)(state)

    start = jax.vmap(functools.partial(rj.start_training, optimizer=optimizer))(params, key=keys)
    state = spread_out(start, runs, mesh)
    lost, done = np.zeros(runs, bool), 0
    for update in updates:
        for length in _lengths(update - done):
            state, told = advance(state, length)
            losses, accuracy, now_lost = gathered(told, runs, mesh)
            lost, done = lost | now_lost, done + length
            metrics = {"accuracy": accuracy}
            on_piece(rj.Progress(done, setting.iterations, losses, metrics, lost))
        yield gathered(state.params, runs, mesh), lost


def _lengths(number: int) -> list[int]:
    """Powers of ten that add up to a number, the largest first."""
    digits = str(number)
    return [
        10 ** (len(digits) - 1 - place)
        for place, digit in enumerate(digits)
        for _ in range(int(digit))
    ]


def _on_held_trials(setting: Setting, params: Any) -> dict[str, np.ndarray]:
    """Loss and accuracy of each network of a stack on the held trials of the representation."""
    trials = setting.held_trials(held_keys(setting)[1], setting.activity_trials)
    losses, metrics = scores_of_each(setting, params, trials)
    return {"loss": np.asarray(losses), "accuracy": np.asarray(metrics["accuracy"])}
