"""Where rank did not order kernel alignment, and whether it still does at equal regime.

    richlazy sweep experiments/exceptions/specs/confirmation.yaml --out STUDY
    python -m experiments.exceptions STUDY

The plan is results/exceptions_plan.md.

- `specs`: the study.
- `_cells.py`: its cells by what the plan's lines name.
- `_judge.py`: what the plan asks, and what becomes of each claim; `_second.py`: the second plan.
"""

from ._cells import Place, cells_of
from ._judge import MATCHES, QUESTIONS, beside, judged
from ._second import judged_again

__all__ = ["MATCHES", "QUESTIONS", "Place", "beside", "cells_of", "judged", "judged_again"]
