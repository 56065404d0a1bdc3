"""Recurrent networks whose kernel alignment is foretold from their start, and then observed."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.forecasts import error_alignment, foretell, has_fallen, horizon_of, overshoots
from richlazy_jax.models import Recurrence
from richlazy_jax.studies import Wanted
from richlazy_jax.trained import Change

from ..engine import USUAL, FieldError, How, field, whole
from .recurrent import NODES, Setting, flat, initial_params, run_task, seed_keys

_NAMES = {
    "forecast": "kernel alignment foretold by the fast-forward",
    "forecast_loss": "loss of the fast-forward, at its start and its end (nats)",
    "forecast_reach": "sum of the fast-forward's step sizes",
    "one_step": "kernel alignment after the fast-forward's first step",
    "error_alignment": "alignment of the first kernel with the first error",
}
# Why a forecast is refused: descent has not learned, or training will leave its path.
NOT_FALLEN, OVERSHOOTS = "refused", "overshoots"
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
    # The fast-forward knows of no constraint.
    USUAL_ONLY: ClassVar[tuple[str, ...]] = ("keep", "frozen", "gains", "match", *NODES)

    forecast_trials: int = field(96, whole(), "Fixed trials of the fast-forward.")
    forecast_kernel_trials: int = field(32, whole(), "Trials for the kernels of the fast-forward.")
    forecast_steps: int = field(100, whole(), "Steps of the fast-forward.")

    def __post_init__(self):
        super().__post_init__()
        for name in self.USUAL_ONLY:
            # A narrower kind may have a default of its own.
            usual = getattr(type(self), name)
            if getattr(self, name) != usual:
                raise FieldError(name, getattr(self, name), f"{usual!r} with {self.KIND}")

    def wanted(self) -> Wanted:
        """The record, and what a finished cell must hold."""
        usual = super().wanted()
        return usual._replace(variables=(*usual.variables, *_NAMES))

    def only(self, seeds: int, missing: Mapping[str, Sequence[Any]]) -> "ForecastSetting":
        """The same with other seeds."""
        return dataclasses.replace(self, seeds=seeds)

    def run(self, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
        """Foretell, train and measure its networks."""
        foretold = foretold_of(
            self, vanilla(self.form()), flat(initial_params(self, first_seed)), first_seed
        )
        dataset = run_task(self, first_seed=first_seed, how=how)
        return with_forecasts(dataset, foretold).squeeze("start")


class Network(NamedTuple):
    """What the fast-forward asks of a kind of network: functions, so that it is hashable.

    - `apply(params, x)`: all outputs.
    - `rows(outputs)`: those that the kernel is of.
    - `wrt`: the parameter that the kernel is of.
    - `trace(params, x)`: of that kernel.
    - `alignment(start, end, x)`: of that kernel at two sets of parameters.
    """

    apply: Callable[[Any, Any], Any]
    rows: Callable[[Any], Any]
    wrt: str
    trace: Callable[[Any, Any], Any]
    alignment: Callable[[Any, Any, Any], Any]


@functools.lru_cache(maxsize=16)
def vanilla(form: Recurrence) -> Network:
    """Networks of that form, whose kernel is of all steps and of the recurrent weights."""
    options: dict[str, Any] = {
        "activation": form.activation,
        "leak": form.leak,
        "leak_form": form.leak_form,
    }
    return Network(
        lambda params, x: rj.rnn_apply(params, x, **options),
        lambda outputs: outputs,
        "recurrent",
        lambda params, x: jnp.einsum("nnttii->", rj.recurrent_ntk(params, x, **options)),
        lambda start, end, x: rj.recurrent_kernel_alignment(start, end, x, **options),
    )


def foretold_of(
    setting: ForecastSetting, network: Network, params: Any, first_seed: int
) -> dict[str, np.ndarray]:
    """What the fast-forward gives for each network of a stack, seed by seed within each start."""
    keys = jax.vmap(lambda key: jax.random.fold_in(key, _STREAM))(seed_keys(setting, first_seed))
    keys = jnp.tile(keys, len(setting.starts))
    horizon = horizon_of(setting.learning_rate, setting.iterations, setting.momentum)
    sizes = setting.forecast_trials, setting.forecast_kernel_trials, setting.forecast_steps
    each = [
        jax.device_get(
            _of_one(
                jax.tree.map(lambda leaf, i=i: leaf[i], params),
                keys[i],
                horizon,
                task=setting.made_task(),
                network=network,
                sizes=sizes,
            )
        )
        for i in range(len(keys))
    ]
    return {name: np.array([one[name] for one in each]) for name in each[0]}


def with_forecasts(dataset: xr.Dataset, foretold: Mapping[str, np.ndarray]) -> xr.Dataset:
    """A dataset of starts and seeds with what was foretold of them."""
    shape = (dataset.sizes["start"], dataset.sizes["seed"])
    found = {}
    for name, values in foretold.items():
        dims = ("start", "seed", "end")[: 1 + values.ndim]
        values = values.reshape(*shape, *values.shape[1:])
        found[name] = (dims, values, {"long_name": _NAMES[name]})
    return dataset.assign(found)


def refusals(dataset: xr.Dataset) -> np.ndarray:
    """Why forecasts are refused, of shape (start, seed), with empty words where they are not."""
    said = dataset.attrs
    rate, momentum = float(said["learning_rate"]), float(said["momentum"])
    updates, steps = int(said["iterations"]), int(said["forecast_steps"])
    horizon = horizon_of(rate, updates, momentum)

    def why(loss: np.ndarray, reach: float) -> str:
        if not np.isfinite(loss).all() or not has_fallen(Change(*map(jnp.asarray, loss))):
            return NOT_FALLEN
        return OVERSHOOTS if overshoots(reach, horizon, steps, updates) else ""

    losses = dataset["forecast_loss"].transpose("start", "seed", "end").values
    reach = dataset["forecast_reach"].transpose("start", "seed").values.tolist()
    return np.array(
        [[why(*one) for one in zip(*of, strict=True)] for of in zip(losses, reach, strict=True)]
    )


@functools.partial(jax.jit, static_argnames=("task", "network", "sizes"))
def _of_one(
    start: Any, key: Any, horizon: Any, *, task: rj.Task, network: Network, sizes: Any
) -> dict[str, Any]:
    n_trials, n_kernel, steps = sizes
    of_descent, of_kernel = jax.random.split(key)
    trials, held = task.sample(of_descent, n_trials), task.sample(of_kernel, n_kernel)
    found = foretell(
        lambda params: rj.sequence_cross_entropy(network.apply(params, trials.inputs), trials),
        lambda end: network.alignment(start, end, held.inputs),
        start,
        steps,
        horizon,
    )
    outputs = network.apply(start, held.inputs)
    error = network.rows(jax.grad(lambda y: rj.sequence_cross_entropy(y, held))(outputs))

    def of_rows(weights: Any, x: Any) -> Any:
        return network.rows(network.apply({**start, network.wrt: weights}, x))

    return {
        "forecast": found.alignment,
        "forecast_loss": jnp.stack(found.loss),
        "forecast_reach": found.reach,
        "one_step": found.one_step,
        "error_alignment": error_alignment(
            of_rows,
            start[network.wrt],
            held.inputs,
            error,
            jnp.sum(error**2),
            (network.trace(start, held.inputs), 0),
            n_kernel,
        ),
    }
