"""Learning of one hidden unit, exactly, whatever the balance of its layers."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from .._checks import as_float, as_nonnegative, require_some
from .._precision import highest_precision
from .._scale import norm_of, scaled
from ._exponentials import bounded_exp, relative_integral
from ._trajectory import Trajectory, in_own_units, trajectory_of


class SingleUnit(NamedTuple):
    """The weights of one hidden unit at given times."""

    times: Float[Array, " t"]
    readout: Float[Array, " t"]
    """a."""
    weights: Float[Array, "t d"]
    """w."""
    norm: Float[Array, " t"]
    """|w|."""
    angle: Float[Array, " t"]
    """The angle between w and the teacher, from 0 to pi; nan where the teacher is zero."""
    error: Float[Array, "t d"]
    """beta - a w."""


@highest_precision
def single_unit_weights(
    a: Real[ArrayLike, ""],
    w: Float[Array, " d"],
    beta: Float[Array, " d"],
    times: Float[Array, " t"],
) -> SingleUnit:
    r"""Gradient flow of $f(x) = a\, w^\top x$ on white data, from any start.

    The flow is $\dot a = w^\top (\beta - a w)$, $\dot w = a (\beta - a w)$, which conserves
    $\delta = a^2 - \lVert w \rVert^2$. With $s = \lVert \beta \rVert$, write $w = x\, b + w_\perp$
    with $x$ along the teacher. Then $\dot w_\perp = -a^2 w_\perp$, so that $w_\perp$ keeps its
    direction, and relative to its length the rest is linear: with $(a, x, w_\perp) =
    (R, P, w_\perp(0)) / \sqrt N$

    $$\dot R = s P + \delta R, \quad \dot P = s R, \quad \dot N = 2 R^2, \quad N(0) = 1,$$

    also where $w_\perp = 0$. Both $R$ and $P$ are sums of $e^{\mu_\pm t}$ with
    $\mu_\pm = \delta / 2 \pm \omega$ and $\omega^2 = \delta^2 / 4 + s^2$, and $N$ is an integral of
    exponentials, in closed form. The norm is $\lVert w \rVert^2 = (P^2 + \lVert w_\perp(0)
    \rVert^2) / N$ and the angle to the teacher has the cotangent
    $P(t) / \lVert w_\perp(0) \rVert$.

    The component of the start that grows counts as absent where it is no larger than rounding.
    Derivatives with respect to the teacher are nan where the teacher is zero.

    Args:
        a: the readout's weight at the start.
        w: the unit's input weights at the start.
        beta: the teacher, with the targets $y = X \beta$ on inputs with $X^\top X = I$.
        times: at which to evaluate, in any order, none below 0.

    Raises:
        ValueError: the shapes do not fit together, a number is not as described above, or the start
            is zero.

    Source: the setting and what it conserves, Kunin et al. (2024), arXiv 2406.06158; this form is
    ours. It is independent of the Riccati solution of `balanced_trajectory`, to which one hidden
    unit is always balanced, with $\lambda = -\delta$.
    """
    given = _checked(a, w, beta, times)
    problem = in_own_units(given[1][None], given[0][None, None], given[2][None], given[3])
    a, w, beta = problem.w2[0, 0], problem.w1[0], problem.teacher[0]
    times, size = problem.times, problem.size
    s = norm_of(beta)
    has_task = s > 0
    some = jnp.where(has_task, s, 1)
    b = beta / some
    x = jnp.sum(b * w)
    across = w - x * b
    delta = a**2 - jnp.sum(w**2)
    # Where it would be 0 nothing moves but by N, and no root is needed.
    omega = jnp.sqrt(jnp.where(has_task | (delta != 0), delta**2 / 4 + s**2, 1))
    upper, lower = _rates(delta, s, omega, has_task | (delta != 0))

    # R = r_up e^(upper t) + r_low e^(lower t), and P alike.
    r_up, p_up = (s * x + upper * a) / (2 * omega), (s * a - lower * x) / (2 * omega)
    nothing = len(w) * jnp.finfo(w.dtype).eps * norm_of(jnp.append(w, a))
    absent = has_task & (jnp.hypot(r_up, p_up) <= nothing)
    # The derivative stays, since a change of the start may make it present.
    r_up = r_up - jax.lax.stop_gradient(jnp.where(absent, r_up, 0))
    p_up = p_up - jax.lax.stop_gradient(jnp.where(absent, p_up, 0))
    r_low, p_low = a - r_up, x - p_up

    # All is divided by e^c, the size of the largest term.
    def log_size(first: Array, second: Array, rate: Array) -> Array:
        most = jnp.maximum(jnp.abs(first), jnp.abs(second))
        return jnp.where(most > 0, jnp.log(jnp.where(most > 0, most, 1)) + rate * times, 0)

    c = jnp.maximum(log_size(r_up, p_up, upper), log_size(r_low, p_low, lower))
    c = jax.lax.stop_gradient(jnp.maximum(c, 0))
    grow, shrink, still = bounded_exp(upper * times - c), jnp.exp(lower * times - c), jnp.exp(-c)
    r = r_up * grow + r_low * shrink
    p = p_up * grow + p_low * shrink
    both = jnp.where(delta >= 0, grow * shrink, still**2)
    cross = 2 * r_up * r_low * both * times * relative_integral(jnp.abs(delta) * times)
    n = still**2 + 2 * (
        (r_up * grow) ** 2 * times * relative_integral(2 * upper * times)
        + cross
        + (r_low * still) ** 2 * times * relative_integral(-2 * lower * times)
    )
    weights = (p[:, None] * b + still[:, None] * across) / jnp.sqrt(n)[:, None]

    # s N - R P, in which the terms of e^(2 upper t) cancel by hand. What is constant in it is
    # -|across|^2 / delta in sum, written so once the rest, as e^(delta t), has faded.
    up, low = jnp.where(has_task, upper, 1), jnp.where(has_task, lower, -1)
    constant = (1 - r_up**2 / up - r_low**2 / low) * still**2 + 2 * cross
    faded = delta * times < -1
    falling = jnp.where(faded, delta, -1)
    product = r_up * r_low * grow * shrink
    constant_faded = (4 * product - jnp.sum(across**2) * still**2) / falling
    late = s * jnp.where(faded, constant_faded, constant) + delta / some * product
    late = late / n
    along = jnp.where(jnp.abs(late) < 1e-2 * s, late, s - r * p / n)
    error = along[:, None] * b - (r * still / n)[:, None] * across
    beside = norm_of(across)
    angle = jnp.where(has_task, jnp.arctan2(still * beside, p), jnp.nan)
    norm = jnp.hypot(p, still * beside) / jnp.sqrt(n)
    return SingleUnit(
        given[3],
        size * r / jnp.sqrt(n),
        size * weights,
        size * norm,
        angle,
        size * size * error,
    )


@highest_precision
def single_unit_trajectory(
    a: Real[ArrayLike, ""],
    w: Float[Array, " d"],
    beta: Float[Array, " d"],
    times: Float[Array, " t"],
) -> Trajectory:
    r"""`single_unit_weights` as a trajectory: gradient flow of $f(x) = a\, w^\top x$, exactly.

    Args:
        a: the readout's weight at the start.
        w: the unit's input weights at the start.
        beta: the teacher, with the targets $y = X \beta$ on inputs with $X^\top X = I$.
        times: at which to evaluate, in any order, none below 0.

    Returns:
        The trajectory with k = 1, for $W_1$ with the one row $w$ and $W_2 = (a)$.

    Raises:
        ValueError: as for `single_unit_weights`.

    Source: as for `single_unit_weights`.
    """
    unit = single_unit_weights(a, w, beta, times)
    q = jnp.concatenate([unit.weights, unit.readout[:, None]], axis=1)
    a, w, _, times = _checked(a, w, beta, times)
    q0 = jnp.append(w, a)[:, None]
    gram, shape = (m[:, :, None] * m[:, None, :] for m in (q, jax.vmap(scaled)(q)))
    return trajectory_of(times, gram, q0, unit.error[:, None, :], jnp.ones_like(a), shape=shape)


def _checked(
    a: ArrayLike, w: Array, beta: Array, times: Array
) -> tuple[Array, Array, Array, Array]:
    a, w = as_float("a", a), as_float("w", w, "d")
    beta, times = as_float("beta", beta, "d"), as_nonnegative("times", times, "t")
    if beta.shape != w.shape:
        raise ValueError(f"beta has shape {beta.shape}; allowed is {w.shape}, that of w.")
    require_some("the start (a and w)", a, w)
    dtype = jnp.result_type(w, beta, times)
    return a.astype(dtype), w.astype(dtype), beta.astype(dtype), times.astype(dtype)


def _rates(delta: Array, s: Array, omega: Array, moving: Array) -> tuple[Array, Array]:
    """delta / 2 + omega and delta / 2 - omega, each without cancellation: their product is -s^2."""
    far = jnp.where(moving, jnp.abs(delta) / 2 + omega, 0)
    near = s**2 / jnp.where(moving, far, 1)
    return jnp.where(delta >= 0, far, near), jnp.where(delta >= 0, -near, -far)
