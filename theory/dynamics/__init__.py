r"""How a two-layer linear network learns: its function, loss and kernel over time.

The setting is that of `theory`: $f(x) = W_2 W_1 x$, loss $\frac12 \lVert Y - f(X) \rVert_F^2$,
targets $Y = X B^\top$, white data with $X^\top X = I$ unless said otherwise, and gradient flow at
unit rate. Every trajectory is a `Trajectory` (`_trajectory.py`).

- `balanced_trajectory` (`_balanced.py`): exact, from a lambda-balanced start, by the Riccati
  equation (`_riccati.py`, its derivative in `_riccati_tangent.py`).
- `lambda_balanced_weights` (`_balanced_weights.py`): draws such a start.
- `single_unit_trajectory`, `single_unit_weights` (`_single_unit.py`): exact, for one hidden unit of
  any balance.
- `lazy_trajectory` (`_lazy.py`): exact in the lazy limit, in which the kernel stays as it is.
- `numerical_trajectory` (`_numerical_trajectory.py`): any start and any data, by an ODE solver.
- `kernel_change_time` (`_change_time.py`): when the kernel has made half of its way.

It is imported by its own name, `theory.dynamics`, since it needs a solver that `theory` does not.
"""

from ._balanced import balanced_trajectory
from ._balanced_weights import lambda_balanced_weights
from ._change_time import kernel_change_time
from ._lazy import lazy_trajectory
from ._numerical_trajectory import numerical_trajectory
from ._single_unit import SingleUnit, single_unit_trajectory, single_unit_weights
from ._trajectory import Trajectory

__all__ = [
    "SingleUnit",
    "Trajectory",
    "balanced_trajectory",
    "kernel_change_time",
    "lambda_balanced_weights",
    "lazy_trajectory",
    "numerical_trajectory",
    "single_unit_trajectory",
    "single_unit_weights",
]
