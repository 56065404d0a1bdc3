"""Starts that undo what the leak of a unit adds to its step."""

import dataclasses

from jaxtyping import Array, Float, Key

import richlazy_jax as rj

from ._starts import LowRank, Start


@dataclasses.dataclass(frozen=True)
class OfLeak(Start):
    """A start for units of one leak. Its norm is not the null's.

    Args:
        rank: of the step, from 1 to the number of units.
        leak: of the units, which a setting must have as well.
    """

    rank: int
    leak: float

    def check(self, size: int) -> None:
        """Refuse a rank that the size does not allow."""
        LowRank(self.rank).check(size)


class LowRankStep(OfLeak):
    """Weights with which the whole step of a leaky unit has a low rank.

    The null's step, made low-rank at its norm (`richlazy_jax.low_rank_step`).
    """

    KIND = "low_rank_step"

    @property
    def label(self) -> str:
        """A short name."""
        return f"step of rank {self.rank}"

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """The null, with a step of low rank."""
        return rj.low_rank_step(null, self.rank, self.leak)


class WithoutLeak(OfLeak):
    """The leading triplets of the null, less what the leak of a unit adds to its step.

    The start of `LowRank` with `richlazy_jax.without_leak`.
    """

    KIND = "without_leak"

    @property
    def label(self) -> str:
        """A short name."""
        return f"rank {self.rank} without leak"

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """The null, made low-rank, without leak."""
        return rj.without_leak(rj.low_rank(null, self.rank), self.leak)
