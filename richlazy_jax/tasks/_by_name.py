"""Tasks by the names that the paper gives them."""

import difflib

from ._context_decision import ContextDecision
from ._delay_match_to_sample import DelayMatchToSample
from ._perceptual_decision import PerceptualDecision
from ._protocol import Task

_TASKS = {kind.name: kind for kind in (PerceptualDecision, DelayMatchToSample, ContextDecision)}


def task_by_name(name: str, dt_ms: float = 100.0) -> Task:
    """The task of that name, with the paper's settings.

    Args:
        name: "2AF", "DMS" or "CXT".
        dt_ms: the length of a step in ms. Another than the paper's leaves the times of all periods
            as they are, with as many more steps, and the noise of a step is such that a mean over
            some time is as noisy as before.

    Raises:
        ValueError: there is no such task; the message lists those there are. Or a period is not a
            whole number of steps.
    """
    if name in _TASKS:
        return _TASKS[name](dt_ms=dt_ms)
    # No cutoff: among three names even a poor guess helps. Names are in capitals.
    (nearest,) = difflib.get_close_matches(str(name).upper(), _TASKS, n=1, cutoff=0.0)
    raise ValueError(
        f"name is {name!r}; allowed are {', '.join(_TASKS)}. The nearest is {nearest}."
    )
