"""Students that start, in part or whole, from what their teacher or their task is made of.

- `_recurrent.py`: recurrent students of recurrent teachers.
- `_linear.py`: linear students on tasks of strong and weak features, beside theory.
"""

from ._linear import (
    KAPPAS,
    STARTS,
    LinearStudents,
    linear_side_by_side,
    predicted_alignment,
    task_of_features,
)
from ._recurrent import SHARES, Students, run_students, student_weights

__all__ = [
    "KAPPAS",
    "SHARES",
    "STARTS",
    "LinearStudents",
    "Students",
    "linear_side_by_side",
    "predicted_alignment",
    "run_students",
    "student_weights",
    "task_of_features",
]
