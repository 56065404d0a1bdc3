"""Tasks of recurrent networks by name, and what a record says of one."""

import dataclasses
import functools
from typing import Any

import jax
import numpy as np

import richlazy_jax as rj

from ...engine import described, parameters_of

COGNITIVE = ("2AF", "DMS", "CXT")
SEQUENTIAL = "sMNIST"
NEUROGYM = "neurogym"
_TRIED = 8


@dataclasses.dataclass(frozen=True)
class NeuroGym:
    """A registered NeuroGym environment as a task (`richlazy_jax.neurogym_task`).

    Args:
        environment: its name, such as "PerceptualDecisionMaking-v0".
        n_steps: of a trial, at least as many as its longest one; None stands for those that
            `neurogym_task` proposes.
        weighted: whether classes weigh in the loss by the inverse of their frequency.
    """

    environment: str
    n_steps: int | None = None
    weighted: bool = False

    def __post_init__(self):
        # What is proposed becomes a part of the record.
        object.__setattr__(self, "n_steps", self._task().n_steps)

    @property
    def name(self) -> str:
        """The name in specifications."""
        return f"{NEUROGYM}:{self.environment}"

    @property
    def n_inputs(self) -> int:
        """Channels of an observation."""
        return self._task().n_inputs

    @property
    def n_outputs(self) -> int:
        """Actions to choose from."""
        return self._task().n_outputs

    @property
    def decision_step(self) -> int:
        """The last step."""
        return self._task().decision_step

    def sample(self, key: Any, n_trials: int) -> rj.Trials:
        """Trials of the environment."""
        return self._task().sample(key, n_trials)

    def _task(self) -> Any:
        return _neurogym(self.environment, self.n_steps, self.weighted)


@functools.lru_cache(maxsize=8)
def _neurogym(environment: str, n_steps: int | None, weighted: bool) -> rj.Task:
    try:
        return rj.neurogym_task(environment, n_steps, weighted=weighted)
    except ImportError as error:
        raise ValueError(str(error)) from error


@functools.lru_cache(maxsize=4)
def sequential_images(images: rj.ImageSet) -> rj.SequentialImages:
    """The rows of images one by one. Equal settings have one task that compares as equal."""
    return rj.SequentialImages(images)


def task_label(task: str | rj.Task) -> str:
    """A short name of a task, for tables and figures."""
    if isinstance(task, str):
        return task
    given = {n: v for n, v in _parameters(task).items() if n != "environment"}
    shown = [f"{name} {value}" for name, value in given.items() if value != _default(task, name)]
    return ", ".join([task.name, *shown])


def task_record(task: str | rj.Task) -> str | dict[str, Any]:
    """What the record of an experiment says of a task: its name, or class, parameters and code.

    Raises:
        ValueError: it is no frozen dataclass, or its code cannot be found.
    """
    if isinstance(task, str):
        return task
    if isinstance(task, NeuroGym):
        # Left out where False, so that records from before there was a choice still match.
        weighted = {"weighted": True} if task.weighted else {}
        return {"kind": task.name, "n_steps": task.n_steps, **weighted}
    library = type(task).__module__.partition(".")[0] == rj.__name__
    return described(task, task.name if library else None, _parameters(task))


def wrong_with_task(task: Any) -> str:
    """What keeps an object from being a task, in words; empty where nothing does.

    A few trials are drawn, as only they show it.
    """
    if not isinstance(task, rj.Task):
        needed = "name, n_inputs, n_outputs, n_steps, decision_step and sample"
        return f"{type(task).__name__} is no task; allowed are classes with {needed}"
    try:
        hash(task)
        trials = task.sample(jax.random.key(0), _TRIED)
        inputs, labels = np.asarray(trials.inputs), np.asarray(trials.labels)
    # A user's code may raise anything.
    except Exception as error:
        return f"{type(task).__name__} raised {type(error).__name__}: {error}"
    shape = (_TRIED, task.n_steps, task.n_inputs)
    if inputs.shape != shape or labels.shape != shape[:2]:
        return (
            f"{type(task).__name__}.sample gave inputs of shape {inputs.shape} and labels of "
            f"{labels.shape}; allowed are {shape} and {shape[:2]}"
        )
    if not np.isfinite(inputs).all():
        return (
            f"{type(task).__name__}.sample gave inputs that are not finite; allowed are finite ones"
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= task.n_outputs:
        return (
            f"{type(task).__name__}.sample gave labels from {labels.min()} to {labels.max()} of "
            f"type {labels.dtype}; allowed are whole numbers from 0 to {task.n_outputs - 1}"
        )
    if not 0 <= task.decision_step < task.n_steps:
        return (
            f"{type(task).__name__}.decision_step is {task.decision_step}; allowed is from 0 to "
            f"{task.n_steps - 1}"
        )
    return ""


def _parameters(task: Any) -> dict[str, Any]:
    found = parameters_of(task)
    return {n: list(v) if isinstance(v, tuple) else v for n, v in found.items()}


def _default(task: Any, name: str) -> Any:
    default = next(f.default for f in dataclasses.fields(task) if f.name == name)
    return list(default) if isinstance(default, tuple) else default
