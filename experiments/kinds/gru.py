"""GRUs whose kernel alignment is foretold from their start, and then observed."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.spectra import whole_spectra
from richlazy_jax.trained import run_layer

from ..engine import USUAL, Cost, How, Training, choice, field
from .forecast import ForecastSetting, Network, foretold_of, with_forecasts
from .recurrent import LABELS, RANKS, dataset_attributes, flat, held_keys, initial_params, seed_keys

GATES = 3
MEASURE = "kernel_alignment"


@dataclasses.dataclass(frozen=True)
class GruForecastSetting(ForecastSetting):
    r"""GRUs without biases, each of whose gates has recurrent weights of the start.

    $$r, z = \sigma(W_{r,z} x_t + U_{r,z} h), \quad n = \tanh(W_n x_t + r \circ U_n h), \quad
    h' = (1 - z) \circ n + z \circ h.$$

    The gates r, z and n of seed s have the input and recurrent weights that vanilla networks of
    seeds 3 s, 3 s + 1 and 3 s + 2 would have, and the readout is that of the first. The kernel is
    of the three recurrent matrices, and of the outputs at the decision step. Effective ranks of the
    start are means over these matrices.

    Args:
        measures: "kernel_alignment" alone.

    The others are those of `ForecastSetting`, of which activation, leak, biases, initial state,
    noise, kernel weights and precision are the usual ones. Images are not taken.
    """

    KIND: ClassVar[str] = "gru_forecast"
    USUAL_ONLY: ClassVar[tuple[str, ...]] = (
        *ForecastSetting.USUAL_ONLY,
        "images",
        "activation",
        "leak",
        "leak_form",
        "biases",
        "initial_state",
        "noise",
        "kernel_weights",
        "precision",
    )

    measures: tuple[str, ...] = field(
        (MEASURE,),
        choice((MEASURE,)),
        "Measures of laziness to take.",
        axis=False,
        many=True,
        identity=False,
    )

    def cost(self) -> Cost:
        """As of vanilla networks with three recurrent matrices for one."""
        usual = super().cost()
        return usual._replace(cell_bytes=GATES * usual.cell_bytes)

    def training(self) -> Training:
        """What one of its networks is trained with."""
        one = dataclasses.replace(self, seeds=1, starts=self.starts[:1])
        learning = _learning(self.made_task(), self.batch)

        def init(key: Any) -> Any:
            return jax.tree.map(lambda leaf: leaf[0], gru_params(one))

        return Training(
            rj.Network(init, gru_apply),
            learning.loss,
            super().training().optimizer,
            learning.sample,
            has_metrics=True,
        )

    def run(self, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
        """Foretell, train and measure its networks.

        Training is short and keeps no checkpoints: a cell that was cut off begins anew.
        """
        params = gru_params(self, first_seed)
        foretold = foretold_of(self, gru(self.made_task()), params, first_seed)
        return with_forecasts(_trained(self, params, first_seed, how), foretold).squeeze("start")


def gru_params(setting: GruForecastSetting, first_seed: int = 0) -> dict[str, Any]:
    """The starts, with one axis of networks before that of gates."""
    of_gates = dataclasses.replace(setting, seeds=GATES * setting.seeds)
    drawn = initial_params(of_gates, GATES * first_seed)
    drawn = {
        name: leaf.reshape(len(setting.starts), setting.seeds, GATES, *leaf.shape[2:])
        for name, leaf in drawn.items()
    }
    return flat({**drawn, "readout": drawn["readout"][:, :, 0]})


def gru_apply(params: Any, x: Any) -> Any:
    """The outputs at all steps."""
    layer = {
        "weight_ih": jnp.concatenate(list(params["input"])),
        "weight_hh": jnp.concatenate(list(params["recurrent"])),
    }
    states = run_layer("GRU", "tanh", layer, x)
    return jnp.einsum("nth,oh->nto", states, params["readout"], precision="highest")


@functools.lru_cache(maxsize=16)
def gru(task: rj.Task) -> Network:
    """What the fast-forward asks, for the outputs at a task's decision step."""

    def kernel(params: Any, x: Any) -> Any:
        def at_decision(weights: Any, x: Any) -> Any:
            return gru_apply({**params, "recurrent": weights}, x)[:, task.decision_step]

        # The products of Jacobians are at the highest precision by themselves.
        return rj.empirical_ntk(
            at_decision, params["recurrent"], x, implementation="jacobian", vmap_axes=0
        )

    return Network(
        gru_apply,
        lambda outputs: outputs[:, task.decision_step],
        "recurrent",
        lambda params, x: jnp.einsum("nnii->", kernel(params, x)),
        lambda start, end, x: rj.kernel_alignment(kernel(start, x), kernel(end, x)),
    )


class _Learning(NamedTuple):
    """One and the same for equal arguments, so that one compiled program serves them all."""

    loss: Callable[[Any, rj.Trials], tuple[Any, dict[str, Any]]]
    sample: Callable[[Any], rj.Trials]


@functools.lru_cache(maxsize=16)
def _learning(task: rj.Task, batch: int) -> _Learning:
    def loss(params: Any, trials: rj.Trials) -> tuple[Any, dict[str, Any]]:
        logits = gru_apply(params, trials.inputs)
        accuracy = rj.decision_accuracy(logits, trials, task.decision_step)
        return rj.sequence_cross_entropy(logits, trials), {"accuracy": accuracy}

    return _Learning(loss, lambda key: task.sample(key, batch))


def _trained(setting: GruForecastSetting, params: Any, first_seed: int, how: How) -> xr.Dataset:
    """Outcomes, the alignments on the way, and the spectra of the starts."""
    task = setting.made_task()
    network, learning = gru(task), _learning(task, setting.batch)
    kernel_key, accuracy_key = held_keys(setting)
    x = setting.held_trials(kernel_key, setting.kernel_trials).inputs
    held = setting.held_trials(accuracy_key, setting.activity_trials)
    align = jax.jit(lambda pair: network.alignment(pair[0], pair[1], x))

    def alignments(after: Any) -> np.ndarray:
        return np.asarray(jax.lax.map(align, (params, after)))

    through: dict[int, np.ndarray] = {}

    def look(update: int, after: Any, diverged: np.ndarray) -> None:
        through[update] = np.where(diverged, np.nan, alignments(after))

    keys = jax.vmap(lambda k: jax.random.fold_in(k, 1))(seed_keys(setting, first_seed))
    trained = rj.train_runs(
        learning.loss,
        params,
        setting.training().optimizer,
        learning.sample,
        jnp.tile(keys, len(setting.starts)),
        setting.iterations,
        has_metrics=True,
        look_at=setting.measure_at,
        on_look=look,
        **how._replace(checkpoints=None)._asdict(),
    )
    diverged = np.asarray(trained.diverged)
    losses = np.asarray(trained.losses)
    accuracy = jax.lax.map(lambda one: learning.loss(one, held)[1]["accuracy"], trained.params)
    spectra = whole_spectra(np.asarray(params["recurrent"]).reshape(-1, *[setting.n_hidden] * 2))
    found = {
        MEASURE: np.where(diverged, np.nan, alignments(trained.params)),
        "loss": losses[:, -100:].mean(axis=1),
        "first_loss": np.where(diverged, np.nan, losses[:, 0]),
        "accuracy": np.where(diverged, np.nan, np.asarray(accuracy)),
        "diverged": diverged,
        **{name: spectra[name].reshape(-1, GATES).mean(axis=1) for name in RANKS},
    }
    shape, dims = (len(setting.starts), setting.seeds), ("start", "seed")
    dataset = xr.Dataset(
        {n: (dims, v.reshape(shape), {"long_name": LABELS[n]}) for n, v in found.items()},
        coords={
            "start": [start.label for start in setting.starts],
            "seed": range(first_seed, first_seed + setting.seeds),
        },
        attrs=dataset_attributes(setting),
    )
    if not through:
        return dataset
    updates = sorted(through)
    values = np.stack([np.where(diverged, np.nan, through[u]) for u in updates], axis=-1)
    added = {f"{MEASURE}_through": ((*dims, "update"), values.reshape(*shape, len(updates)))}
    return dataset.assign_coords(update=updates).assign(added)
