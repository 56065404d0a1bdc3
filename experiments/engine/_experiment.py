"""What an experiment is: anything that has a record, can be run for some seeds, and can grow."""

import abc
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.studies import Wanted

from ._fields import fields_of
from ._parts import Parts


class Cost(NamedTuple):
    """How much work and memory a cell takes.

    - `updates`: of all its networks.
    - `cell_bytes`: weights and optimizer state of all its networks.
    - `kernel_bytes`: the kernel of one network, if it were held whole.
    """

    updates: int
    cell_bytes: int
    kernel_bytes: int


class Training(NamedTuple):
    """What one network is trained with, as `richlazy_jax.train` takes it."""

    network: rj.Network
    loss: Callable[[Any, Any], Any]
    optimizer: Any
    sample: Callable[[Any], Any]
    has_metrics: bool = False


class How(NamedTuple):
    """How a cell is run, which decides nothing of its numbers.

    - `batch_runs`: as in `richlazy_jax.train_runs`.
    - `piece`: updates between two reports.
    - `checkpoints`: where to keep what is begun; None keeps nothing.
    - `on_piece`: called with the progress of training.
    """

    batch_runs: int | None = None
    piece: int = 200
    checkpoints: rj.Checkpoints | None = None
    on_piece: Callable[[rj.Progress], None] = lambda progress: None


USUAL = How()


class Experiment(abc.ABC):
    """One cell of a study: networks of one start, trained and measured, a seed each.

    A frozen dataclass whose fields are made by `experiments.engine.field`, `seeds` among them. A
    grid has axes of the same names, and those of `PARTS`.

    - `KIND`: what it is called in records and specifications.
    - `PARTS`: the fields of a grid that are objects.
    """

    KIND: ClassVar[str]
    PARTS: ClassVar[Mapping[str, Parts]] = {}

    seeds: int

    @classmethod
    def of_cell(cls, values: Mapping[str, Any]) -> "Experiment":
        """The experiment of one combination of values, parts among them.

        Raises:
            FieldError: they do not go together.
        """
        return cls(**values)

    @classmethod
    def together(cls, axes: Mapping[str, Sequence[Any]]) -> None:
        """Refuse, with a FieldError, axes that mean nothing beside each other."""
        return

    @classmethod
    def sizes(cls, axes: Mapping[str, Sequence[Any]]) -> dict[str, int]:
        """The sizes that starts must fit, by the words for where they come from."""
        return {}

    @abc.abstractmethod
    def record(self) -> dict[str, Any]:
        """All that decides the numbers of a seed, as plain data."""

    @abc.abstractmethod
    def wanted(self) -> Wanted:
        """The record, and what a finished cell must hold."""

    def only(self, seeds: int, missing: Mapping[str, Sequence[Any]]) -> "Experiment":
        """The same with other seeds, and of what it measures only what is missing.

        Args:
            seeds: how many.
            missing: as `richlazy_jax.studies.Wanted.lacks` gives it.
        """
        return dataclasses.replace(self, seeds=seeds)  # type: ignore[type-var]

    @abc.abstractmethod
    def run(self, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
        """Train and measure the networks of `seeds` seeds, from `first_seed` on."""

    @abc.abstractmethod
    def cost(self) -> Cost:
        """How much work and memory it takes."""

    @abc.abstractmethod
    def training(self) -> Training:
        """What one of its networks is trained with."""


def record_of(experiment: Experiment, parts: Mapping[str, Any]) -> dict[str, Any]:
    """The record of an experiment: its kind, its parts and its fields.

    Fields that do not decide the numbers of a seed are left out, and so are late ones at their
    defaults. It has "dtype" where JAX computes in float64.

    Args:
        experiment: which.
        parts: what its record says of its parts, plain.
    """
    record: dict[str, Any] = {"experiment": experiment.KIND, **parts}
    for name, of in fields_of(experiment).items():
        value = getattr(experiment, name)
        if (
            name in parts
            or not of.identity
            or (of.late and value == getattr(type(experiment), name))
        ):
            continue
        record[name] = list(value) if of.many else value
    dtype = jnp.result_type(float).name
    return record if dtype == "float32" else record | {"dtype": dtype}
