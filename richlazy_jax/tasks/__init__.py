"""Tasks that a recurrent network is trained on, as pure functions of a key.

- `Task` and `Trials` (`_protocol.py`): what a task is and what it hands out. Anything with these
  few attributes and a `sample` method can be trained on.
- `PerceptualDecision` ("2AF", `_perceptual_decision.py`), `DelayMatchToSample` ("DMS",
  `_delay_match_to_sample.py`) and `ContextDecision` ("CXT", `_context_decision.py`): the cognitive
  tasks of the paper in JAX, so that a compiled training loop draws trials it never shows twice.
- `task_by_name` (`_by_name.py`): one of these by its name in the paper.
- `sequence_cross_entropy` and `decision_accuracy` (`_loss.py`): how a network's answers are scored.
- `SequentialImages` (`_sequential_images.py`): images row by row, for instance sequential MNIST.
- `neurogym_task` and `NeuroGymTask` (`_neurogym.py`): any NeuroGym environment as a task.

`_checks.py`, `_periods.py` and `_ring.py` hold what the cognitive tasks share: checks of their
settings, times turned into steps, and the signal of two opposite directions.
"""

from ._by_name import task_by_name
from ._context_decision import ContextDecision
from ._delay_match_to_sample import DelayMatchToSample
from ._loss import decision_accuracy, sequence_cross_entropy
from ._neurogym import NeuroGymTask, neurogym_task
from ._perceptual_decision import PerceptualDecision
from ._protocol import Task, Trials
from ._sequential_images import SequentialImages

__all__ = [
    "ContextDecision",
    "DelayMatchToSample",
    "NeuroGymTask",
    "PerceptualDecision",
    "SequentialImages",
    "Task",
    "Trials",
    "decision_accuracy",
    "neurogym_task",
    "sequence_cross_entropy",
    "task_by_name",
]
