"""Learning from any start on any data, by a numerical solver."""

import diffrax
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import as_dimension, as_semidefinite
from .._precision import highest_precision
from .._scale import scale_of, scaled
from ._trajectory import Trajectory, checked_problem, in_own_units, trajectory_of


@highest_precision
def numerical_trajectory(
    w1: Float[Array, "h d"],
    w2: Float[Array, "k h"],
    teacher: Float[Array, "k d"],
    times: Float[Array, " t"],
    *,
    rtol: float | None = None,
    atol: float | None = None,
    data_covariance: Float[Array, "d d"] | None = None,
    max_steps: int = 65536,
) -> Trajectory:
    r"""Gradient flow solved numerically: no closed form, but any start and any data.

    With $E = B - W_2 W_1$ and $S = X^\top X$,

    $$\dot W_1 = W_2^\top E S, \quad \dot W_2 = E S W_1^\top,$$

    and the loss is $\frac12 \operatorname{Tr}(E S E^\top)$. The solver is an explicit Runge-Kutta
    method of order 8 with steps of adaptive size. Once all is learned, the fastest rate still
    limits the steps, so their number is in proportion to the last time. Late in learning the loss
    is no better than the tolerances.

    Args:
        w1: the first layer's weights at the start.
        w2: the readout's weights at the start.
        teacher: $B$, with the targets $Y = X B^\top$.
        times: at which to evaluate, in any order, none below 0. Time here is the number of steps of
            gradient descent on the summed loss times its learning rate.
        rtol: the relative tolerance of one step. None stands for 1e-9 in float64, 1e-5 in float32.
        atol: the absolute tolerance of one step. None stands for 1e-12 in float64 and 1e-7 in
            float32, times the power of two just above the largest weight of the start.
        data_covariance: $S$, symmetric and semidefinite, or None for white data, $S = I$.
        max_steps: of the solver.

    Raises:
        ValueError: an argument is not as described above.
        RuntimeError: the solver needs more than `max_steps`.

    Source: Prince and Dormand (1981) for the method, as diffrax has it (Kidger 2021,
    arXiv 2202.02435).
    """
    w1, w2, teacher, times = checked_problem(w1, w2, teacher, times)
    max_steps = as_dimension("max_steps", max_steps)
    double = w1.dtype == jnp.float64
    rtol = (1e-9 if double else 1e-5) if rtol is None else rtol
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value is not None and not value > 0:
            raise ValueError(f"{name} is {value}; allowed are numbers above 0.")
    problem = in_own_units(w1, w2, teacher, times)
    w1, w2, teacher, size = problem.w1, problem.w2, problem.teacher, problem.size
    # Of the start's own size, since a small start would be lost in any other error.
    own_atol = (1e-12 if double else 1e-7) * scale_of(w1, w2) if atol is None else atol / size
    s = None
    if data_covariance is not None:
        s = as_semidefinite("data_covariance", data_covariance, w1.shape[1]).astype(w1.dtype)

    def flow(t, weights, args):
        first, readout = weights
        error = teacher - readout @ first
        pull = error if s is None else error @ s
        return readout.T @ pull, pull @ first.T

    order = jnp.argsort(problem.times)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(flow),
        diffrax.Dopri8(),
        t0=jnp.zeros((), times.dtype),
        t1=jnp.max(problem.times),
        dt0=None,
        y0=(w1, w2),
        saveat=diffrax.SaveAt(ts=problem.times[order]),
        stepsize_controller=diffrax.PIDController(rtol=rtol, atol=own_atol),
        max_steps=max_steps,
    )
    assert solution.ys is not None  # since saveat asks for them
    back = jnp.argsort(order)
    first, readout = solution.ys[0][back], solution.ys[1][back]
    q = jnp.concatenate([jnp.swapaxes(first, 1, 2), readout], axis=1)
    q0 = jnp.concatenate([w1.T, w2])
    error = teacher - readout @ first
    parts = jax.vmap(scaled)(q)
    gram, shape = q @ jnp.swapaxes(q, 1, 2), parts @ jnp.swapaxes(parts, 1, 2)
    return trajectory_of(times, gram, q0, error, size, s, shape)
