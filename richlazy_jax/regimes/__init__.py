"""In which regime a recurrent network starts: does its activity die, settle, grow or go chaotic?

- `lyapunov_exponents` (`_lyapunov.py`): how fast nearby activity parts along a network's own
  trajectory.
- `regime` (`_regime.py`): spectral radius, exponent and size of the activity, and a word for them.
- `matched_scale` (`_match.py`): the size at which weights start in the regime of others.
"""

from ._lyapunov import lyapunov_exponents
from ._match import MATCHED, matched_scale
from ._regime import REGIMES, Regime, regime

__all__ = ["MATCHED", "REGIMES", "Regime", "lyapunov_exponents", "matched_scale", "regime"]
