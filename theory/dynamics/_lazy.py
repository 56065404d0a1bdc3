"""Learning with the kernel held as it is at the start."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._precision import highest_precision
from ._exponentials import relative_integral
from ._trajectory import Trajectory, checked_problem, in_own_units, trajectory_of


@highest_precision
def lazy_trajectory(
    w1: Float[Array, "h d"],
    w2: Float[Array, "k h"],
    teacher: Float[Array, "k d"],
    times: Float[Array, " t"],
) -> Trajectory:
    r"""Gradient flow on white data, linearized at the start: the lazy limit.

    The function moves in the fixed kernel of the start, $\dot f = W_2 W_2^\top (B - f) +
    (B - f) W_1^\top W_1$, so its error decays in exponential modes:

    $$B - f_t = e^{-W_2 W_2^\top t} (B - f_0)\, e^{-W_1^\top W_1 t}.$$

    In this limit the weights move by ever less, so that the Gram given is that of the start at all
    times, and the kernel's alignment is 1. The function is not the Gram's block here.

    Args:
        w1: the first layer's weights at the start.
        w2: the readout's weights at the start.
        teacher: $B$, with the targets $Y = X B^\top$ on inputs with $X^\top X = I$.
        times: at which to evaluate, in any order, none below 0.

    Raises:
        ValueError: the shapes do not fit together, or a number is not as described above.

    Source: Jacot, Gabriel and Hongler (2018), arXiv 1806.07572, for the fixed kernel; Chizat,
    Oyallon and Bach (2019), arXiv 1812.07956, for the limit.
    """
    w1, w2, teacher, times = checked_problem(w1, w2, teacher, times)
    problem = in_own_units(w1, w2, teacher, times)
    size, q0 = problem.size, jnp.concatenate([problem.w1.T, problem.w2])
    w1, w2 = problem.w1, problem.w2
    k, d = teacher.shape
    zero = jnp.zeros((d, k), w1.dtype)
    # Both in one matrix, for one decomposition.
    blocks = jnp.block([[w1.T @ w1, zero], [zero.T, w2 @ w2.T]])
    decay = exponential_decay(blocks, problem.times)
    error = decay[:, d:, d:] @ (problem.teacher - w2 @ w1) @ decay[:, :d, :d]
    gram = jnp.broadcast_to(q0 @ q0.T, (len(times), d + k, d + k))
    fixed = trajectory_of(times, gram, q0, error, size)
    function = (problem.teacher - error) * size * size
    return fixed._replace(function=function, kernel_alignment=jnp.ones_like(times))


@jax.custom_jvp
@jax.jit
def exponential_decay(a: Array, times: Array) -> Array:
    """e^(-a t) for symmetric a (n, n) with no eigenvalue below 0, as (t, n, n)."""
    values, vectors = jnp.linalg.eigh(a)
    modes = jnp.exp(-times[:, None] * jnp.maximum(values, 0))
    return (vectors * modes[:, None, :]) @ vectors.T


@exponential_decay.defjvp
@highest_precision
@jax.jit
def _exponential_decay_jvp(primals, tangents):
    # By divided differences, since eigenvectors have no derivative where eigenvalues coincide.
    (a, times), (d_a, d_times) = primals, tangents
    values, vectors = jnp.linalg.eigh(a)
    values = jnp.maximum(values, 0)
    modes = jnp.exp(-times[:, None] * values)
    t = times[:, None, None]
    least = jnp.minimum(values[:, None], values)
    slope = -t * jnp.exp(-least * t) * relative_integral(jnp.abs(values[:, None] - values) * t)
    in_time = -d_times[:, None] * values * modes
    d_modes = slope * (vectors.T @ d_a @ vectors)
    d_modes += in_time[:, None, :] * jnp.eye(len(a), dtype=a.dtype)
    return (vectors * modes[:, None, :]) @ vectors.T, vectors @ d_modes @ vectors.T
