"""How lazily a network learned, from its parameters before and after: any network, in one call.

- `laziness` (`_measure.py`): all measures of one network.
- `Laziness` (`_record.py`): what it gives, as a sentence, a table, or plain data.
- `_rows.py`: which outputs count, how much, and what they should have been.
- `_targets.py`: the alignment of a kernel with the targets.
- `_changes.py`: how weights and activity changed.
"""

from ._changes import ActivityChange, Change, ParameterChange
from ._measure import laziness
from ._record import Laziness

__all__ = ["ActivityChange", "Change", "Laziness", "ParameterChange", "laziness"]
