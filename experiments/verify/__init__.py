"""Each statement of the theory beside what trained networks do.

- `_row.py`: one statement, predicted and measured, and when it holds.
- `_learning.py`: many networks drawn, trained and measured in one compiled program.
- `_curves.py`: networks measured many times while they learn.
- `_lazy_limit.py`: how networks of large weights approach the lazy limit.
- `_kernel.py`, `_lemma1.py`, `_theorem1.py`, `_proposition1.py`, `_partial.py`, `_other_data.py`,
  `_trajectories.py`: the statements, a file for each kind.
- `draw_trajectories.py`: the figure of what is followed over time.
- `_run.py`: all of them in order.
- `_record.py`: rows as JSON.
"""

from ..kinds.linear import N_INPUTS, SIGMA
from ._record import markdown, record, write_json
from ._row import Row
from ._run import CHECKS, verify

__all__ = ["CHECKS", "N_INPUTS", "SIGMA", "Row", "markdown", "record", "verify", "write_json"]
