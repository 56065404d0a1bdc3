"""Linear networks of one place in the space of rank, scale, readout and alignment."""

import dataclasses
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
import optax
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.studies import Wanted

from ...engine import (
    POSITIVE,
    USUAL,
    Cost,
    Experiment,
    FieldError,
    How,
    Training,
    checked,
    field,
    number,
    record_of,
    whole,
)


class Cell(NamedTuple):
    r"""One kind of start and task, of which many networks are drawn.

    - `rank`: how many equal singular values $W_1$ has, so that its effective rank is the same.
    - `sigma`: $\lVert W_1 \rVert_F$ at the start, where the task has length 1.
    - `readout`: $\lVert w_2 \rVert / \sigma$ at the start.
    - `alignment`: None for tasks of any direction. Else from 0 to 1: where the task's energy in the
      row space of $W_1$ stands between what chance gives, rank / d, and all of it.
    """

    rank: int
    sigma: float
    readout: float = 0.0
    alignment: float | None = None

    def share(self, d: int) -> float:
        """The share of the task's energy in the row space of the start, its mean for any task."""
        chance = self.rank / d
        return chance + (self.alignment or 0.0) * (1 - chance)


@dataclasses.dataclass(frozen=True)
class MapCell(Experiment):
    r"""Two-layer linear networks of one start, each with a task of its own.

    Args:
        rank: how many equal singular values $W_1$ has, so that its effective rank is the same.
        sigma: $\lVert W_1 \rVert_F$ at the start, where the task has length 1.
        readout: $\lVert w_2 \rVert / \sigma$ at the start.
        alignment: -1 for tasks of any direction. Else from 0 to 1: where the task's energy in the
            row space of $W_1$ stands between what chance gives, rank / d, and all of it.
        n_inputs: d.
        n_hidden: h.
        seeds: networks.
        most_updates: a network that has not learned by then counts as not trained.
        random_seed: all randomness follows from it.

    Raises:
        FieldError: an argument is not as described above.
    """

    KIND: ClassVar[str] = "map"

    rank: int = field(1, whole(), "Equal singular values of the first layer.")
    sigma: float = field(0.01, POSITIVE, "Frobenius norm of the first layer.")
    readout: float = field(
        0.0, number("numbers from 0", lambda x: x >= 0), "Norm of the readout relative to sigma."
    )
    alignment: float = field(
        -1.0,
        number("numbers from 0 to 1, and -1", lambda x: x == -1 or 0 <= x <= 1),
        "Alignment with the task from 0, chance, to 1; -1 for tasks of any direction.",
    )
    n_inputs: int = field(20, whole(most=1000), "Inputs, and their dimension.")
    n_hidden: int = field(30, whole(most=100_000), "Hidden units.")
    seeds: int = field(400, whole(least=2), "Networks.", axis=False, identity=False)
    most_updates: int = field(100_000, whole(), "Updates after which a network is not trained.")
    random_seed: int = field(0, whole(least=0, most=2**32 - 1), "All randomness follows from it.")

    def __post_init__(self):
        checked(self)
        most = min(self.n_inputs, self.n_hidden)
        if self.rank > most:
            raise FieldError("rank", self.rank, f"whole numbers from 1 to {most}")

    @property
    def cell(self) -> Cell:
        """The place of the start."""
        alignment = None if self.alignment < 0 else self.alignment
        return Cell(self.rank, self.sigma, self.readout, alignment)

    def record(self) -> dict[str, Any]:
        """All that decides the numbers of a seed, as plain data."""
        start = {"kind": "equal_singular_values", "rank": self.rank}
        return record_of(self, {"task": "any linear one", "start": start})

    def wanted(self) -> Wanted:
        """The record, and what a finished cell must hold."""
        names = ("kernel_alignment", "formula", "loss", "share", "updates")
        return Wanted(self.record(), names, {"seed": range(self.seeds)})

    def run(self, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
        """Train and measure its networks, as `simulate`."""
        from ._simulate import simulate

        return simulate(self, first_seed)

    def cost(self) -> Cost:
        """How much work and memory it takes at most: weights at start and end, and both kernels."""
        h, d = self.n_hidden, self.n_inputs
        held = 4 * (2 * h * (d + 1) + 3 * d**2)
        return Cost(self.seeds * self.most_updates, self.seeds * held, 4 * d**2)

    def training(self) -> Training:
        """What one of its networks is trained with."""
        network, inputs = rj.mlp((self.n_inputs, self.n_hidden, 1)), jnp.eye(self.n_inputs)
        loss = rj.half_squared_error(network.apply)
        return Training(network, loss, optax.sgd(0.01), rj.full_batch(inputs, inputs[:, :1]))
