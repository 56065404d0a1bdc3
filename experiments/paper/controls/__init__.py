"""Controls: does higher rank still learn more lazily when one thing is changed?

The specs are sweeps of 2AF from starts of rank 1, 10 and the null, which counts as full rank; each
is also a file for `richlazy sweep`. Controls share one study, so that cells of the same setting,
such as the paper's, are computed once.

- `specs/CONTROL/VARIANT.yaml`: what is run.
- `_catalogue.py`: the controls, each with a line and its variants.
- `_size.py`: their specs at the size that is asked for.
- `_collect.py`: what is finished of a study, by variant, with the rank of each start.
- `_verdicts.py`: what each variant says, by the rule of `experiments.findings`, and all together.
- `_table.py`, `draw.py`: what is shown of them.
"""

from ._catalogue import CONTROLS, SPECS, THROUGH, Control
from ._collect import control_datasets, through_dataset
from ._size import updates_of, variant_grids, variant_notes
from ._table import table
from ._verdicts import overall_verdict, variant_findings

__all__ = [
    "CONTROLS",
    "SPECS",
    "THROUGH",
    "Control",
    "control_datasets",
    "overall_verdict",
    "table",
    "through_dataset",
    "updates_of",
    "variant_findings",
    "variant_grids",
    "variant_notes",
]
