"""A connectome in numbers, beside random matrices of its size."""

import math
from typing import NamedTuple

import jax
import numpy as np

import richlazy_jax as rj
import theory

from ..kinds.recurrent import RANKS, spectra

MOTIFS = ("chain", "convergent", "divergent", "reciprocal")


class Null(NamedTuple):
    """One number of a matrix, beside the same of random ones.

    - `value`: of the matrix.
    - `mean`, `low`, `high`: of the random ones, the mean and the range that holds 95 % of them.
    """

    value: float
    mean: float
    low: float
    high: float

    @property
    def side(self) -> str:
        """Whether the value is "below", "within" or "above" the range."""
        return "below" if self.value < self.low else "above" if self.value > self.high else "within"


class Inspection(NamedTuple):
    """What `inspect_connectome` finds.

    - `source`, `nodes`, `connections`, `density`, `self_connections`: density is connections over
      the n (n - 1) places between different nodes.
    - `total`, `largest`: sums of absolute weights: of all, and of the largest hundredth of the
      connections.
    - `positive`: the share of connections with positive weights.
    - `columns`: how many columns are "excitatory", "inhibitory", "mixed" or "silent".
    - `receive_only`: nodes that never send.
    - `dominating`: nodes that make the spectrum by themselves.
    - `ranks`: effective ranks, beside Gaussian matrices and beside the same weights shuffled.
    - `ranks_without`: the ranks without the dominating nodes, beside Gaussian matrices of that
      size; empty where there are none.
    - `wiring_share`: how much of the fall of the participation ratio, in logarithms, from Gaussian
      to shuffled to measured is between the last two.
    - `motifs`: connection probability and excess of motifs, the latter beside shuffled ones.
    - `expected_alignment`: what theory expects of a two-layer linear network with this spectrum,
      beside Gaussian ones.
    - `spectra`: for "measured", "Gaussian", "shuffled" (one draw each): singular values and
      eigenvalue magnitudes.
    """

    source: str
    nodes: int
    connections: int
    density: float
    self_connections: int
    total: float
    largest: float
    positive: float
    columns: dict[str, int]
    receive_only: tuple[str, ...]
    dominating: list[rj.Dominating]
    ranks: dict[str, dict[str, Null]]
    ranks_without: dict[str, Null]
    wiring_share: float
    probability: float
    motifs: dict[str, Null]
    expected_alignment: Null
    spectra: dict[str, dict[str, np.ndarray]]

    @property
    def prediction(self) -> str:
        """ "richer than" the Gaussian null, "lazier than" it, or "no different from" it."""
        return {"below": "richer than", "above": "lazier than", "within": "no different from"}[
            self.expected_alignment.side
        ]


def inspect_connectome(
    connectome: rj.Connectome, draws: int = 20, random_seed: int = 0
) -> Inspection:
    """Set a connectome beside Gaussian matrices of its size, and beside its own weights shuffled.

    Args:
        connectome: with at least 3 nodes.
        draws: how many random matrices of each kind.
        random_seed: all randomness follows from it.

    Raises:
        ValueError: an argument is not as described above.
    """
    if draws < 2:
        raise ValueError(f"draws is {draws}; allowed are whole numbers from 2.")
    w = connectome.weights
    n = len(w)
    if n < 3:
        raise ValueError(f"{connectome.source} has {n} nodes; allowed are at least 3.")
    keys = jax.random.split(jax.random.key(random_seed), 2)
    gaussian = _gaussian(keys[0], n, draws)
    diagonal = bool(np.diag(w).any())
    shuffled = np.stack(
        [rj.shuffled_weights(k, w, diagonal) for k in jax.random.split(keys[1], draws)]
    )
    of = spectra(w[None])
    beside = {"Gaussian": spectra(gaussian), "shuffled": spectra(shuffled)}
    ranks = {
        null: {kind: _null(of[kind][0], random[kind]) for kind in RANKS}
        for null, random in beside.items()
    }
    dominating = rj.dominating_nodes(connectome)
    without: dict[str, Null] = {}
    if dominating:
        rest = connectome.without(*(node.name for node in dominating)).weights
        of_rest = spectra(rest[None])
        random = spectra(_gaussian(keys[0], len(rest), draws))
        without = {kind: _null(of_rest[kind][0], random[kind]) for kind in RANKS}
    measured = rj.measured_motifs(np.asarray(w != 0, float))
    by_chance = [rj.measured_motifs(np.asarray(each != 0, float)) for each in shuffled]
    weights = np.abs(w[w != 0])
    return Inspection(
        source=connectome.source,
        nodes=n,
        connections=len(weights),
        density=float((len(weights) - (np.diag(w) != 0).sum()) / (n * (n - 1))),
        self_connections=int((np.diag(w) != 0).sum()),
        total=float(weights.sum()),
        largest=float(np.sort(weights)[-max(1, round(len(weights) / 100)) :].sum()),
        positive=float((w[w != 0] > 0).mean()),
        columns=_column_signs(w),
        receive_only=rj.receive_only(connectome),
        dominating=dominating,
        ranks=ranks,
        ranks_without=without,
        wiring_share=_wiring_share(*(ranks[k]["participation_ratio"] for k in beside)),
        probability=float(measured.probability),
        motifs={
            name: _null(
                float(getattr(measured, name)),
                np.array([float(getattr(each, name)) for each in by_chance]),
            )
            for name in MOTIFS
        },
        expected_alignment=_null(
            _expected(of["singular_value"][0], n),
            np.array([_expected(s, n) for s in beside["Gaussian"]["singular_value"]]),
        ),
        spectra={
            name: {
                which: np.asarray(each[which][0])
                for which in ("singular_value", "eigenvalue_magnitude")
            }
            for name, each in {"measured": of, **beside}.items()
        },
    )


def _gaussian(key: jax.Array, size: int, draws: int) -> np.ndarray:
    return np.stack([rj.gaussian_weights(k, size) for k in jax.random.split(key, draws)])


def _null(value: float, random: np.ndarray) -> Null:
    low, high = np.quantile(random, [0.025, 0.975])
    return Null(float(value), float(random.mean()), float(low), float(high))


def _expected(singular_values: np.ndarray, d: int) -> float:
    return float(theory.expected_kernel_alignment(singular_values, d=d))


def _wiring_share(gaussian: Null, shuffled: Null) -> float:
    whole = math.log(gaussian.mean / gaussian.value)
    return math.log(shuffled.mean / shuffled.value) / whole if whole else float("nan")


def _column_signs(w: np.ndarray) -> dict[str, int]:
    some_positive, some_negative = (w > 0).any(axis=0), (w < 0).any(axis=0)
    return {
        "excitatory": int((some_positive & ~some_negative).sum()),
        "inhibitory": int((some_negative & ~some_positive).sum()),
        "mixed": int((some_positive & some_negative).sum()),
        "silent": int((~some_positive & ~some_negative).sum()),
    }
