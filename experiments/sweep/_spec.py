"""What a sweep is."""

import dataclasses
from collections.abc import Collection
from typing import Any

import richlazy_jax as rj

from ..linear import LinearSetting
from ..recurrent import Setting, Start
from ._kinds import KINDS

# What a cell is.
CellSetting = Setting | LinearSetting


@dataclasses.dataclass(frozen=True)
class StartSpec:
    """One start, as it is written and as it is made.

    Attributes:
        kind: one of those in `_kinds.py`.
        parameters: all parameters of the kind with their values, defaults among them, in a fixed
            order. Paths are full.
        start: the start itself. It is not compared: what is written decides.
    """

    kind: str
    parameters: tuple[tuple[str, str | int | float | bool | None], ...]
    start: Start = dataclasses.field(compare=False, repr=False)

    @property
    def written(self) -> dict[str, Any]:
        """The parameters that are not defaults."""
        known = KINDS[self.kind].parameters
        return {name: value for name, value in self.parameters if value != known[name].default}

    @property
    def label(self) -> str:
        """A line that no other start of a sweep has, such as "low_rank, rank 30"."""
        return ", ".join([self.kind, *(f"{name} {value}" for name, value in self.written.items())])


@dataclasses.dataclass(frozen=True, kw_only=True)
class SweepSpec:
    """A grid of settings. Each field but the last four holds the values of one axis.

    Fields mean what they mean in `experiments.recurrent.Setting`, and have its defaults. The task
    "linear" stands alone: fields mean what they mean in `experiments.linear.LinearSetting`, whose
    defaults `sweep_spec` and `read_spec` put in, and those that it lacks mean nothing. They make a
    sweep and check it whole; the class itself checks nothing.

    Attributes:
        task, n_hidden, iterations, batch, optimizer, learning_rate, momentum, gain, activation,
            leak, leak_form, biases, initial_state, noise, dt, kernel_weights, kernel_trials,
            activity_trials, precision, random_seed: one value, or several that differ.
        n_inputs, sigma: likewise, for "linear" only.
        start: the starts, each in cells of its own.
        seeds: how many networks each cell has.
        measures: which measures to take of each.
        images: what the cells of "sMNIST" learn, a name of `richlazy_jax.image_set` or the full
            path of a folder.
        image_set: the images themselves. They are not compared.
    """

    task: tuple[str, ...] = (Setting.task,)
    start: tuple[StartSpec, ...]
    n_hidden: tuple[int, ...] = (Setting.n_hidden,)
    iterations: tuple[int, ...] = (Setting.iterations,)
    batch: tuple[int, ...] = (Setting.batch,)
    optimizer: tuple[str, ...] = (Setting.optimizer,)
    learning_rate: tuple[float, ...] = (Setting.learning_rate,)
    momentum: tuple[float, ...] = (Setting.momentum,)
    gain: tuple[float, ...] = (Setting.gain,)
    activation: tuple[str, ...] = (Setting.activation,)
    leak: tuple[float, ...] = (Setting.leak,)
    leak_form: tuple[str, ...] = (Setting.leak_form,)
    biases: tuple[bool, ...] = (Setting.biases,)
    initial_state: tuple[str, ...] = (Setting.initial_state,)
    noise: tuple[float, ...] = (Setting.noise,)
    dt: tuple[float, ...] = (Setting.dt,)
    kernel_weights: tuple[str, ...] = (Setting.kernel_weights,)
    kernel_trials: tuple[int, ...] = (Setting.kernel_trials,)
    activity_trials: tuple[int, ...] = (Setting.activity_trials,)
    n_inputs: tuple[int, ...] = (LinearSetting.n_inputs,)
    sigma: tuple[float, ...] = (LinearSetting.sigma,)
    precision: tuple[str, ...] = (Setting.precision,)
    random_seed: tuple[int, ...] = (Setting.random_seed,)
    seeds: int = Setting.seeds
    measures: tuple[str, ...] = Setting.measures
    images: str | None = None
    image_set: rj.ImageSet | None = dataclasses.field(default=None, compare=False, repr=False)


# In the order of the class, which is that of the loops over the grid.
AXES = tuple(
    field.name
    for field in dataclasses.fields(SweepSpec)
    if field.name not in ("seeds", "measures", "images", "image_set")
)


def setting_class(tasks: Collection[str]) -> type[CellSetting]:
    """What the cells of a sweep over these tasks are."""
    return LinearSetting if "linear" in tasks else Setting


def known_fields(tasks: Collection[str]) -> tuple[str, ...]:
    """The fields of a sweep that mean something with these tasks, in the order of the class."""
    known = {field.name for field in dataclasses.fields(setting_class(tasks))} | {"start"}
    return tuple(f.name for f in dataclasses.fields(SweepSpec) if f.name in known)


def defaults_of(tasks: Collection[str]) -> dict[str, Any]:
    """The fields of a sweep over these tasks that have defaults which depend on them."""
    setting = setting_class(tasks)
    axes = [field for field in known_fields(tasks) if field in AXES and field != "start"]
    return {field: (getattr(setting, field),) for field in axes} | {"seeds": setting.seeds}


def axes_of(spec: SweepSpec) -> tuple[str, ...]:
    """The axes that mean something with the tasks of a sweep, in the order of the class."""
    return tuple(field for field in known_fields(spec.task) if field in AXES)
