"""Two-layer linear networks of one rank, scale, readout and alignment with the task.

- `_setting.py`: the place of a start, and what one experiment is.
- `_simulate.py`: networks drawn, trained until they have learned, measured.
"""

from ._setting import Cell, MapCell
from ._simulate import simulate

__all__ = ["Cell", "MapCell", "simulate"]
