r"""Spectra of sparse matrices of any size, on the host, in NumPy and float64.

A whole-brain graph has too many nodes for a dense matrix. What its effective ranks need comes from
products with the sparse one, exactly where that is possible and otherwise as an `Estimate` with its
error.

- `power_sums`, `PowerSums`, `participation_ratio` (`_power_sums.py`): sums of $s^2$ and $s^4$,
  exact.
- `leading_singular_triplets`, `LeadingTriplets` (`_leading.py`): the largest, with residuals.
- `spectral_quadrature`, `spectral_estimate`, `singular_value_quantiles` (`_quadrature.py`): sums
  over all singular values, and their curve, by stochastic Lanczos quadrature.
- `spectral_ranks`, `ranks_of_quadrature`, `SpectralRanks` (`_ranks.py`): effective ranks.
- `gaussian_inverse_ratio`, `gaussian_entropy`, `gaussian_bidiagonal`, `shuffled_power_sums`,
  `shuffled_motif_excess` (`_expected.py`): what random matrices have, without drawing any.
- `host_keys`, `host_generator`: random keys and NumPy's random numbers, without compiling.
- `whole_spectra` (`_whole.py`): everything of dense matrices that are small enough.
"""

from .._host import host_generator, host_keys
from ._expected import (
    Bidiagonal,
    gaussian_bidiagonal,
    gaussian_entropy,
    gaussian_inverse_ratio,
    shuffled_motif_excess,
    shuffled_power_sums,
)
from ._leading import LeadingTriplets, leading_singular_triplets
from ._power_sums import PowerSums, participation_ratio, power_sums, product_multiplications
from ._quadrature import (
    Estimate,
    SpectralQuadrature,
    singular_value_quantiles,
    spectral_estimate,
    spectral_quadrature,
)
from ._ranks import SpectralRanks, ranks_of_quadrature, spectral_ranks
from ._whole import exponential_entropy, whole_spectra

__all__ = [
    "Bidiagonal",
    "Estimate",
    "LeadingTriplets",
    "PowerSums",
    "SpectralQuadrature",
    "SpectralRanks",
    "exponential_entropy",
    "gaussian_bidiagonal",
    "gaussian_entropy",
    "gaussian_inverse_ratio",
    "host_generator",
    "host_keys",
    "leading_singular_triplets",
    "participation_ratio",
    "power_sums",
    "product_multiplications",
    "ranks_of_quadrature",
    "shuffled_motif_excess",
    "shuffled_power_sums",
    "singular_value_quantiles",
    "spectral_estimate",
    "spectral_quadrature",
    "spectral_ranks",
    "whole_spectra",
]
