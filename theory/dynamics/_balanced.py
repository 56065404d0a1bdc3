"""Learning from a lambda-balanced start, exactly."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import known_value
from .._precision import highest_precision
from .._scale import scale_of
from ._riccati import riccati_solution
from ._trajectory import Trajectory, checked_problem, in_own_units, trajectory_of


@highest_precision
def balanced_trajectory(
    w1: Float[Array, "h d"],
    w2: Float[Array, "k h"],
    teacher: Float[Array, "k d"],
    times: Float[Array, " t"],
    *,
    tolerance: float | None = None,
) -> Trajectory:
    r"""Gradient flow on white data from a start with $W_1 W_1^\top - W_2^\top W_2 = \lambda I$.

    With $E = B - W_2 W_1$ the flow is $\dot W_1 = W_2^\top E$ and $\dot W_2 = E W_1^\top$, or for
    $Q = [W_1^\top; W_2]$

    $$\dot Q = \begin{pmatrix} 0 & E^\top \\ E & 0 \end{pmatrix} Q.$$

    The balance is conserved, so that $W_1^\top W_2^\top W_2 = W_1^\top (W_1 W_1^\top - \lambda)$
    and $W_2 W_1 W_1^\top = W_2 (W_2^\top W_2 + \lambda)$. With each left side written as the mean
    of itself and its right side,

    $$\dot Q = F Q - \tfrac12 Q Q^\top Q, \quad
    F = \begin{pmatrix} \frac\lambda2 I_d & B^\top \\ B & -\frac\lambda2 I_k \end{pmatrix},$$

    and $G = Q Q^\top$ follows the Riccati equation $\dot G = F G + G F - G^2$, solved by

    $$G(t) = e^{Ft} Q_0 \left[ I + Q_0^\top \int_0^t e^{2Fs} ds\, Q_0 \right]^{-1}
    Q_0^\top e^{Ft}.$$

    It is evaluated without overflow at any time, and the loss keeps its relative accuracy as it
    vanishes, down to where the rounding of the teacher's singular values sets its floor.

    A component of the start along an eigenvector of $F$ that is no larger than rounding, relative
    to the whole start, counts as absent. So a start of low rank keeps its rank, and one that lies
    in a saddle's stable set stays there.

    Weights may be of any scale whose squares are numbers, and smaller: what their squares cannot
    hold, the alignment still gives. $\lambda$ is known to the rounding of these squares, so a
    teacher smaller than that rounding is not resolved, as beside a large start in float32.

    Such starts exist with h <= d for $\lambda > 0$, h <= k for $\lambda < 0$ and any h for
    $\lambda = 0$; `lambda_balanced_weights` draws them. With one hidden unit every start is one.

    First derivatives are in closed form too, also where singular values of the teacher coincide, as
    long as the squares of the start's weights are numbers (above 1e-19 in float32).
    They take for $\lambda$ the mean of the start's balance, so with respect to the weights they
    mean something only along changes that keep the start balanced. Where growing modes stay
    unlearned they can grow without bound, and once $l t$ of such a mode, $l$ its eigenvalue of $F$,
    passes about 300 (30 in float32) they lose their digits. Second derivatives are not available.

    Args:
        w1: the first layer's weights at the start.
        w2: the readout's weights at the start.
        teacher: $B$, with the targets $Y = X B^\top$ on inputs with $X^\top X = I$.
        times: at which to evaluate, in any order, none below 0.
        tolerance: the largest entry of $W_1 W_1^\top - W_2^\top W_2 - \lambda I$ that passes as
            rounding, relative to the largest of $W_1 W_1^\top$ and $W_2^\top W_2$. None stands for
            64 times the machine epsilon times the largest of d, h and k. With a greater one the
            result is that of a balanced start nearby, and wrong by about the imbalance.

    Raises:
        ValueError: the start is not balanced (where its values are known), the shapes do not fit
            together, or a number is not as described above.

    Source: Fukumizu (1998); Braun, Domine, Fitzgerald and Saxe (2022) for $\lambda = 0$; Domine et
    al. (2024), arXiv 2409.14623. The way it is evaluated and its derivative are ours.
    """
    w1, w2, teacher, times = checked_problem(w1, w2, teacher, times)
    _require_balance(w1, w2, tolerance)
    problem = in_own_units(w1, w2, teacher, times)
    lam = (jnp.sum(problem.w1**2) - jnp.sum(problem.w2**2)) / len(w1)
    # The start in units of its own again, which keep its square if the teacher is far larger.
    q0 = jnp.concatenate([w1.T, w2])
    own = scale_of(q0)
    log_own = jnp.log(own) - jnp.log(problem.size)
    gram, error, shape = riccati_solution(problem.teacher, lam, q0 / own, log_own, problem.times)
    return trajectory_of(times, gram, q0, error, problem.size, shape=shape)


def _require_balance(w1: Array, w2: Array, tolerance: float | None) -> None:
    h, d = w1.shape
    if tolerance is None:
        tolerance = 64 * max(d, h, len(w2)) * float(jnp.finfo(w1.dtype).eps)
    if not tolerance >= 0:
        raise ValueError(f"tolerance is {tolerance}; allowed are numbers of at least 0.")
    first, second = known_value(w1), known_value(w2)
    if first is None or second is None:
        return
    # In doubles, in which the squares of single ones neither overflow nor vanish.
    first, second = first.astype(float), second.astype(float)
    below, above = first @ first.T, second.T @ second
    scale = max(np.abs(below).max(), np.abs(above).max())
    lam = np.trace(below - above) / h
    imbalance = np.abs(below - above - lam * np.eye(h)).max() / scale
    if imbalance > tolerance:
        raise ValueError(
            f"w1 and w2 are not balanced: w1 @ w1.T - w2.T @ w2 is {imbalance:.3g} away from "
            f"{lam:.3g} times the identity, relative to its larger term; allowed is at most "
            f"{tolerance:.3g}. For other starts there is numerical_trajectory."
        )
