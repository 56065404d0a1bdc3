"""Initial recurrent weights by name, each beside the Gaussian draw that is its null."""

import abc
import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, Key

import richlazy_jax as rj

from ...engine import described, parameters_of

# What a low-rank start may keep of its null.
KEPT = ("frobenius", "leading", "spectral_radius")
# The rungs of `richlazy_jax.NULLS` that may stand in for a measured diagram. The Gaussian one is a
# start of its own, and the others ask for more than the diagram.
DIAGRAM_NULLS = ("places", "bare_degrees", "degrees", "reciprocity")


class Start(abc.ABC):
    """Initial recurrent weights of one structure; a frozen dataclass.

    A start of your own is a subclass with a `draw`. Its fields are its parameters in a
    specification, and what its record says of it, beside the digest of the file that it stands in.

    - `KIND`: the name in specifications and records; None for one of your own, which is known by
      its module and class.
    - `label`: a short name for tables and axes.
    """

    KIND: ClassVar[str | None] = None

    @property
    def label(self) -> str:
        """The name of the class with the parameters that are not at their defaults."""
        defaults = {field.name: field.default for field in dataclasses.fields(self)}  # type: ignore[arg-type]
        given = {n: v for n, v in parameters_of(self).items() if v != defaults[n]}
        return ", ".join(
            [type(self).__name__, *(f"{name} {value}" for name, value in given.items())]
        )

    def parameters(self) -> dict[str, Any]:
        """All that decides the weights but the key, as plain data."""
        return parameters_of(self)

    def record(self) -> dict[str, Any]:
        """What the record of an experiment says of it."""
        return described(self, self.KIND, self.parameters())

    def check(self, size: int) -> None:  # noqa: B027 - most structures come in any size
        """Refuse, with a ValueError, what cannot be drawn for `size` units."""

    def try_out(self, size: int) -> None:
        """Refuse, with a ValueError, what only drawing refuses.

        A start of your own is drawn once, and must give a square matrix of finite numbers.
        """
        key, null = jax.random.key(0), jnp.eye(size)
        if self.KIND is not None:
            jax.eval_shape(self.draw, key, null)
            return
        try:
            drawn = np.asarray(self.draw(key, null))
        except ValueError:
            raise
        # A user's code may raise anything.
        except Exception as error:
            raise ValueError(f"draw raised {type(error).__name__}: {error}") from error
        if drawn.shape != (size, size) or not np.isfinite(drawn).all():
            raise ValueError(
                f"draw gave an array of shape {drawn.shape} with {np.isfinite(drawn).sum()} finite "
                f"numbers; allowed are ({size}, {size}) finite ones."
            )

    @abc.abstractmethod
    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """The weights.

        Args:
            key: of this network alone.
            null: a Gaussian draw of the network's gain. All starts here give weights of its
                Frobenius norm (`richlazy_jax.with_norm_of`), so that only structure differs.
        """


@dataclasses.dataclass(frozen=True)
class Null(Start):
    """The Gaussian draw itself."""

    KIND = "null"

    @property
    def label(self) -> str:
        """Null."""
        return "null"

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """The null."""
        return null


@dataclasses.dataclass(frozen=True)
class LowRank(Start):
    """The leading singular triplets of the null.

    Args:
        rank: how many, from 1 to the number of units.
        keep: what is kept of the null, its "frobenius" norm, its "leading" singular value or its
            "spectral_radius". The latter two are controls: their norm is not the null's.
    """

    KIND = "low_rank"

    rank: int
    keep: str = "frobenius"

    @property
    def label(self) -> str:
        """A short name."""
        return f"rank {self.rank}"

    def check(self, size: int) -> None:
        """Refuse a rank that the size does not allow."""
        if not isinstance(self.rank, int) or not 1 <= self.rank <= size:
            raise ValueError(
                f"ranks holds {self.rank!r}; allowed are whole numbers from 1 to {size}."
            )
        if self.keep not in KEPT:
            raise ValueError(f"keep is {self.keep!r}; allowed are {', '.join(map(repr, KEPT))}.")

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """The null, made low-rank."""
        if self.keep == "spectral_radius":
            return rj.with_spectral_radius_of(rj.low_rank(null, self.rank), null)
        return rj.low_rank(null, self.rank, self.keep)


@dataclasses.dataclass(frozen=True)
class PowerLaw(Start):
    """The singular vectors of the null, with singular values that fall as a power.

    Args:
        exponent: of the fall, at least 0: the k-th singular value goes as k to its negative.
    """

    KIND = "power_law"

    exponent: float

    @property
    def label(self) -> str:
        """A short name."""
        return f"power law {self.exponent:g}"

    def check(self, size: int) -> None:
        """Refuse an exponent below 0."""
        if not 0 <= self.exponent < float("inf"):
            raise ValueError(
                f"exponent is {self.exponent!r}; allowed are finite numbers of at least 0."
            )

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """The null with the new singular values, at its norm."""
        return rj.with_singular_values(null, rj.power_law_spectrum(len(null), self.exponent))


@dataclasses.dataclass(frozen=True)
class ParticipationRatio(Start):
    """The singular vectors of the null, with geometric singular values of a participation ratio.

    Args:
        share: the participation ratio of the squared singular values over the number of units N,
            from 1/N to 1. That of the null is near one half.
    """

    KIND = "participation_ratio"

    share: float

    @property
    def label(self) -> str:
        """A short name."""
        return f"participation ratio {self.share:g} N"

    def check(self, size: int) -> None:
        """Refuse a share that the size does not allow."""
        # A share of one in N may be a rounding error below 1.
        if not (1 - 1e-9) / size <= self.share <= 1:
            raise ValueError(
                f"share is {self.share!r} of {size} units; allowed is from 1/{size} to 1."
            )

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """The null with the new singular values, at its norm."""
        ratio = max(1.0, self.share * len(null))
        return rj.with_singular_values(null, rj.spectrum_of_participation_ratio(len(null), ratio))


@dataclasses.dataclass(frozen=True, eq=False)
class CellTyped(Start):
    """Block-wise statistics of cell types (`richlazy_jax.cell_type_weights`)."""

    KIND = "cell_types"

    cell_types: rj.CellTypes
    distribution: str = "lognormal"
    label: str = "cell types"  # pyright: ignore[reportIncompatibleMethodOverride]

    def parameters(self) -> dict[str, Any]:
        """The table by its numbers."""
        t = self.cell_types
        numbers = _digest(np.asarray(t.sizes), t.probability, t.mean, t.sd)
        return {"types": list(t.names), "numbers": numbers, "distribution": self.distribution}

    def check(self, size: int) -> None:
        """Refuse a size that leaves a type without units."""
        rj.cell_type_counts(self.cell_types, size)

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        drawn = rj.cell_type_weights(
            key, len(null), self.cell_types, distribution=self.distribution, resized=False
        )
        return rj.with_norm_of(drawn, null)


@dataclasses.dataclass(frozen=True, eq=False)
class Wired(Start):
    """A measured wiring diagram: the same weights for every key, unless a null stands in for it.

    Args:
        connectome: the diagram, with weights as they were measured.
        signs: of the columns; None leaves the weights as they are. "balanced" makes a fifth of the
            columns inhibitory at random, anew for each key (`richlazy_jax.balanced_columns`).
        resampled: to the network's size (`richlazy_jax.resampled_weights`); otherwise the network
            must have as many units as the diagram has neurons.
        null: the name of a null that stands in for the diagram, drawn anew for each key before the
            columns get their signs: one of "bare_degrees", "degrees" and "reciprocity" of
            `richlazy_jax.null_weights`, or "places", by `richlazy_jax.shuffled_weights`. None
            leaves the diagram as it is.
        label: a short name.
    """

    KIND = "connectome"

    connectome: rj.Connectome
    signs: np.ndarray | str | None = None
    resampled: bool = False
    null: str | None = None
    label: str = "EM"  # pyright: ignore[reportIncompatibleMethodOverride]

    def parameters(self) -> dict[str, Any]:
        """The diagram by its numbers."""
        balanced = isinstance(self.signs, str)
        weights = self.connectome.weights * (1 if balanced else self._factors())
        record = {
            "neurons": len(weights),
            "numbers": _digest(weights),
            "balanced": balanced,
            "resampled": self.resampled,
            # What the first of the nulls was called when there was no other.
            "shuffled": self.null == "places",
        }
        return record if self.null in (None, "places") else record | {"null": self.null}

    def check(self, size: int) -> None:
        """Refuse a size that is not the diagram's, where it is not resampled."""
        neurons = len(self.connectome.names)
        if isinstance(self.signs, str) and self.signs != "balanced":
            raise ValueError(f"signs is {self.signs!r}; allowed are an array, 'balanced' and None.")
        if self.null not in (None, *DIAGRAM_NULLS):
            raise ValueError(
                f"null is {self.null!r}; allowed are {', '.join(map(repr, DIAGRAM_NULLS))} and "
                "None."
            )
        if isinstance(self.signs, str) and (self.connectome.weights < 0).any():
            raise ValueError(
                f"{self.connectome.source} has negative weights; allowed with 'balanced' are none."
            )
        if not self.resampled and size != neurons:
            raise ValueError(
                f"{self.label} has {neurons} neurons and the network {size} units; allowed are "
                "as many units as neurons, or a diagram that is resampled."
            )

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """The diagram at the norm of the null."""
        weights = self.connectome.weights
        if self.null not in (None, "places"):
            weights = rj.null_weights(jax.random.fold_in(key, 0), weights, self.null)
        w = jnp.asarray(weights, null.dtype)
        if self.null == "places":
            diagonal = bool(np.diag(weights).any())
            w = rj.shuffled_weights(jax.random.fold_in(key, 0), w, diagonal)
        if isinstance(self.signs, str):
            w = rj.balanced_columns(jax.random.fold_in(key, 1), w)
        else:
            w = w * self._factors()
        if self.resampled:
            w = rj.resampled_weights(jax.random.fold_in(key, 2), w, len(null))
        return rj.with_norm_of(w, null)

    def _factors(self) -> np.ndarray:
        return np.ones(len(self.connectome.names)) if self.signs is None else np.asarray(self.signs)


@dataclasses.dataclass(frozen=True)
class Dale(Start):
    """Columns of one sign each, in balance (`richlazy_jax.dale_weights`)."""

    KIND = "dale"

    excitatory: float = 0.8
    balance: str = "mean"
    density: float = 1.0
    label: str = "Dale"  # pyright: ignore[reportIncompatibleMethodOverride]

    def check(self, size: int) -> None:
        """Refuse a size that leaves no unit of one kind."""
        if not 1 <= round(self.excitatory * size) < size:
            raise ValueError(
                f"excitatory is {self.excitatory} of {size} units; allowed is at least one unit "
                "of each kind."
            )

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        drawn = rj.dale_weights(
            key,
            len(null),
            excitatory=self.excitatory,
            balance=self.balance,
            density=self.density,
            resized=False,
        )
        return rj.with_norm_of(drawn, null)


@dataclasses.dataclass(frozen=True)
class Motifs(Start):
    """A second-order network (`richlazy_jax.motif_weights`)."""

    KIND = "motifs"

    statistics: rj.MotifStatistics
    centred: bool = True
    label: str = "chain motifs"  # pyright: ignore[reportIncompatibleMethodOverride]

    def parameters(self) -> dict[str, Any]:
        """The statistics one by one."""
        return {**dataclasses.asdict(self.statistics), "centred": self.centred}

    def draw(self, key: Key[Array, ""], null: Float[Array, "N N"]) -> Float[Array, "N N"]:
        """Drawn anew for each key."""
        drawn = rj.motif_weights(
            key, len(null), self.statistics, centred=self.centred, resized=False
        )
        return rj.with_norm_of(drawn, null)


def require_starts(starts: Sequence[Start], size: int) -> None:
    """Refuse, with a ValueError, no starts, starts that do not fit, and labels that are the same.

    Args:
        starts: of one setting.
        size: the units that they are drawn for.
    """
    if not starts:
        raise ValueError("starts is empty; allowed are one or more.")
    for start in starts:
        start.check(size)
    labels = [start.label for start in starts]
    if len(set(labels)) < len(labels):
        raise ValueError(f"starts holds {labels}; allowed are labels that differ.")


def with_ranks(dataset: xr.Dataset, starts: Sequence[Start]) -> xr.Dataset:
    """The dataset with `rank` as a coordinate of its starts, where all are of chosen rank."""
    ranks = [start.rank for start in starts if isinstance(start, LowRank)]
    return dataset if len(ranks) < len(starts) else dataset.assign_coords(rank=("start", ranks))


def _digest(*arrays: np.ndarray) -> str:
    """Twelve hexadecimal digits that change with any number of the arrays."""
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(np.ascontiguousarray(array, np.float64).tobytes())
    return whole.hexdigest()[:12]
