"""What a network's kernel alignment will be, before it is trained.

- `fast_forward` (`_fast_forward.py`): the forecast for one network.
- `Forecast` (`_forecast.py`): what it gives, as a sentence, a table, or plain data.
- `descend`, `Descent` (`_descent.py`): gradient descent on fixed examples, with steps as long as
  the loss allows.
- `foretell` (`_foretold.py`): the rule itself as a pure function, and when it is refused.
- `_calibration.py`: how far forecasts were from outcomes; the table lies in `data`.
"""

from ._calibration import interval_of
from ._descent import Descent, descend
from ._fast_forward import fast_forward
from ._forecast import Forecast
from ._foretold import (
    Foretold,
    error_alignment,
    foretell,
    has_fallen,
    horizon_of,
    overshoots,
)

__all__ = [
    "Descent",
    "Forecast",
    "Foretold",
    "descend",
    "error_alignment",
    "fast_forward",
    "foretell",
    "has_fallen",
    "horizon_of",
    "interval_of",
    "overshoots",
]
