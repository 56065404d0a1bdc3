"""What one experiment with linear networks is."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.studies import Wanted

from ...engine import (
    POSITIVE,
    USUAL,
    Cost,
    Experiment,
    FieldError,
    How,
    Kind,
    Parts,
    Training,
    checked,
    field,
    record_of,
    whole,
)
from ..recurrent import LINEAR_KINDS, LowRank, Null, Start, require_starts
from ._networks import N_HIDDEN, N_INPUTS, SIGMA, STEPS

TASKS = Parts("task", {"linear": Kind({}, lambda p, files: "linear")}, bare=True)
LINEAR_STARTS = Parts("start", LINEAR_KINDS)


@dataclasses.dataclass(frozen=True)
class LinearSetting(Experiment):
    r"""Two-layer linear networks $f(x) = W_2 W_1 x$ that learn a linear task of one output.

    $W_1$ is a Gaussian draw of Frobenius norm $\sigma$, or its leading singular triplets, and $W_2$
    is zero. The task is $\beta^\top x$, with $\beta$ uniform on the sphere for each seed, on as
    many orthonormal inputs as there are dimensions. Training is gradient descent on all of them,
    of the loss $\frac12 \sum_i (\beta^\top x_i - f(x_i))^2$.

    With the defaults the loss ends below 1e-6 of that of the zero function. A smaller `sigma`
    takes more iterations, in proportion to its logarithm. All matrix products are at the highest
    precision, as theory is what they are compared with.

    Args:
        task: "linear".
        starts: `Null` and `LowRank`, with labels that differ.
        seeds: how many networks for each start. Networks of one seed share the Gaussian draw, the
            inputs and the task.
        n_inputs: d, inputs and their dimension.
        n_hidden: h, hidden units.
        iterations: updates.
        learning_rate: of gradient descent. It converges below 1, as the curvature at the end is 2.
        sigma: Frobenius norm of the Gaussian draw. Theory is that of the limit of 0.
        random_seed: all randomness follows from it.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, the setting of its Theorem 1.
    """

    KIND: ClassVar[str] = "linear"
    PARTS: ClassVar[Mapping[str, Parts]] = {"task": TASKS, "start": LINEAR_STARTS}

    task: str = "linear"
    starts: tuple[Start, ...] = (Null(),)
    seeds: int = field(100, whole(), "Networks of each start.", axis=False, identity=False)
    # Inputs and kernels of one network take megabytes there.
    n_inputs: int = field(N_INPUTS, whole(most=1000), "Inputs, and their dimension.")
    n_hidden: int = field(N_HIDDEN, whole(most=100_000), "Hidden units.")
    iterations: int = field(STEPS, whole(), "Updates.")
    learning_rate: float = field(0.1, POSITIVE, "Step of gradient descent.")
    sigma: float = field(SIGMA, POSITIVE, "Frobenius norm of the first layer's Gaussian draw.")
    random_seed: int = field(0, whole(least=0, most=2**32 - 1), "All randomness follows from it.")

    def __post_init__(self):
        checked(self)
        if self.task != self.KIND:
            raise FieldError("task", self.task, "'linear'")
        for start in self.starts:
            if not isinstance(start, Null | LowRank):
                raise FieldError("starts", start.label, "Null and LowRank")
        # The first layer has no more singular values.
        require_starts(self.starts, min(self.n_hidden, self.n_inputs))

    @classmethod
    def of_cell(cls, values: Mapping[str, Any]) -> "LinearSetting":
        """The setting of one combination of values, which has one start."""
        values = dict(values)
        start = values.pop("start")
        return cls(**values, starts=(start,))

    @classmethod
    def sizes(cls, axes: Mapping[str, Sequence[Any]]) -> dict[str, int]:
        """The first layer has no more singular values than inputs or hidden units."""
        return {
            f"n_hidden {h} and n_inputs {d}": min(h, d)
            for h in axes["n_hidden"]
            for d in axes["n_inputs"]
        }

    @property
    def task_label(self) -> str:
        """A short name of the task."""
        return self.task

    def record(self) -> dict[str, Any]:
        """All that decides the numbers of a seed, as plain data."""
        starts = [start.record() for start in self.starts]
        one = {"start": starts[0]} if len(starts) == 1 else {"starts": starts}
        return record_of(self, {"task": self.task, **one})

    def wanted(self) -> Wanted:
        """The record, and what a finished cell must hold."""
        return Wanted(self.record(), ("kernel_alignment", "loss"), {"seed": range(self.seeds)})

    def run(self, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
        """Train and measure its networks, as `run_linear`, in seconds and without checkpoints."""
        from ._run import run_linear

        # A cell has one start, which needs no axis.
        return run_linear(self, batch_runs=how.batch_runs, first_seed=first_seed).squeeze("start")

    def cost(self) -> Cost:
        r"""How much work and memory it takes.

        It is seeds $\times (2 P + D)$, with $P$ bytes of weights in one network and $D$ of inputs,
        targets and both kernels. The kernel of one network with $d$ inputs of $b$ bytes is $b d^2$.
        """
        h, d = self.n_hidden, self.n_inputs
        float_bytes = np.dtype(jnp.result_type(float)).itemsize
        runs = self.seeds * len(self.starts)
        held = float_bytes * (2 * (h * d + h) + d + 3 * d**2)
        return Cost(runs * self.iterations, runs * held, float_bytes * d**2)

    def training(self) -> Training:
        """What one of its networks is trained with."""
        network = rj.mlp((self.n_inputs, self.n_hidden, 1))
        inputs = jnp.eye(self.n_inputs)
        return Training(
            network,
            rj.half_squared_error(network.apply),
            optax.sgd(self.learning_rate),
            rj.full_batch(inputs, inputs[:, :1]),
        )
