"""What a task is, and the trials it hands out."""

from typing import NamedTuple, Protocol, runtime_checkable

from jaxtyping import Array, Float, Int, PRNGKeyArray


class Trials(NamedTuple):
    """A batch of trials, each one sequence that a network sees from its start.

    Attributes:
        inputs: the input at each step.
        labels: the correct answer at each step, from 0 to the task's `n_outputs - 1`.
        weights: the weight of each step in the loss, none below 0 and not all of them 0. None
            stands for equal weights.
    """

    inputs: Float[Array, "n steps n_inputs"]
    labels: Int[Array, "n steps"]
    weights: Float[Array, "n steps"] | None = None


@runtime_checkable
class Task(Protocol):
    """Anything that draws trials of one fixed shape.

    A class need not inherit from this one: it is a `Task` if it has these attributes and this
    method. `isinstance(obj, Task)` asks for their presence only.

    `sample` is pure: equal keys give equal trials, and it may be compiled, vmapped over keys and
    called inside a scan. An object that is also hashable can be a static argument of `jax.jit`.
    """

    @property
    def name(self) -> str:
        """A short name for tables and files."""
        ...

    @property
    def n_inputs(self) -> int:
        """How many input channels there are."""
        ...

    @property
    def n_outputs(self) -> int:
        """How many answers there are to choose from at each step."""
        ...

    @property
    def n_steps(self) -> int:
        """How many steps a trial has."""
        ...

    @property
    def decision_step(self) -> int:
        """The step, counted from 0, whose answer counts as the network's decision."""
        ...

    def sample(self, key: PRNGKeyArray, n_trials: int) -> Trials:
        """Draw `n_trials` independent trials.

        Args:
            key: a key that is used here alone.
            n_trials: how many, at least 1. It sets the shape of the result, so it cannot be traced.
        """
        ...
