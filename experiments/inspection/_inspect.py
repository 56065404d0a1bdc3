"""A connectome in numbers, beside random matrices of its size."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Key
from scipy.sparse import csr_array
from scipy.special import stdtrit
from threadpoolctl import threadpool_limits

import richlazy_jax as rj
import theory
from richlazy_jax.spectra import Estimate, host_keys, whole_spectra

from ._cost import PROBES, STEPS, WHOLE, inspection_cost, require_affordable, shuffled_drawn
from ._random import (
    LEADING,
    MOTIFS,
    RANKS,
    Drawn,
    Told,
    gaussian_draws,
    large_ranks,
    shuffled_draws,
)

# Of fewer draws the outer quantiles are too near.
FEWEST_FOR_QUANTILES = 20


class Null(NamedTuple):
    """One number of a matrix, beside the same of random ones.

    - `value`: of the matrix.
    - `mean`, `low`, `high`: of the random ones, the mean and the range that holds 95 % of them.
      The mean is the exact one where that is known, and otherwise that of the draws. The range is
      that of quantiles, and of fewer than 20 draws that of Student for one more draw.
    - `error`: the standard error of the value, and 0 where it is no estimate.
    """

    value: float
    mean: float
    low: float
    high: float
    error: float = 0.0

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
    - `ranks`: effective ranks, beside Gaussian matrices and beside the same weights shuffled. Above
      500 nodes the exponential entropy is an estimate and the eigenvalue area is left out.
    - `ranks_without`: the ranks without the dominating nodes, beside Gaussian matrices of that
      size; empty where there are none.
    - `motifs`: connection probability and excess of motifs, the latter beside shuffled ones.
    - `expected_alignment`: what theory expects of a two-layer linear network with this spectrum,
      beside Gaussian ones.
    - `spectra`: for "measured", "Gaussian", "shuffled" (one draw each; the Gaussian one at the norm
      of the measured): singular values and eigenvalue magnitudes. Above 500 nodes, the leading
      singular values, and estimated singular values over the share of all that are larger.
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
    connectome: rj.Connectome,
    draws: int = 20,
    random_seed: int = 0,
    *,
    memory: float = 8.0,
    told: Told = lambda what, done, of: None,
) -> Inspection:
    """Set a connectome beside Gaussian matrices of its size, and beside its own weights shuffled.

    Nothing becomes dense above `WHOLE` nodes. `inspection_cost` says what it takes.

    Args:
        connectome: with at least 3 nodes and at most a million.
        draws: how many random matrices of each kind. Fewer shuffled ones are drawn, though at least
            6, where all of them would have more than 16 million connections.
        random_seed: all randomness follows from it.
        memory: in GiB; what would take more is refused.
        told: called with what is being done, how much of it is done, and how much there is.

    Raises:
        ValueError: an argument is not as described above.
    """
    if draws < 2:
        raise ValueError(f"draws is {draws}; allowed are whole numbers from 2.")
    w = connectome.sparse
    n = len(w.indptr) - 1
    if n < 3:
        raise ValueError(f"{connectome.source} has {n} nodes; allowed are at least 3.")
    require_affordable(connectome, inspection_cost(connectome, draws), memory)
    # Small decompositions on many threads wait for each other for longer than they compute.
    with threadpool_limits(1 if n <= WHOLE else None, user_api="blas"):
        return _inspected(connectome, draws, random_seed, told)


def _inspected(connectome: rj.Connectome, draws: int, random_seed: int, told: Told) -> Inspection:
    w = connectome.sparse
    n = len(w.indptr) - 1
    (own,) = host_keys(random_seed, 0, 1)
    told("the connectome", 0, 2)
    ranks, curves = _ranks(own, w)
    told("the connectome", 1, 2)
    dominating = rj.dominating_nodes(connectome)
    told("the connectome", 2, 2)
    norm = float(np.linalg.norm(w.data))
    gaussian = gaussian_draws(host_keys(random_seed, 1, draws), n, norm, told)
    few = draws if n <= WHOLE else shuffled_drawn(w.nnz, draws)
    shuffled = shuffled_draws(host_keys(random_seed, 2, few), w, told)
    beside = {"Gaussian": gaussian, "shuffled": shuffled}
    measured = rj.measured_motifs(w)
    weights, self_connections = np.abs(w.data), int(np.count_nonzero(w.diagonal()))
    hundredth = max(1, round(len(weights) / 100))
    return Inspection(
        source=connectome.source,
        nodes=n,
        connections=len(weights),
        density=(len(weights) - self_connections) / (n * (n - 1)),
        self_connections=self_connections,
        total=float(weights.sum()),
        largest=float(np.partition(weights, -hundredth)[-hundredth:].sum()),
        positive=float((w.data > 0).mean()),
        columns=_column_signs(w),
        receive_only=rj.receive_only(connectome),
        dominating=dominating,
        ranks={null: _null_ranks(ranks, drawn) for null, drawn in beside.items()},
        ranks_without=_without(connectome, dominating, random_seed, draws, told)
        if dominating
        else {},
        probability=float(measured.probability),
        motifs={
            name: _null(
                Estimate(float(getattr(measured, name)), 0.0),
                shuffled.numbers[name],
                shuffled.excess,
            )
            for name in MOTIFS
        },
        expected_alignment=_expected(ranks["participation_ratio"].value, gaussian, n),
        spectra={"measured": curves} | {name: drawn.spectra for name, drawn in beside.items()},
    )


def _ranks(key: Key[Array, ""], w: csr_array) -> tuple[dict[str, Estimate], dict[str, np.ndarray]]:
    """Effective ranks and curves of a connectome."""
    if len(w.indptr) - 1 > WHOLE:
        return large_ranks(key, w, PROBES, STEPS, LEADING, 1e-9)
    found = whole_spectra(w.toarray()[None])
    ranks = {kind: Estimate(float(found[kind][0]), 0.0) for kind in RANKS}
    return ranks, {name: found[name][0] for name in ("singular_value", "eigenvalue_magnitude")}


def _without(
    connectome: rj.Connectome,
    dominating: list[rj.Dominating],
    random_seed: int,
    draws: int,
    told: Told,
) -> dict[str, Null]:
    """The ranks without nodes that dominate, beside Gaussian matrices of that size."""
    rest = connectome.without(*(node.name for node in dominating)).sparse
    (own,) = host_keys(random_seed, 3, 1)
    ranks, _ = _ranks(own, rest)
    norm = float(np.linalg.norm(rest.data))
    keys = host_keys(random_seed, 4, draws)
    return _null_ranks(ranks, gaussian_draws(keys, len(rest.indptr) - 1, norm, told))


def _null_ranks(ranks: dict[str, Estimate], drawn: Drawn) -> dict[str, Null]:
    return {
        kind: _null(
            of,
            drawn.numbers[kind],
            _mean_ratio(drawn) if kind == "participation_ratio" else None,
        )
        for kind, of in ranks.items()
    }


def _null(of: Estimate, random: np.ndarray, mean: float | None = None) -> Null:
    """A number beside drawn ones, whose mean is known or theirs."""
    known = float(random.mean()) if mean is None else mean
    count = len(random)
    if count < FEWEST_FOR_QUANTILES:
        # The ends of so few would hold less than 95 % of others: Student's range of one more draw.
        half = stdtrit(count - 1, 0.975) * random.std(ddof=1) * np.sqrt(1 + 1 / count)
        low, high = random.mean() - half, random.mean() + half
    else:
        low, high = np.quantile(random, [0.025, 0.975])
    return Null(of.value, known, float(low), float(high), of.error)


def _mean_ratio(drawn: Drawn) -> float:
    """The mean participation ratio: 1 over the exact mean of its inverse, and a little more.

    How much more, which is small beside the spread, is what draws are needed for.
    """
    ratios = drawn.numbers["participation_ratio"]
    return float(1 / drawn.inverse_ratio + ratios.mean() - 1 / (1 / ratios).mean())


def _expected(ratio: float, gaussian: Drawn, n: int) -> Null:
    """What theory expects, which follows from the participation ratio alone."""
    ratios = np.append(gaussian.numbers["participation_ratio"], [_mean_ratio(gaussian), ratio])
    expected = np.asarray(
        theory.expected_kernel_alignment_from_ratio(np.clip(ratios, 1, n), d=n), float
    )
    # The root of the mean is the mean of the roots, but for less than the spread squared.
    *random, mean, value = expected
    return _null(Estimate(float(value), 0.0), np.array(random), float(mean))


def _column_signs(w: csr_array) -> dict[str, int]:
    n = len(w.indptr) - 1
    some_positive, some_negative = np.zeros((2, n), bool)
    some_positive[w.indices[w.data > 0]] = True
    some_negative[w.indices[w.data < 0]] = True
    return {
        "excitatory": int((some_positive & ~some_negative).sum()),
        "inhibitory": int((some_negative & ~some_positive).sum()),
        "mixed": int((some_positive & some_negative).sum()),
        "silent": int((~some_positive & ~some_negative).sum()),
    }
