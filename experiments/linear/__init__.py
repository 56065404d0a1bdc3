"""Linear students of linear teachers beside theory, as cells of a sweep.

- `_setting.py`: what one experiment is, checked whole before it runs.
- `_run.py`: starts to trained networks to their kernel alignment, beside what theory expects.
"""

from ._run import LABELS, run_linear
from ._setting import LinearSetting

__all__ = ["LABELS", "LinearSetting", "run_linear"]
