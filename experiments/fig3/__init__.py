"""Figure 3: low-rank starts that are aligned with their task are lazy.

- `_linear.py`: panel B, linear networks against theory's curves.
- `_students.py`: panel C, recurrent networks that start from what a teacher network has learned.
- `_table.py`: both in Markdown.
- `_draw.py`: both panels; apart, because matplotlib takes a second to import.
"""

from ._linear import (
    KAPPAS,
    STARTS,
    LinearStudents,
    linear_side_by_side,
    predicted_alignment,
)
from ._students import SHARES, Students, run_students, student_weights
from ._table import compared_students, linear_table, student_table

__all__ = [
    "KAPPAS",
    "SHARES",
    "STARTS",
    "LinearStudents",
    "Students",
    "compared_students",
    "linear_side_by_side",
    "linear_table",
    "predicted_alignment",
    "run_students",
    "student_table",
    "student_weights",
]
