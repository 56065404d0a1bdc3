"""Students that start, in part or whole, from what their teacher or their task is made of.

- `_recurrent.py`: recurrent students of recurrent teachers.
- `_imitation.py`: what they learn where they learn from their teachers and not from labels.
- `_linear.py`: linear students on tasks of strong and weak features, beside theory.
"""

from ._imitation import imitation_loss, imitation_of, with_teacher
from ._linear import (
    KAPPAS,
    STARTS,
    LinearStudents,
    linear_side_by_side,
    predicted_alignment,
    task_of_features,
)
from ._recurrent import (
    SHARES,
    Students,
    Teachers,
    run_students,
    student_params,
    student_weights,
    teaching_of,
)

__all__ = [
    "KAPPAS",
    "SHARES",
    "STARTS",
    "LinearStudents",
    "Students",
    "Teachers",
    "imitation_loss",
    "imitation_of",
    "linear_side_by_side",
    "predicted_alignment",
    "run_students",
    "student_params",
    "student_weights",
    "task_of_features",
    "teaching_of",
    "with_teacher",
]
