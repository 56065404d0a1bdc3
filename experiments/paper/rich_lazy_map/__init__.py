"""The rich-lazy map: where a start learns richly or lazily, and where a formula says so.

Kernel alignment of two-layer linear networks over the effective rank of the first layer, the scale
of the start, the norm of its readout, and its alignment with the task.

- `_parts.py`: the three parts of the map, each a grid.
- `_predict.py`: the small-scale formula for a cell, and a form for any scale.
- `_compare.py`: simulated beside predicted, and where the formula may be trusted.
- `_table.py`: the map in Markdown.
- `draw.py`: the map as a figure; apart, because matplotlib takes a second to import.
"""

from ._compare import compared, formula_limit, part_of, trusted_up_to
from ._parts import map_parts
from ._predict import any_scale_alignment, small_scale_alignment
from ._table import map_table, verdict

__all__ = [
    "any_scale_alignment",
    "compared",
    "formula_limit",
    "map_parts",
    "map_table",
    "part_of",
    "small_scale_alignment",
    "trusted_up_to",
    "verdict",
]
