"""Structured starts: initial weights by their spectrum and their direction.

- `haar_orthonormal`, `weights_with_spectrum`, `equal_singular_values` (`_spectrum.py`).
- `low_rank`, `with_singular_values`, `power_law_spectrum`, `spectrum_of_participation_ratio`
  (`_low_rank.py`): given weights made low-rank or given another spectrum.
- `low_rank_step`, `without_leak` (`_low_rank_step.py`): weights of leaky units whose whole step has
  a low rank, or is without what the leak adds.
- `aligned_weights` (`_aligned.py`): low rank, pointing along a task.
- `gaussian_weights`, `with_norm_of` (`_gaussian.py`): recurrent weights without structure, and
  other weights brought to their norm. Those below are brought to it unless told not to.
- `with_spectral_radius_of` (`_spectral_radius.py`): the same for the spectral radius.
- `orthogonal_weights` (`_orthogonal.py`): all singular values equal.
- `identity_weights` (`_identity.py`): the identity with noise; `feed_forward_weights`
  (`_feed_forward.py`): each unit passes on to those after it.
- `symmetric_weights` (`_symmetric.py`): the two weights between a pair of units correlate.
- `low_rank_plus_noise_weights` (`_low_rank_plus_noise.py`), `mean_shifted_weights`
  (`_mean_shifted.py`): outlier eigenvalues of chosen place.
- `sparse_weights` (`_sparse.py`), `modular_weights` (`_modular.py`), `small_world_weights`
  (`_small_world.py`): random graphs with Gaussian weights.
- `dale_weights` (`_dale.py`): excitatory and inhibitory units in balance.
- `balanced_columns` (`_balanced_columns.py`): the same for measured weights without signs.
- `CellTypes`, `read_cell_types`, `potjans_diesmann` (`_cell_type_table.py`): tables of who connects
  to whom; `cell_type_weights`, `cell_type_counts` (`_cell_types.py`): weights drawn from them.
- `MotifStatistics`, `measured_motifs` (`_motif_statistics.py`): how often two connections occur
  together; `sonet_adjacency`, `motif_weights` (`_motifs.py`): networks drawn to have it so.
"""

from ._aligned import aligned_weights
from ._balanced_columns import balanced_columns
from ._cell_type_table import CellTypes, potjans_diesmann, read_cell_types
from ._cell_types import cell_type_counts, cell_type_weights
from ._dale import dale_weights
from ._feed_forward import feed_forward_weights
from ._gaussian import gaussian_weights, with_norm_of
from ._identity import identity_weights
from ._low_rank import (
    low_rank,
    power_law_spectrum,
    spectrum_of_participation_ratio,
    with_singular_values,
)
from ._low_rank_plus_noise import low_rank_plus_noise_weights
from ._low_rank_step import low_rank_step, without_leak
from ._mean_shifted import mean_shifted_weights
from ._modular import modular_weights
from ._motif_statistics import MeasuredMotifs, MotifStatistics, measured_motifs
from ._motifs import motif_weights, sonet_adjacency
from ._orthogonal import orthogonal_weights
from ._small_world import small_world_weights
from ._sparse import sparse_weights
from ._spectral_radius import with_spectral_radius_of
from ._spectrum import equal_singular_values, haar_orthonormal, weights_with_spectrum
from ._symmetric import symmetric_weights

__all__ = [
    "CellTypes",
    "MeasuredMotifs",
    "MotifStatistics",
    "aligned_weights",
    "balanced_columns",
    "cell_type_counts",
    "cell_type_weights",
    "dale_weights",
    "equal_singular_values",
    "feed_forward_weights",
    "gaussian_weights",
    "haar_orthonormal",
    "identity_weights",
    "low_rank",
    "low_rank_plus_noise_weights",
    "low_rank_step",
    "mean_shifted_weights",
    "measured_motifs",
    "modular_weights",
    "motif_weights",
    "orthogonal_weights",
    "potjans_diesmann",
    "power_law_spectrum",
    "read_cell_types",
    "small_world_weights",
    "sonet_adjacency",
    "sparse_weights",
    "spectrum_of_participation_ratio",
    "symmetric_weights",
    "weights_with_spectrum",
    "with_norm_of",
    "with_singular_values",
    "with_spectral_radius_of",
    "without_leak",
]
