"""In which regime a recurrent network starts: does its activity die, settle, grow or go chaotic?

- `lyapunov_exponents` (`_lyapunov.py`): how fast nearby activity parts along a network's own
  trajectory.
- `regime` (`_regime.py`): spectral radius, exponent and size of the activity, and a word for them.
"""

from ._lyapunov import lyapunov_exponents
from ._regime import REGIMES, Regime, regime

__all__ = ["REGIMES", "Regime", "lyapunov_exponents", "regime"]
