"""Are recurrent students that start along their teacher lazier? The plan is results/fig3c_plan.md.

    richlazy sweep experiments/aligned_students/specs/pilot.yaml --out PILOT
    python -m experiments.aligned_students choose PILOT > confirmation.yaml
    python -m experiments.aligned_students judge CONFIRMATION
    python -m experiments.aligned_students theory

- `specs`: the studies, of the kind `experiments.kinds.students`.
- `_conditions.py`: the students of each combination of choices, at equal updates and at equal loss.
- `_choose.py`: which conditions are worth fresh seeds, by the rule of the plan.
- `_judge.py`: what the plan asks of them.
- `_theory.py`: what linear students do from the same starts.
"""

from ._choose import Choice, choose, confirmation
from ._conditions import FLOOR, Condition, conditions_of, equal_loss, equal_updates
from ._judge import Answer, answers_of, reading
from ._theory import LinearRow, linear_rows

__all__ = [
    "FLOOR",
    "Answer",
    "Choice",
    "Condition",
    "LinearRow",
    "answers_of",
    "choose",
    "conditions_of",
    "confirmation",
    "equal_loss",
    "equal_updates",
    "linear_rows",
    "reading",
]
