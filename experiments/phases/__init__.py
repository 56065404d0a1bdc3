"""When rank orders how far the kernel turns, and whether it turns towards the task.

    richlazy sweep experiments/phases/specs/confirmation.yaml --out STUDY
    python -m experiments.phases STUDY

The plan is results/phases_plan.md.

- `specs`: the studies.
- `_courses.py`: what each network's kernel, weights and loss did through training.
- `_judge.py`: what the plan asks of them.
"""

from ._courses import Courses, courses_of
from ._judge import appears, judged, order

__all__ = ["Courses", "appears", "courses_of", "judged", "order"]
