"""What one experiment is: a task, a network, its starts and its training."""

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

import jax

import richlazy_jax as rj
from richlazy_jax.models import INITIAL_STATES, Recurrence, recurrence

from .._precision import UNNAMED, recorded
from ..findings import MEASURES
from ._starts import LowRank, Start, require_starts

OPTIMIZERS = ("sgd", "adam")
# The weights that a kernel is of.
KERNEL_WEIGHTS = ("recurrent", "all")
# Fields that came later, and how all was before.
LATER = {"optimizer": "sgd", "kernel_weights": "recurrent", "dt": 100.0}
# Of these, a record names none that is as it was, so that older cells keep their hash.
NEW_FIELDS = UNNAMED | {
    "leak_form": "paper",
    "biases": False,
    "initial_state": "zero",
    "noise": 0.0,
}
LATER |= NEW_FIELDS


def low_rank_starts(ranks: Iterable[int], keep: str = "frobenius") -> tuple[LowRank, ...]:
    """A start for each rank."""
    return tuple(LowRank(rank, keep) for rank in ranks)


@dataclasses.dataclass(frozen=True)
class Setting:
    """Recurrent networks of several starts on one task. The defaults are the paper's.

    Args:
        task: "2AF", "DMS" or "CXT"; or "sMNIST", whose images are given.
        images: for "sMNIST" only.
        starts: structures of the recurrent weights at the start, with labels that differ.
        seeds: how many networks for each start. Networks of one seed share all that the start
            leaves open: the Gaussian draw, input and readout weights, and the trials they see.
        n_hidden: hidden units.
        iterations: updates.
        batch: trials in each.
        optimizer: "sgd", stochastic gradient descent, or "adam", with optax's other parameters.
        learning_rate: of the optimizer.
        momentum: of "sgd". With "adam", which has none, only the default is allowed.
        gain: standard deviation of the recurrent weights times the root of `n_hidden`.
        activation: "relu" or "tanh".
        leak: rho, at least 0 and below 1.
        leak_form: "paper", "rate" or "current", as in `richlazy_jax.rnn_activity`.
        biases: whether hidden units and readout have biases, which start at 0.
        initial_state: "zero", or "trained": one for all trials, which starts at 0.
        noise: standard deviation of the noise of each unit's net input at each step while it
            learns, fresh at each update. Measures and the accuracy are without it.
        dt: the time of a step of a cognitive task in ms, 100 divided by a whole number; all periods
            keep their times and have more steps. A unit of time constant 100 ms then has a leak of
            1 - dt / 100, which is for the caller to set.
        kernel_weights: "recurrent", or "all" for all that is trained.
        kernel_trials: held trials for the kernel.
        activity_trials: held trials for the representation.
        measures: which measures of laziness to take, some of `MEASURES`.
        precision: of the matrix products of training, "highest", or "default" for JAX's own, which
            GPUs and TPUs may round. Measures are always at the highest.
        random_seed: all randomness follows from it.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, figures 1 and 2 and its appendix on training.
    """

    task: str = "2AF"
    images: rj.ImageSet | None = None
    starts: tuple[Start, ...] = low_rank_starts((1, 30, 100, 300))
    seeds: int = 10
    n_hidden: int = 300
    iterations: int = 10_000
    batch: int = 32
    optimizer: str = "sgd"
    learning_rate: float = 0.003
    momentum: float = 0.9
    gain: float = 1.25
    activation: str = "relu"
    leak: float = 0.0
    leak_form: str = "paper"
    biases: bool = False
    initial_state: str = "zero"
    noise: float = 0.0
    dt: float = 100.0
    kernel_weights: str = "recurrent"
    kernel_trials: int = 32
    activity_trials: int = 320
    measures: tuple[str, ...] = tuple(MEASURES)
    precision: str = "highest"
    random_seed: int = 0

    def __post_init__(self):
        if (self.task == "sMNIST") != (self.images is not None):
            raise ValueError(
                f"task is {self.task!r} and images {'are' if self.images else 'are not'} given; "
                "allowed are images with 'sMNIST' and with no other task."
            )
        _require_dt(self.dt, self.images)
        self.made_task()
        counts = ("seeds", "n_hidden", "iterations", "batch", "kernel_trials", "activity_trials")
        for name in counts:
            require_count(name, getattr(self, name))
        require_starts(self.starts, self.n_hidden)
        for measure in self.measures:
            if measure not in MEASURES:
                raise ValueError(f"measures holds {measure!r}; allowed are {', '.join(MEASURES)}.")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate is {self.learning_rate!r}; allowed is above 0.")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum is {self.momentum!r}; allowed is at least 0, below 1.")
        if self.optimizer == "adam" and self.momentum != Setting.momentum:
            raise ValueError(
                f"momentum is {self.momentum!r} with 'adam'; allowed is {Setting.momentum}, the "
                "default, of which it makes no use."
            )
        if not self.gain > 0:
            raise ValueError(f"gain is {self.gain!r}; allowed is above 0.")
        self.form()
        if not 0 <= self.noise < float("inf"):
            raise ValueError(f"noise is {self.noise!r}; allowed is a number of at least 0.")
        for name, allowed in (
            ("optimizer", OPTIMIZERS),
            ("kernel_weights", KERNEL_WEIGHTS),
            ("initial_state", INITIAL_STATES),
            ("biases", (False, True)),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; allowed are "
                    f"{' and '.join(map(repr, allowed))}."
                )

    def made_task(self) -> rj.Task:
        """The task itself, which draws trials. Equal settings have one that compares as equal."""
        if self.images is None:
            return rj.task_by_name(self.task, self.dt)
        return _of_images(self.images)

    def form(self) -> Recurrence:
        """What a step of the network does besides its weights."""
        return recurrence(self.activation, self.leak, self.leak_form, self.precision)

    def held_trials(self, key: Any, n_trials: int) -> rj.Trials:
        """Trials that training does not see: new ones, or images of the test set."""
        task = self.made_task()
        if not isinstance(task, rj.SequentialImages):
            return task.sample(key, n_trials)
        trials = task.held()
        chosen = jax.random.permutation(key, len(trials.labels))[:n_trials]
        return jax.tree.map(lambda leaf: leaf[chosen], trials)

    def record(self) -> dict[str, Any]:
        """All that decides the numbers, as netCDF can hold it.

        It has "precision" where that is not "highest", "dtype" where JAX computes in float64, and
        of `NEW_FIELDS` those that are not as they were before there was a choice.
        """
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        fields["starts"] = [start.record for start in self.starts]
        del fields["images"]
        if self.images is not None:
            fields["images"] = self.images.name
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}
        return recorded(plain, NEW_FIELDS)


@functools.lru_cache(maxsize=4)
def _of_images(images: rj.ImageSet) -> rj.SequentialImages:
    return rj.SequentialImages(images)


def _require_dt(dt: float, images: rj.ImageSet | None) -> None:
    # All periods are multiples of 100 ms, and the decision is as short as that.
    steps = Setting.dt / dt if dt > 0 else 0.0
    if not (1 <= steps <= Setting.dt and abs(steps - round(steps)) < 1e-9 * steps):
        raise ValueError(
            f"dt is {dt!r}; allowed is {Setting.dt} divided by a whole number, and at least 1.0."
        )
    if images is not None and dt != Setting.dt:
        raise ValueError(
            f"dt is {dt!r} with images, whose rows have no time; allowed is {Setting.dt}."
        )


def require_count(name: str, value: int) -> None:
    """Refuse, with a ValueError, what is no whole number of at least 1."""
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} holds {value!r}; allowed are whole numbers >= 1.")
