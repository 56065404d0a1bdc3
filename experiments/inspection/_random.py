"""Random matrices that a connectome is set beside, and what is known of them without drawing.

Small ones are drawn and looked at whole. Of large ones, Gaussian matrices are drawn as bidiagonal
ones with the same singular values, and shuffled ones stay sparse.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Key
from scipy.sparse import csr_array

import richlazy_jax as rj
from richlazy_jax.spectra import (
    Estimate,
    exponential_entropy,
    gaussian_bidiagonal,
    gaussian_entropy,
    gaussian_inverse_ratio,
    host_generator,
    leading_singular_triplets,
    ranks_of_quadrature,
    shuffled_motif_excess,
    shuffled_power_sums,
    singular_value_quantiles,
    spectral_quadrature,
    whole_spectra,
)

from ._cost import PROBES_OF_DRAWS, STEPS_OF_DRAWS, WHOLE

RANKS = ("participation_ratio", "exponential_entropy", "stable_rank", "eigenvalue_area")
MOTIFS = ("chain", "convergent", "divergent", "reciprocal")
# Of large matrices.
LEADING = 10
# Sums over the spectrum of Gaussian matrices vary by as much at any size, so that this many rows
# show how much.
_ENTROPY_ROWS = 2000

Told = Callable[[str, int, int], None]


class Drawn(NamedTuple):
    """What draws of one kind have, and the means that are known of it.

    - `numbers`: by name, one for each draw.
    - `inverse_ratio`: the exact mean of 1 over the participation ratio.
    - `excess`: the mean excess of every motif; None where motifs are not looked at.
    - `spectra`: of the first draw, as `Inspection` has them.
    """

    numbers: dict[str, np.ndarray]
    inverse_ratio: float
    excess: float | None
    spectra: dict[str, np.ndarray]


def gaussian_draws(keys: Sequence[Key[Array, ""]], n: int, norm: float, told: Told) -> Drawn:
    """Gaussian matrices of n nodes. Spectra are brought to a Frobenius norm; ranks have none."""
    found: dict[str, list[float]] = {kind: [] for kind in RANKS}
    spectra: dict[str, np.ndarray] = {}
    for i, one in enumerate(keys):
        if n <= WHOLE:
            # Not by JAX, which would compile for longer than all draws take.
            of = whole_spectra(host_generator(one).standard_normal((1, n, n)))
            numbers = {kind: of[kind][0] for kind in RANKS}
            spectra = spectra or _whole_curves(of, norm)
        else:
            drawn = gaussian_bidiagonal(one, n)
            sums = drawn.power_sums
            rows = min(n, _ENTROPY_ROWS)
            smaller = drawn if rows == n else gaussian_bidiagonal(jax.random.fold_in(one, 1), rows)
            values = smaller.singular_values()
            leading = drawn.singular_values(LEADING)
            entropy = float(exponential_entropy(values))
            numbers = {
                "participation_ratio": sums.participation_ratio,
                "exponential_entropy": entropy + gaussian_entropy(n) - gaussian_entropy(rows),
                "stable_rank": sums.first / leading[0] ** 2,
            }
            spectra = spectra or {
                "leading_singular_value": leading * norm / np.sqrt(sums.first),
                "share": (np.arange(rows) + 0.5) / rows,
                "singular_value": values * (norm / np.sqrt(sums.first) * np.sqrt(n / rows)),
            }
        for kind, number in numbers.items():
            found[kind].append(float(number))
        told("Gaussian matrices", i + 1, len(keys))
    return Drawn(_arrays(found), gaussian_inverse_ratio(n), None, spectra)


def shuffled_draws(keys: Sequence[Key[Array, ""]], w: csr_array, told: Told) -> Drawn:
    """The same weights at random places, on the diagonal too if some are there."""
    n, diagonal = len(w.indptr) - 1, bool(w.diagonal().any())
    found: dict[str, list[float]] = {kind: [] for kind in (*RANKS, *MOTIFS)}
    spectra: dict[str, np.ndarray] = {}
    for i, one in enumerate(keys):
        shuffled = rj.shuffled_weights(one, w, diagonal)
        if n <= WHOLE:
            of = whole_spectra(shuffled.toarray()[None])
            numbers = {kind: of[kind][0] for kind in RANKS}
            spectra = spectra or _whole_curves(of)
        else:
            numbers, curves = large_ranks(
                one, shuffled, PROBES_OF_DRAWS, STEPS_OF_DRAWS, LEADING if i == 0 else 1, 1e-4
            )
            numbers = {kind: estimate.value for kind, estimate in numbers.items()}
            spectra = spectra or curves
        motifs = rj.measured_motifs(shuffled)
        numbers |= {name: getattr(motifs, name) for name in MOTIFS}
        for kind, number in numbers.items():
            found[kind].append(float(number))
        told("shuffled matrices", i + 1, len(keys))
    sums = shuffled_power_sums(w, diagonal)
    # Connections that the diagonal is expected to take are none between different nodes.
    between = w.nnz * ((n - 1) / n if diagonal else 1.0)
    excess = shuffled_motif_excess(max(between, 1.0), n * (n - 1))
    return Drawn(_arrays(found), sums.second / sums.first**2, excess, spectra)


def large_ranks(
    key: Key[Array, ""], w: csr_array, probes: int, steps: int, leading: int, tolerance: float
) -> tuple[dict[str, Estimate], dict[str, np.ndarray]]:
    """Effective ranks of a large matrix as estimates, and its curves."""
    quadrature = spectral_quadrature(key, w, probes, steps)
    triplets = leading_singular_triplets(w, leading, tolerance)
    share, values = singular_value_quantiles(quadrature)
    curves = {
        "leading_singular_value": triplets.values,
        "share": share,
        "singular_value": values,
    }
    return ranks_of_quadrature(quadrature, triplets)._asdict(), curves


def _whole_curves(of: dict[str, np.ndarray], norm: float | None = None) -> dict[str, np.ndarray]:
    scale = 1.0 if norm is None else norm / of["norm"][0]
    return {name: of[name][0] * scale for name in ("singular_value", "eigenvalue_magnitude")}


def _arrays(found: dict[str, list[float]]) -> dict[str, np.ndarray]:
    return {name: np.array(numbers) for name, numbers in found.items() if numbers}
