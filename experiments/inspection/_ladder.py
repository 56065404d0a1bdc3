"""How much of a low participation ratio each rung of the ladder of nulls explains."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from scipy import special

import richlazy_jax as rj
from richlazy_jax.spectra import host_generator, host_keys, participation_ratio

# What a rung asks for besides the weights.
ASKS_FOR = {"classes": "classes", "distances": "coordinates"}
# Rungs stand on the one before, and these on the one named here.
STANDS_ON = {"classes": "degrees", "distances": "degrees"}
# Up to so many nodes Gaussian matrices are drawn; of more, their ratio is known well enough.
DRAWN_GAUSSIAN = 1000
# Of all draws of a null together, which takes ten seconds to a minute.
CONNECTIONS_DRAWN = 1_000_000
# Of fewer draws the spread is not known well enough.
FEWEST_FOR_INTERVAL = 6
WORDS = {
    "gaussian": "size and norm (Gaussian)",
    "places": "density and weights",
    "bare_degrees": "degrees",
    "degrees": "degrees and out-strengths",
    "reciprocity": "degrees, out-strengths and reciprocity",
    "classes": "degrees within classes",
    "distances": "degrees at distances",
}


class Share(NamedTuple):
    """A share of the fall of the participation ratio, with the 95 % interval of its mean."""

    mean: float
    low: float
    high: float


class Rung(NamedTuple):
    """One null beside the measured connectome.

    - `null`: its name in `richlazy_jax.NULLS`.
    - `keeps`: what it keeps, in words.
    - `mean`, `low`, `high`: of the participation ratio of its draws, the mean and the range that
      holds 95 % of them.
    - `explains`: the share of the fall, in logarithms, from the Gaussian rung to the measured
      connectome that lies between this rung and the one that it stands on.
    - `left`: the share that lies between this rung and the measured connectome.
    """

    null: str
    keeps: str
    mean: float
    low: float
    high: float
    explains: Share
    left: Share


class Ladder(NamedTuple):
    """The participation ratio of a connectome, and every rung that its data allow."""

    measured: float
    draws: int
    rungs: tuple[Rung, ...]


def ladder(
    weights: sp.csr_array | np.ndarray,
    draws: int = 20,
    seed: int = 0,
    *,
    classes: Sequence[Any] | np.ndarray | None = None,
    coordinates: np.ndarray | None = None,
    on_draw: Callable[[int, int], None] = lambda done, of: None,
) -> Ladder:
    r"""Set the participation ratio of a connectome beside all nulls of `richlazy_jax.NULLS`.

    With the ratio $P$ of the connectome, $P_G$ of Gaussian matrices and $P_k$ of the draws of a
    rung, the rung leaves the share $\log(P_k / P) / \log(P_G / P)$ of the fall, and explains the
    difference to what the rung below it leaves. Means are over draws of these logarithms. Of more
    than 1,000 nodes, $P_G$ is $n^2 / (2 n + 1)$, with the standard deviation $P_G / n$ that it has
    in large matrices.

    Args:
        weights: of the connectome, sparse or dense; rows receive, columns send.
        draws: of each null; intervals of shares need at least 6.
        seed: all randomness follows from it.
        classes: a label for each node; without them there is no rung of classes.
        coordinates: of each node; without them there is no rung of distances.
        on_draw: called after each draw, with how many are done and of how many.

    Raises:
        ValueError: an argument is not as described above, or the weights are zero everywhere.
    """
    if draws < 2:
        raise ValueError(f"draws is {draws}; allowed are whole numbers from 2.")
    weights = sp.csr_array(weights, dtype=np.float64)
    nodes, measured = len(weights.indptr) - 1, participation_ratio(weights)
    if not measured:
        raise ValueError("weights is zero everywhere; allowed is at least one number other than 0.")
    given = {"classes": classes, "coordinates": coordinates}
    wanted = [n for n in rj.NULLS if n not in ASKS_FOR or given[ASKS_FOR[n]] is not None]
    total = draws * len(wanted)
    ratios: dict[str, np.ndarray] = {}
    for number, null in enumerate(rj.NULLS):
        if null not in wanted or null in ratios:
            continue
        more = {ASKS_FOR[null]: given[ASKS_FOR[null]]} if null in ASKS_FOR else {}
        if null == "gaussian" and nodes > DRAWN_GAUSSIAN:
            ratios[null] = _gaussian_ratios(nodes, draws)
            on_draw(draws, total)
            continue
        # Gaussian matrices are dense, and are drawn as such.
        given_weights: Any = weights.toarray() if null == "gaussian" else weights
        found = []
        if null == "bare_degrees":
            # One set of swaps is a draw of both nulls of degrees, whose pairs are then compared.
            both = []
            keys = zip(
                host_keys(seed, number, draws), host_keys(seed, number + 1, draws), strict=True
            )
            for for_weights, for_swaps in keys:
                drawn = rj.null_weights(for_swaps, weights, "degrees")
                bare = weights_anywhere(host_generator(for_weights), drawn)
                both.append([participation_ratio(bare), participation_ratio(drawn)])
                on_draw(len(ratios) * draws + 2 * len(both), total)
            ratios["bare_degrees"], ratios["degrees"] = np.transpose(both)
            continue
        for each in host_keys(seed, number, draws):
            found.append(participation_ratio(rj.null_weights(each, given_weights, null, **more)))
            on_draw(len(ratios) * draws + len(found), total)
        ratios[null] = np.array(found)
    return Ladder(measured, draws, tuple(_rungs(measured, ratios)))


def weights_anywhere(rng: np.random.Generator, drawn: sp.csr_array) -> sp.csr_array:
    """The same connections with their weights in random order; the diagonal stays as it is."""
    data = drawn.data.copy()
    between = np.flatnonzero(
        np.repeat(np.arange(len(drawn.indptr) - 1), np.diff(drawn.indptr)) != drawn.indices
    )
    data[between] = rng.permutation(data[between])
    return sp.csr_array((data, drawn.indices, drawn.indptr), drawn.shape)


def affordable_draws(connections: int, draws: int) -> int:
    """How many draws of each null a command makes, so that it takes minutes in whole brains.

    Args:
        connections: of the connectome.
        draws: as many at most.
    """
    return min(draws, max(2, CONNECTIONS_DRAWN // max(1, connections)))


def _rungs(measured: float, ratios: dict[str, np.ndarray]) -> list[Rung]:
    fall = float(np.log(ratios["gaussian"]).mean()) - math.log(measured)
    rungs, below = [], "gaussian"
    for null, found in ratios.items():
        # Draws of two rungs share their swaps or nothing, so that pairs have the right spread.
        step = np.log(ratios[STANDS_ON.get(null, below)]) - np.log(found)
        low, high = np.quantile(found, [0.025, 0.975])
        rungs.append(
            Rung(
                null,
                rj.NULLS[null],
                float(found.mean()),
                float(low),
                float(high),
                _share(step, fall),
                _share(np.log(found) - math.log(measured), fall),
            )
        )
        below = null
    return rungs


def _share(logs: np.ndarray, fall: float) -> Share:
    if not fall:
        # Where nothing falls there are no shares of it.
        return Share(*[math.nan] * 3)
    mean, count = float(logs.mean()) / fall, len(logs)
    if count < FEWEST_FOR_INTERVAL:
        return Share(mean, math.nan, math.nan)
    # Student's, as logarithms of ratios are near normal.
    half = special.stdtrit(count - 1, 0.975) * float(logs.std(ddof=1)) / math.sqrt(count)
    return Share(mean, mean - half / abs(fall), mean + half / abs(fall))


def _gaussian_ratios(n: int, draws: int) -> np.ndarray:
    """As many as there are draws of other nulls, as evenly spread as their distribution has it."""
    centre = n**2 / (2 * n + 1)
    return centre * np.exp(special.ndtri((np.arange(draws) + 0.5) / draws) / n)


def ladder_lines(found: Ladder) -> list[str]:
    """The ladder as a table, and what it says in a sentence, in Markdown."""
    lines = [
        f"Participation ratio: {found.measured:.1f} as measured, beside {found.draws} draws of "
        "each null. Explained and left are shares of the fall, in logarithms, from Gaussian "
        "weights to the measured ones, with 95 % intervals of the mean:",
        "",
        "| null, keeping | mean, 95 % of draws | explains | leaves |",
        "| --- | --: | --: | --: |",
    ]
    falls = _falls(found)
    for rung in found.rungs:
        blank = rung.null == "gaussian" or not falls
        lines.append(
            f"| {WORDS[rung.null]} | {rung.mean:.1f} ({rung.low:.1f} to {rung.high:.1f}) | "
            f"{'' if blank else _percent(rung.explains)} | "
            f"{'' if blank else _percent(rung.left)} |"
        )
    return [*lines, "", sentence(found)]


def sentence(found: Ladder) -> str:
    """What degrees and out-strengths explain, and what is left."""
    by_name = {rung.null: rung for rung in found.rungs}
    gaussian, degrees = by_name["gaussian"], by_name["degrees"]
    if not _falls(found):
        return (
            f"The participation ratio, {found.measured:.1f}, does not lie below that of Gaussian "
            f"weights, {gaussian.mean:.1f}: there is no fall to explain."
        )
    left = degrees.left
    explained = Share(1 - left.mean, 1 - left.high, 1 - left.low)
    text = f"Degrees and out-strengths explain {_percent(explained)} of the fall; "
    if degrees.low <= found.measured <= degrees.high:
        return f"{text}by the draws of that null, nothing is clearly left for what wires whom."
    if found.measured > degrees.high:
        return f"{text}by themselves they would make the ratio lower than it is."
    return f"{text}{100 * left.mean:.0f} % is left for what wires whom."


def _falls(found: Ladder) -> bool:
    """Whether the measured ratio lies clearly below that of Gaussian weights."""
    (gaussian,) = (rung for rung in found.rungs if rung.null == "gaussian")
    return found.measured < gaussian.low


def _percent(share: Share) -> str:
    if not math.isfinite(share.mean):
        return "–"
    if not math.isfinite(share.low):
        return f"{100 * share.mean:.0f} %"
    return f"{100 * share.mean:.0f} % ({100 * share.low:.0f} to {100 * share.high:.0f} %)"
