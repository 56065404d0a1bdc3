"""How lazy learning was: measures that compare a network before and after it.

- `kernel_alignment`, `blocked_kernel_alignment` (`_kernel_alignment.py`).
- `sampled_kernel_alignment` (`_sampled_alignment.py`): on a random few of the examples, with its
  standard error; `pair_sums` and `alignment_of_pairs` are its two halves.
- `representation_alignment`, `sign_agreement` (`_activity.py`).
- `weight_change_norm` (`_weights.py`).
- `effective_ranks` (`_effective_ranks.py`).
- `kernel_target_alignment` (`_target_alignment.py`): how far a kernel points towards the targets.
- `readout_alignment` (`_readout.py`): whether activity or its change is aligned with the readout.

Lazier learning has a smaller weight change and larger alignments.
"""

from ._activity import representation_alignment, sign_agreement
from ._effective_ranks import EffectiveRanks, effective_ranks
from ._kernel_alignment import blocked_kernel_alignment, kernel_alignment
from ._readout import ReadoutAlignment, readout_alignment
from ._sampled_alignment import (
    PairSums,
    SampledAlignment,
    alignment_of_pairs,
    pair_sums,
    sampled_kernel_alignment,
)
from ._target_alignment import kernel_target_alignment
from ._weights import weight_change_norm

__all__ = [
    "EffectiveRanks",
    "PairSums",
    "ReadoutAlignment",
    "SampledAlignment",
    "alignment_of_pairs",
    "blocked_kernel_alignment",
    "effective_ranks",
    "kernel_alignment",
    "kernel_target_alignment",
    "pair_sums",
    "readout_alignment",
    "representation_alignment",
    "sampled_kernel_alignment",
    "sign_agreement",
    "weight_change_norm",
]
