"""Is my connectome rich or lazy? A user's own matrix beside random ones of its size.

- `_inspect.py`: size, signs, effective ranks, motifs and the prediction, as plain numbers.
- `_markdown.py`: the same in words.
- `_ladder.py`: how much of a low participation ratio each null explains.
- `_draw.py`: the spectra; apart, because matplotlib takes a second to import.
"""

from ._inspect import Inspection, Null, inspect_connectome
from ._ladder import Ladder, Rung, Share, ladder, ladder_lines, sentence
from ._markdown import markdown

__all__ = [
    "Inspection",
    "Ladder",
    "Null",
    "Rung",
    "Share",
    "inspect_connectome",
    "ladder",
    "ladder_lines",
    "markdown",
    "sentence",
]
