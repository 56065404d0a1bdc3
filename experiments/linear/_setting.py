"""What one experiment with linear networks is."""

import dataclasses
import math
from typing import Any

from .._precision import recorded
from ..recurrent import LowRank, Null, Start
from ..recurrent._setting import require_count
from ..recurrent._starts import require_starts
from ..verify._learning import N_HIDDEN, N_INPUTS, SIGMA, STEPS


@dataclasses.dataclass(frozen=True)
class LinearSetting:
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

    task: str = "linear"
    starts: tuple[Start, ...] = (Null(),)
    seeds: int = 100
    n_inputs: int = N_INPUTS
    n_hidden: int = N_HIDDEN
    iterations: int = STEPS
    learning_rate: float = 0.1
    sigma: float = SIGMA
    random_seed: int = 0

    def __post_init__(self):
        if self.task != "linear":
            raise ValueError(f"task is {self.task!r}; allowed is 'linear'.")
        for name in ("seeds", "n_inputs", "n_hidden", "iterations"):
            require_count(name, getattr(self, name))
        for name in ("learning_rate", "sigma"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise ValueError(f"{name} is {value!r}; allowed are finite numbers above 0.")
        for start in self.starts:
            if not isinstance(start, Null | LowRank):
                raise ValueError(f"starts holds {start.label!r}; allowed are Null and LowRank.")
        # The first layer has no more singular values.
        require_starts(self.starts, min(self.n_hidden, self.n_inputs))

    def record(self) -> dict[str, Any]:
        """All that decides the numbers, as netCDF can hold it.

        It has "dtype" where JAX computes in float64.
        """
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return recorded(fields | {"starts": [start.record for start in self.starts]})
