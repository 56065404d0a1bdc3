"""What the map is made of: sizes, scales, and the cells of its three parts."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.studies import Wanted

from ..engine import (
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

# Four scales to a decade, from where the small-scale formula holds to where it does not.
SIGMAS = tuple(float(f"{s:.3g}") for s in np.geomspace(1e-3, 10**0.5, 15))


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
class MapSetting:
    r"""The cells of the map and how many networks each has.

    Three parts cut the space of four axes: "scale" is every rank with every sigma, without a
    readout and with a small one, over tasks of any direction; "readout" is every readout norm with
    some ranks and scales; "alignment" is every alignment with the task, with some ranks, scales and
    readout norms.

    Args:
        n_inputs: d.
        n_hidden: h.
        ranks: of the first layer, from 1 to the lesser of d and h.
        sigmas: Frobenius norms of the first layer, above 0. The task has length 1.
        scale_readouts: readout norms relative to sigma, for the part "scale".
        slice_ranks: ranks of the other two parts.
        slice_sigmas: scales of the other two parts.
        readouts: readout norms relative to sigma, for the part "readout".
        alignments: from 0 (as chance) to 1 (all of the task in the row space of the start).
        alignment_readouts: readout norms relative to sigma, for the part "alignment".
        networks: how many for each cell, each with a start and a task of its own.
        most_updates: a cell with a network that has not learned by then counts as not trained.
        random_seed: all randomness follows from it.

    Raises:
        ValueError: an argument is not as described above.
    """

    n_inputs: int = 20
    n_hidden: int = 30
    ranks: tuple[int, ...] = (1, 2, 3, 5, 8, 12, 20)
    sigmas: tuple[float, ...] = SIGMAS
    scale_readouts: tuple[float, ...] = (0.0, 0.01)
    slice_ranks: tuple[int, ...] = (1, 3, 8, 20)
    slice_sigmas: tuple[float, ...] = (0.01, 1.0)
    readouts: tuple[float, ...] = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0)
    alignments: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    alignment_readouts: tuple[float, ...] = (0.0, 1.0)
    networks: int = 400
    most_updates: int = 100_000
    random_seed: int = 0

    def __post_init__(self):
        for name in ("n_inputs", "n_hidden", "most_updates"):
            _whole(name, getattr(self, name), 1)
        _whole("networks", self.networks, 2)
        most = min(self.n_inputs, self.n_hidden)
        for name in ("ranks", "slice_ranks"):
            for rank in _some(name, getattr(self, name)):
                if not isinstance(rank, int) or not 1 <= rank <= most:
                    raise ValueError(
                        f"{name} holds {rank!r}; allowed are whole numbers from 1 to {most}."
                    )
        for name in ("sigmas", "slice_sigmas"):
            for sigma in _some(name, getattr(self, name)):
                if not 0 < sigma < math.inf:
                    raise ValueError(f"{name} holds {sigma!r}; allowed are numbers above 0.")
        for name in ("scale_readouts", "readouts", "alignment_readouts"):
            for readout in _some(name, getattr(self, name)):
                if not 0 <= readout < math.inf:
                    raise ValueError(f"{name} holds {readout!r}; allowed are numbers from 0.")
        for alignment in _some("alignments", self.alignments):
            if not 0 <= alignment <= 1:
                raise ValueError(f"alignments holds {alignment!r}; allowed is from 0 to 1.")

    def parts(self) -> dict[str, tuple[Cell, ...]]:
        """The cells of each part."""
        return {
            "scale": tuple(
                Cell(r, s, w) for w in self.scale_readouts for r in self.ranks for s in self.sigmas
            ),
            "readout": tuple(
                Cell(r, s, w)
                for r in self.slice_ranks
                for s in self.slice_sigmas
                for w in self.readouts
            ),
            "alignment": tuple(
                Cell(r, s, w, a)
                for r in self.slice_ranks
                # All of every task is in the row space of a start of full rank.
                if r < self.n_inputs
                for s in self.slice_sigmas
                for w in self.alignment_readouts
                for a in self.alignments
            ),
        }

    def experiments(self, part: str) -> list["MapCell"]:
        """The cells of a part as experiments.

        Raises:
            ValueError: there is no such part.
        """
        parts = self.parts()
        if part not in parts:
            raise ValueError(f"part is {part!r}; allowed are {', '.join(parts)}.")
        shared = {
            "n_inputs": self.n_inputs,
            "n_hidden": self.n_hidden,
            "seeds": self.networks,
            "most_updates": self.most_updates,
            "random_seed": self.random_seed,
        }
        return [
            MapCell(
                rank=cell.rank,
                sigma=cell.sigma,
                readout=cell.readout,
                **({} if cell.alignment is None else {"alignment": cell.alignment}),
                **shared,
            )
            for cell in parts[part]
        ]


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
    sigma: float = field(
        0.01, number("numbers above 0", lambda x: x > 0), "Frobenius norm of the first layer."
    )
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


def quick_setting(networks: int, random_seed: int = 0) -> MapSetting:
    """The same axes with fewer places on each, for a first look."""
    return MapSetting(
        ranks=(1, 5, 20),
        sigmas=SIGMAS[::2],
        slice_ranks=(1, 5, 20),
        readouts=(0.0, 0.2, 0.5, 1.0),
        alignments=(0.0, 0.5, 1.0),
        networks=networks,
        random_seed=random_seed,
    )


def _whole(name: str, value: Any, least: int) -> None:
    if not isinstance(value, int) or value < least:
        raise ValueError(f"{name} is {value!r}; allowed are whole numbers from {least}.")


def _some(name: str, values: Sequence[Any]) -> Sequence[Any]:
    if not values or len(set(values)) < len(values) or list(values) != sorted(values):
        raise ValueError(f"{name} is {values!r}; allowed are one or more that increase.")
    return values
