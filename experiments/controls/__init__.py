"""Controls: does higher rank still learn more lazily when one thing is changed?

The specs are sweeps of 2AF from starts of rank 1, 10 and the null, which counts as full rank; each
is also a file for `richlazy sweep`.

- `specs/CONTROL/VARIANT.yaml`: what is run.
- `_catalogue.py`: the controls, each with a line and its variants.
- `_size.py`: their specs at the size that is asked for.
- `_run.py`: cells run and kept in one study for each variant, and read again.
- `_through.py`: networks measured at updates on their way through training.
- `_collect.py`: the cells of a variant side by side, with the rank of each.
- `_verdicts.py`: what each variant says, by the rule of `experiments.findings`, and all together.
- `_table.py`, `_draw.py`: what is shown of them.
"""

from ._catalogue import CONTROLS, SPECS, THROUGH, Control
from ._run import control_datasets, run_control, through_dataset
from ._size import variant_notes, variant_specs
from ._table import table
from ._through import train_through, updates_of
from ._verdicts import overall_verdict, variant_findings

__all__ = [
    "CONTROLS",
    "SPECS",
    "THROUGH",
    "Control",
    "control_datasets",
    "overall_verdict",
    "run_control",
    "table",
    "through_dataset",
    "train_through",
    "updates_of",
    "variant_findings",
    "variant_notes",
    "variant_specs",
]
