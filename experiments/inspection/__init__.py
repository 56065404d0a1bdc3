"""Is my connectome rich or lazy? A user's own matrix beside random ones of its size.

- `_inspect.py`: size, signs, effective ranks, motifs and the prediction, as plain numbers.
- `_random.py`: the random matrices that it is set beside.
- `_cost.py`: what it takes in time and memory.
- `_markdown.py`: the same in words.
- `_ladder.py`: how much of a low participation ratio each null explains.
- `training.py`: whether networks that start from it learn as predicted; by its own name, because it
  imports what training needs.
- `draw.py`: the spectra; apart, because matplotlib takes a second to import.
"""

from ._cost import LARGEST_TRAINED, WHOLE, Cost, inspection_cost, ladder_seconds
from ._inspect import Inspection, Null, inspect_connectome
from ._ladder import Ladder, Rung, Share, affordable_draws, ladder, ladder_lines, sentence
from ._markdown import markdown

__all__ = [
    "LARGEST_TRAINED",
    "WHOLE",
    "Cost",
    "Inspection",
    "Ladder",
    "Null",
    "Rung",
    "Share",
    "affordable_draws",
    "inspect_connectome",
    "inspection_cost",
    "ladder",
    "ladder_lines",
    "ladder_seconds",
    "markdown",
    "sentence",
]
