"""Linear networks beside theory.

- `_setting.py`: what one experiment is, checked whole before it runs.
- `_run.py`: starts to trained networks to their kernel alignment, beside what theory expects.
- `_networks.py`: many linear networks drawn, trained and measured in one compiled program.
"""

from ._networks import (
    LEARNED,
    N_HIDDEN,
    N_INPUTS,
    ROUNDING,
    SIGMA,
    STANDARD_ERRORS,
    STEPS,
    Learned,
    Problem,
    extrapolated,
    learn_many,
    readout_of_norm,
    white_inputs,
    white_problem,
)
from ._run import LABELS, run_linear
from ._setting import LinearSetting

__all__ = [
    "LABELS",
    "LEARNED",
    "N_HIDDEN",
    "N_INPUTS",
    "ROUNDING",
    "SIGMA",
    "STANDARD_ERRORS",
    "STEPS",
    "Learned",
    "LinearSetting",
    "Problem",
    "extrapolated",
    "learn_many",
    "readout_of_norm",
    "run_linear",
    "white_inputs",
    "white_problem",
]
