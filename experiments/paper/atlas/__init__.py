"""The atlas: many starts on three tasks, from lazy to rich, with what might explain their order.

- `specs/starts.yaml`: the starts. `_grids.py`: what is run of them, with units of each kind.
- `_rows.py`: what came out, a row for each start, task and kind of unit, and these as CSV.
- `_table.py`: the same in Markdown.
- `_hypotheses.py`: what it says of each first look, by the plan. `_regimes.py`: of rank beside the
  regime. `_verdicts.py`: both in Markdown.
- `draw.py`: the same as a figure; apart, because matplotlib takes a second to import.
"""

from ._grids import UNITS, atlas_grids
from ._hypotheses import NEEDED, judged, lacking
from ._regimes import Partial, beside_regime
from ._rows import Row, as_csv, rows_of
from ._table import atlas_sentences, atlas_table
from ._verdicts import verdict_table

__all__ = [
    "NEEDED",
    "UNITS",
    "Partial",
    "Row",
    "as_csv",
    "atlas_grids",
    "atlas_sentences",
    "atlas_table",
    "beside_regime",
    "judged",
    "lacking",
    "rows_of",
    "verdict_table",
]
