"""Recurrent networks whose kernel alignment is foretold from their start, and then observed."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.studies import Wanted

from ..engine import USUAL, FieldError, How, field, whole
from .recurrent import NODES, Setting, flat, initial_params, run_task, scores, seed_keys

_NAMES = {
    "forecast": "kernel alignment foretold by the fast-forward",
    "forecast_loss": "loss of the fast-forward, at its start and its end (nats)",
    "forecast_reach": "sum of the fast-forward's step sizes",
    "one_step": "kernel alignment after the fast-forward's first step",
    "error_alignment": "alignment of the first kernel with the first error",
}
# Which randomness of a seed the fast-forward's trials have; training has 0 to 2.
_STREAM = 3


@dataclasses.dataclass(frozen=True)
class ForecastSetting(Setting):
    """A setting whose networks are first fast-forwarded, on trials of their own, and then trained.

    Args:
        forecast_trials: the fixed trials of the fast-forward.
        forecast_kernel_trials: further trials, for its kernels.
        forecast_steps: its steps.

    The others, and errors, are those of `Setting`. Images are not taken.
    """

    KIND: ClassVar[str] = "forecast"

    forecast_trials: int = field(96, whole(), "Fixed trials of the fast-forward.")
    forecast_kernel_trials: int = field(32, whole(), "Trials for the kernels of the fast-forward.")
    forecast_steps: int = field(100, whole(), "Steps of the fast-forward.")

    def __post_init__(self):
        super().__post_init__()
        # The fast-forward knows of no constraint.
        for name in ("keep", "frozen", "gains", *NODES):
            usual = getattr(Setting, name)
            if getattr(self, name) != usual:
                raise FieldError(name, getattr(self, name), f"{usual!r} with forecasts")

    def wanted(self) -> Wanted:
        """The record, and what a finished cell must hold."""
        usual = super().wanted()
        return usual._replace(variables=(*usual.variables, *_NAMES))

    def only(self, seeds: int, missing: Mapping[str, Sequence[Any]]) -> "ForecastSetting":
        """The same with other seeds."""
        return dataclasses.replace(self, seeds=seeds)

    def run(self, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
        """Foretell, train and measure its networks."""
        foretold = _foretold(self, first_seed)
        dataset = run_task(self, first_seed=first_seed, how=how)
        shape = (len(self.starts), self.seeds)
        for name, values in foretold.items():
            dims = ("start", "seed", "end")[: 1 + values.ndim]
            values = values.reshape(*shape, *values.shape[1:])
            dataset[name] = (dims, values, {"long_name": _NAMES[name]})
        return dataset.squeeze("start")


def _foretold(setting: ForecastSetting, first_seed: int) -> dict[str, np.ndarray]:
    """What the fast-forward gives for each network, starts and seeds in one axis."""
    params = flat(initial_params(setting, first_seed))
    keys = jax.vmap(lambda key: jax.random.fold_in(key, _STREAM))(seed_keys(setting, first_seed))
    keys = jnp.tile(keys, len(setting.starts))
    form = setting.form()._replace(precision="highest")
    horizon = setting.learning_rate * setting.iterations / (1 - setting.momentum)
    sizes = setting.forecast_trials, setting.forecast_kernel_trials, setting.forecast_steps
    each = [
        jax.device_get(
            _of_one(
                jax.tree.map(lambda leaf, i=i: leaf[i], params),
                keys[i],
                horizon,
                made=(setting.made_task(), form),
                sizes=sizes,
            )
        )
        for i in range(len(keys))
    ]
    return {name: np.array([one[name] for one in each]) for name in each[0]}


@functools.partial(jax.jit, static_argnames=("made", "sizes"))
def _of_one(start: Any, key: Any, horizon: Any, *, made: Any, sizes: Any) -> dict[str, Any]:
    task, form = made
    n_trials, n_kernel, steps = sizes
    of_descent, of_kernel = jax.random.split(key)
    trials, held = task.sample(of_descent, n_trials), task.sample(of_kernel, n_kernel)

    def loss(params: Any) -> Any:
        return scores(task, form, params, trials)[0]

    options = {"activation": form.activation, "leak": form.leak, "leak_form": form.leak_form}

    def alignment(end: Any) -> Any:
        return rj.recurrent_kernel_alignment(start, end, held.inputs, **options)

    whole = rj.descend(loss, start, steps, horizon)
    first = rj.descend(loss, start, 1, horizon)
    outputs = rj.rnn_apply(start, held.inputs, **options)
    error = jax.grad(lambda y: rj.sequence_cross_entropy(y, held))(outputs)
    return {
        "forecast": alignment(whole.params),
        "forecast_loss": whole.losses[jnp.array([0, -1])],
        "forecast_reach": whole.sizes.sum(),
        "one_step": alignment(first.params),
        "error_alignment": _along(start, held.inputs, error, options),
    }


def _along(start: Any, x: Any, error: Any, options: Mapping[str, Any]) -> Any:
    """The share of the kernel's trace along the error: e^T K e / (|e|^2 tr K)."""
    kernel = rj.recurrent_ntk(start, x, **options)
    energy = jnp.einsum("nti,nmtsij,msj->", error, kernel, error, precision="highest")
    return energy / jnp.sum(error**2) / jnp.einsum("nnttii->", kernel)
