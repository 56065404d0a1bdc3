"""What every trajectory is given as, and what every one is made from."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import as_float, as_nonnegative, require_some
from .._precision import highest_precision
from .._scale import scale_of, scaled


class Trajectory(NamedTuple):
    r"""A two-layer linear network at given times of its training, n = d + k and kd = k times d.

    The Gram is that of $Q = [W_1^\top; W_2]$: $W_1^\top W_1$ is its block of the first d rows and
    columns, $W_2 W_2^\top$ that of the last k, $W_2 W_1$ the lower left one.
    """

    times: Float[Array, " t"]
    """Time of gradient flow at unit rate: steps of gradient descent times its learning rate."""
    gram: Float[Array, "t n n"]
    function: Float[Array, "t k d"]
    """$W_2 W_1$."""
    loss: Float[Array, " t"]
    kernel_factor: Float[Array, "t kd kd"]
    """As `theory.kernel_factor` gives it."""
    kernel_alignment: Float[Array, " t"]
    """The alignment of the kernel over the data with that of the start."""


def checked_problem(
    w1: Array, w2: Array, teacher: Array, times: Array
) -> tuple[Array, Array, Array, Array]:
    """The arguments that all trajectories share, checked and of one dtype."""
    w1, w2 = as_float("w1", w1, "h", "d"), as_float("w2", w2, "k", "h")
    teacher, times = as_float("teacher", teacher, "k", "d"), as_nonnegative("times", times, "t")
    if w2.shape[1] != w1.shape[0]:
        raise ValueError(
            f"w2 has shape {w2.shape}; allowed is (k, {w1.shape[0]}), as w1 has {w1.shape[0]} rows."
        )
    if teacher.shape != (w2.shape[0], w1.shape[1]):
        raise ValueError(
            f"teacher has shape {teacher.shape}; allowed is {(w2.shape[0], w1.shape[1])}, that of "
            "w2 @ w1."
        )
    require_some("the start (w1 and w2)", w1, w2)
    dtype = jnp.result_type(w1, w2, teacher, times)
    return w1.astype(dtype), w2.astype(dtype), teacher.astype(dtype), times.astype(dtype)


class Problem(NamedTuple):
    """The arguments with weights and teacher in units in which the larger of them is about 1.

    Where weights are multiplied by a, the teacher by a^2 and times by a^-2, gradient flow is the
    same. So it is solved in these units, where nothing overflows, and given in those of the user.
    """

    w1: Array
    w2: Array
    teacher: Array
    times: Array
    size: Array  # (), a, by which weights in these units are multiplied


def in_own_units(w1: Array, w2: Array, teacher: Array, times: Array) -> Problem:
    size = scale_of(w1, w2, jnp.sqrt(scale_of(teacher)))
    # At the largest time that there is, nothing but what stays for ever is left.
    most = float(jnp.finfo(times.dtype).max) / 1024
    times = jnp.minimum(times, most / size / size) * size * size
    return Problem(w1 / size, w2 / size, teacher / size / size, times, size)


@highest_precision
@jax.jit
def trajectory_of(
    times: Array,
    gram: Array,
    start: Array,
    error: Array,
    size: Array,
    data_covariance: Array | None = None,
    shape: Array | None = None,
) -> Trajectory:
    """The trajectory from the solution in its own units: the Gram (t, n, n) and the start (n, h).

    The error is teacher - W2 W1 of shape (t, k, d), given apart because late in learning the
    difference of the two has no digits left. The shape is the Gram up to a factor at each time,
    given apart where the Gram itself is too small for its floating point numbers.
    """
    shape = jax.vmap(scaled)(gram if shape is None else shape)
    start = scaled(start) @ scaled(start).T
    gram, error = gram * size * size, error * size * size
    k, d = error.shape[1:]
    eye_k, eye_d = jnp.eye(k, dtype=gram.dtype), jnp.eye(d, dtype=gram.dtype)
    s = eye_d if data_covariance is None else scaled(data_covariance)
    first, readout = gram[:, :d, :d], gram[:, d:, d:]
    factor = jnp.einsum("ij,tab->tiajb", eye_k, first)
    factor += jnp.einsum("tij,ab->tiajb", readout, eye_d)
    norms = jnp.sqrt(_overlap(shape, shape, s, k)) * jnp.sqrt(_overlap(start, start, s, k))
    return Trajectory(
        times,
        gram,
        gram[:, d:, :d],
        _loss(error, data_covariance),
        factor.reshape(len(gram), k * d, k * d),
        _overlap(shape, start, s, k) / norms,
    )


def _loss(error: Array, data_covariance: Array | None) -> Array:
    pull = error if data_covariance is None else error @ data_covariance
    return jnp.sum(pull * error, axis=(1, 2)) / 2


def _overlap(gram: Array, other: Array, s: Array, k: int) -> Array:
    """Tr(M S M' S) of the kernel factors of two Grams, from their blocks."""
    d = len(s)

    def blocks(g: Array) -> tuple[Array, Array, Array]:
        first, readout = g[..., :d, :d] @ s, g[..., d:, d:]
        return first, readout, jnp.trace(readout, axis1=-2, axis2=-1)

    (a, n, trace_n), (b, m, trace_m) = blocks(gram), blocks(other)
    both = k * jnp.sum(a * jnp.swapaxes(b, -1, -2), axis=(-2, -1))
    mixed = trace_m * jnp.sum(a * s.T, axis=(-2, -1)) + trace_n * jnp.sum(b * s.T, axis=(-2, -1))
    return both + mixed + jnp.sum(n * m, axis=(-2, -1)) * jnp.sum(s * s.T)
