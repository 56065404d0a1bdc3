"""Starts of the field that the paper does not have, each of the null's norm."""

import dataclasses
from typing import Any

from jaxtyping import Array, Float, Key

import richlazy_jax as rj

from ._starts import Start


@dataclasses.dataclass(frozen=True)
class Orthogonal(Start):
    """All singular values equal (`richlazy_jax.orthogonal_weights`)."""

    KIND = "orthogonal"

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        return rj.with_norm_of(rj.orthogonal_weights(key, len(null), resized=False), null)


@dataclasses.dataclass(frozen=True)
class Identity(Start):
    r"""Each unit keeps its own activity, $I + \sigma Z$ (`richlazy_jax.identity_weights`).

    Args:
        noise: of the Gaussian part, at least 0: the radius of the eigenvalues around 1 before the
            weights get the null's norm.
    """

    KIND = "identity"

    noise: float = 0.0

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        return rj.with_norm_of(_drawn(rj.identity_weights, self, key, null), null)


@dataclasses.dataclass(frozen=True)
class FeedForward(Start):
    """Each unit passes on to those after it alone (`richlazy_jax.feed_forward_weights`)."""

    KIND = "feed_forward"

    def check(self, size: int) -> None:
        """Refuse one unit, which has nobody to pass on to."""
        if size < 2:
            raise ValueError(f"feed_forward has {size} unit; allowed are at least 2.")

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        return rj.with_norm_of(_drawn(rj.feed_forward_weights, self, key, null), null)


@dataclasses.dataclass(frozen=True)
class Sparse(Start):
    """Few connections (`richlazy_jax.sparse_weights`).

    Args:
        density: the probability of a connection, above 0 and at most 1.
    """

    KIND = "sparse"

    density: float

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        drawn = rj.sparse_weights(key, len(null), density=self.density, resized=False)
        return rj.with_norm_of(drawn, null)


@dataclasses.dataclass(frozen=True)
class Modular(Start):
    """More connections within blocks of units than between them (`richlazy_jax.modular_weights`).

    Args:
        modules: how many blocks.
        within: the probability of a connection within a block, above 0 and at most 1.
        between: that of a connection between blocks, from 0 to `within`.
    """

    KIND = "modular"

    modules: int
    within: float
    between: float

    def check(self, size: int) -> None:
        """Refuse more blocks than units, and densities that are none."""
        if not 1 <= self.modules <= size:
            raise ValueError(f"modules is {self.modules}; allowed are numbers from 1 to {size}.")
        if not 0 <= self.between <= self.within:
            raise ValueError(
                f"between is {self.between}; allowed are numbers from 0 to within, {self.within}."
            )

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        return rj.with_norm_of(_drawn(rj.modular_weights, self, key, null), null)


@dataclasses.dataclass(frozen=True)
class SmallWorld(Start):
    """A ring of neighbours, some of them rewired (`richlazy_jax.small_world_weights`).

    Args:
        neighbours: from how many others a unit receives.
        rewired: the share of connections that come from anywhere instead, from 0 to 1.
    """

    KIND = "small_world"

    neighbours: int
    rewired: float

    def check(self, size: int) -> None:
        """Refuse more neighbours than there are."""
        if not 1 <= self.neighbours < size:
            raise ValueError(
                f"neighbours is {self.neighbours}; allowed are numbers from 1 to {size - 1}."
            )

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        return rj.with_norm_of(_drawn(rj.small_world_weights, self, key, null), null)


@dataclasses.dataclass(frozen=True)
class LowRankPlusNoise(Start):
    r"""A low-rank part beside noise, $g J + m n^\top$ (`richlazy_jax.low_rank_plus_noise_weights`).

    Args:
        overlap: of the vectors $m$ and $n$, which is the outlying eigenvalue before the weights get
            the null's norm.
        rank: how many pairs of vectors there are.
        orthogonal: the length of the part of $n$ that is orthogonal to $m$.
        noise: the strength $g$ of the noise.
    """

    KIND = "low_rank_plus_noise"

    overlap: float
    rank: int = 1
    orthogonal: float = 1.0
    noise: float = 1.25

    def check(self, size: int) -> None:
        """Refuse more vectors than fit."""
        if not 1 <= self.rank <= size // 2:
            raise ValueError(f"rank is {self.rank}; allowed are numbers from 1 to {size // 2}.")

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        drawn = rj.low_rank_plus_noise_weights(
            key,
            len(null),
            rank=self.rank,
            overlap=self.overlap,
            orthogonal=self.orthogonal,
            gain=self.noise,
            resized=False,
        )
        return rj.with_norm_of(drawn, null)


@dataclasses.dataclass(frozen=True)
class Symmetric(Start):
    r"""Partly symmetric weights (`richlazy_jax.symmetric_weights`).

    Args:
        symmetry: the correlation of $W_{ij}$ and $W_{ji}$, from -1 (antisymmetric) to 1.
    """

    KIND = "symmetric"

    symmetry: float

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        return rj.with_norm_of(_drawn(rj.symmetric_weights, self, key, null), null)


@dataclasses.dataclass(frozen=True)
class MeanShifted(Start):
    """Gaussian weights with a common mean (`richlazy_jax.mean_shifted_weights`).

    Args:
        mean: of a row's sum, which is the outlying eigenvalue before the weights get the null's
            norm.
        noise: the gain of the Gaussian part.
    """

    KIND = "mean_shifted"

    mean: float
    noise: float = 1.25

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        drawn = rj.mean_shifted_weights(
            key, len(null), mean=self.mean, gain=self.noise, resized=False
        )
        return rj.with_norm_of(drawn, null)


def _drawn(weights: Any, start: Start, key: Any, null: Any) -> Any:
    """Weights of a function that takes the parameters of a start by their names."""
    return weights(key, len(null), **start.parameters(), resized=False)
