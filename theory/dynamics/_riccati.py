r"""The matrix Riccati equation of balanced learning, in the eigenbasis of its linear part.

$\dot G = F G + G F - G^2$ from $G(0) = Q_0 Q_0^\top$ has the solution
$e^{Ft} Q_0 [I + Q_0^\top (\int_0^t e^{2Fs} ds) Q_0]^{-1} Q_0^\top e^{Ft}$. Written out so, it
overflows, and it loses small components of the start beside large ones. Here it is evaluated
otherwise.

In the eigenbasis of $F$ the start has the rows $C$. At each time, $C = L O^\top$ with orthonormal
columns $O$, where each column of $L$ begins in a *pivot* row: of the rows that are left, the one
that growth has made the largest. So $L_{ij} e^{\max(l_i, 0) t} = U_{ij} e^{s_j}$ with no entry of
$U$ above 1 in size, and with $q_i = (1 - e^{-2 |l_i| t}) / (2 |l_i|)$

$$G = e^{-\max(-l, 0) t}\, U \left( e^{-2s} + U^\top q\, U \right)^{-1} U^\top e^{-\max(-l, 0) t},$$

in which only decaying exponentials are left. The inverse comes from a QR decomposition.

The distance from the end, $\Delta = G - 2 \max(F, 0)$, is computed apart once a mode is learned.
On the pivot rows $G = X^{-1}$ up to decaying factors, with
$X = a L_\pi^{-\top} L_\pi^{-1} a + q + K^\top K$, $a = e^{-lt}$ and $K$ from the other rows,
so that $X^{-1} - 2 l = X^{-1} (1 - 2 l X)$ and the leading terms cancel by hand. Since
$2 \max(F, 0)$ has the teacher as its lower left block, $\Delta$ gives the error of the function
late in learning to its own relative accuracy.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array

from .._precision import highest_precision
from ._exponentials import bounded_exp, relative_integral
from ._riccati_tangent import Evaluated, tangent_in_eigenbasis

# A mode this near to its end, relatively, takes the form without cancellation.
LATE = 1e-2


class Start(NamedTuple):
    """The start in the eigenbasis: what does not depend on time. n = d + k, r = min(n, h)."""

    eigenvalues: Array  # (n,)
    basis: Array  # (n, n), eigenvectors in its columns
    log_size: Array  # (), the logarithm of the number by which rows are multiplied
    rows: Array  # (n, r), C up to that number and a rotation of the hidden units
    rotation: Array  # (r, h), by which C = rows @ rotation
    nothing: Array  # (), the size below which what is left of a row is rounding


class Factored(NamedTuple):
    """C = L O^T at one time, columns in the order in which the pivots were found."""

    lower: Array  # (n, r), L
    rotation: Array  # (r, r), O^T
    select: Array  # (r, n), one 1 in each row, at the pivot; none where no pivot was left


class Grown(NamedTuple):
    """A root of the Gram at one time in the eigenbasis, however small or large."""

    rows: Array  # (n, r), the largest entry 1
    log_size: Array  # (), the logarithm of the number by which rows are multiplied


@jax.custom_jvp
@jax.jit
def riccati_solution(
    teacher: Array, lam: Array, q0: Array, log_size: Array, times: Array
) -> tuple[Array, Array, Array]:
    """The Gram (t, n, n), the error of the function (t, k, d) and the Gram up to a factor.

    The start is q0 times the exponential of log_size, so that it may be smaller than any number.
    The error is teacher - W2 W1. The factor is a number at each time.
    """
    start = _start(teacher, lam, q0, log_size)
    states, grown = jax.vmap(lambda t: _evaluate(start, t))(times)
    return *_in_weights(teacher, start, states, times), _shape(start, grown)


@riccati_solution.defjvp
@highest_precision
@jax.jit
def _riccati_jvp(primals, tangents):
    teacher, lam, q0, log_size, times = primals
    d_teacher, d_lam, d_q0, _, d_times = tangents  # the size is a constant
    d = teacher.shape[1]
    start = _start(teacher, lam, q0, log_size)
    states, grown = jax.vmap(lambda t: _evaluate(start, t))(times)
    gram, error = _in_weights(teacher, start, states, times)
    eig, v = start.eigenvalues, start.basis
    d_f = v.T @ riccati_matrix(d_teacher, d_lam) @ v
    d_c = jnp.exp(log_size) * (v.T @ d_q0 @ start.rotation.T)

    def one(t, d_t, state):
        g = state.gram
        return tangent_in_eigenbasis(eig, state, t, d_f, d_c) + d_t * (
            eig[:, None] * g + g * eig - g @ g
        )

    d_gram = v @ jax.vmap(one)(times, d_times, states) @ v.T
    back = bounded_exp(-grown.log_size)[:, None, None]
    changes = d_gram, d_teacher - d_gram[:, d:, :d], d_gram * back * back
    return (gram, error, _shape(start, grown)), changes


def riccati_matrix(teacher: Array, lam: Array) -> Array:
    """F, as `balanced_trajectory` defines it."""
    k, d = teacher.shape
    half = (lam / 2).astype(teacher.dtype)
    eye_d, eye_k = jnp.eye(d, dtype=teacher.dtype), jnp.eye(k, dtype=teacher.dtype)
    return jnp.block([[half * eye_d, teacher.T], [teacher, -half * eye_k]])


def _start(teacher: Array, lam: Array, q0: Array, log_size: Array) -> Start:
    eig, v = _eigenbasis(teacher, lam)
    c = v.T @ q0
    n, h = c.shape
    rows, rotation = c, jnp.eye(h, dtype=c.dtype)
    if h > n:
        hidden, upper = jnp.linalg.qr(c.T)
        rows, rotation = upper.T, hidden.T
    nothing = max(n, h) * jnp.finfo(c.dtype).eps * jnp.linalg.norm(c)
    return Start(eig, v, log_size, rows, rotation, nothing)


def _eigenbasis(teacher: Array, lam: Array) -> tuple[Array, Array]:
    """F by the singular vectors of the teacher, so that the blocks of null vectors are exact."""
    k, d = teacher.shape
    m = min(k, d)
    u, s, vt = jnp.linalg.svd(teacher, full_matrices=True)
    half = lam / 2
    size = jnp.hypot(half, s)
    angle = jnp.arctan2(s, half) / 2
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    inputs, outputs = vt[:m].T, u[:, :m]
    v = jnp.block(
        [
            [inputs * cos, -inputs * sin, vt[m:].T, jnp.zeros((d, k - m), s.dtype)],
            [outputs * sin, outputs * cos, jnp.zeros((k, d - m), s.dtype), u[:, m:]],
        ]
    )
    rest = jnp.ones(d - m, s.dtype) * half, -jnp.ones(k - m, s.dtype) * half
    return jnp.concatenate([size, -size, *rest]), v


def _factor(start: Start, t: Array) -> Factored:
    """The pivoted factors of the start.

    What is left of a row and is no larger than the rounding of the start counts as zero. So a start
    of low rank stays at that rank, as under gradient flow, and a rounding error never grows.
    """
    n, r = start.rows.shape
    growth = jnp.maximum(start.eigenvalues, 0) * t

    def step(i, carry):
        rest, open_rows, lower, rotation, select = carry
        size = jnp.linalg.norm(rest, axis=1)
        open_rows = open_rows & (size > start.nothing)
        rest = jnp.where(open_rows[:, None], rest, 0)
        weight = jnp.where(open_rows, growth + jnp.log(jnp.where(open_rows, size, 1)), -jnp.inf)
        chosen = (jnp.arange(n) == jnp.argmax(weight)) & open_rows
        row = chosen @ rest
        # Against the rows before once more, for what rounding left of them.
        row = row - (rotation @ row) @ rotation
        norm = jnp.linalg.norm(row)
        unit = row / jnp.where(norm > 0, norm, 1)
        column = rest @ unit
        return (
            rest - jnp.outer(column, unit),
            open_rows & ~chosen,
            lower.at[:, i].set(column),
            rotation.at[i].set(unit),
            select.at[i].set(chosen.astype(rest.dtype)),
        )

    zeros = (jnp.zeros(shape, start.rows.dtype) for shape in ((n, r), (r, r), (r, n)))
    carry = jax.lax.fori_loop(0, r, step, (start.rows, jnp.ones(n, bool), *zeros))
    return Factored(*carry[2:])


def _evaluate(start: Start, t: Array) -> tuple[Evaluated, Grown]:
    eig = start.eigenvalues
    lower, rotation, select = _factor(start, t)
    found, pivot = jnp.sum(select, axis=1), jnp.sum(select, axis=0)
    up = jnp.maximum(eig, 0)
    q = t * relative_integral(2 * jnp.abs(eig) * t)
    gap = jnp.diag(1 - found)
    heads = jnp.diag(select @ lower + gap)
    s = (select @ up) * t + jnp.log(jnp.abs(heads)) + start.log_size
    there = lower != 0
    size = jnp.log(jnp.abs(jnp.where(there, lower, 1))) + up[:, None] * t + start.log_size
    c = jnp.maximum(s, 0)
    least = jnp.minimum(jnp.max(jnp.where(there, size - c, -jnp.inf)), 0)
    u = jnp.where(there, jnp.sign(lower) * jnp.exp(size - c - least), 0)
    kept = jnp.sqrt(q)[:, None] * u * jnp.exp(least)
    r = jnp.linalg.qr(jnp.concatenate([jnp.diag(jnp.exp(-c)), kept]), mode="r")
    v, inverse = _solve_both(r.T, u, select @ lower + gap)
    grown = _grown(v, jnp.minimum(eig, 0)[:, None] * t + least)
    v = v * jnp.exp(least)
    w = jnp.exp(jnp.minimum(eig, 0) * t)[:, None] * v
    response = solve_triangular(r, w.T, lower=False).T * jnp.exp(-c)

    # The distance from the end, its columns multiplied by e^(rate t) so that none underflows.
    learned, unlearned = (pivot > 0) & (eig > 0), (pivot == 0) & (eig > 0)
    slowest = jnp.max(jnp.where(unlearned, eig, 0))
    rate = jnp.where(eig > 0, jnp.where(learned, jnp.maximum(eig - slowest, 0), 0), -eig)
    direct = w @ v.T
    early = (direct - jnp.diag(2 * eig)) * bounded_exp(rate * t)
    late = _late_distance(start, t, lower, inverse - gap, select, q, rate, v, w)
    near = jnp.abs(jnp.diag(direct) - 2 * eig) <= LATE * 2 * eig
    distance = jnp.where(learned, jnp.where(near, late, early), direct)
    return Evaluated(w @ w.T, distance, rate, learned, q, response @ rotation), grown


def _grown(v: Array, log_scale: Array) -> Grown:
    """v with its rows multiplied by the exponential of log_scale, as a matrix of size 1."""
    there = v != 0
    size = jnp.where(there, jnp.log(jnp.abs(jnp.where(there, v, 1))) + log_scale, -jnp.inf)
    most = jnp.max(size)
    return Grown(v * bounded_exp(log_scale - most), most)


def _shape(start: Start, grown: Grown) -> Array:
    root = start.basis @ grown.rows
    return root @ jnp.swapaxes(root, 1, 2)


def _solve_both(r: Array, u: Array, pivots: Array) -> tuple[Array, Array]:
    """u r^-T and the inverse of the pivots, both by lower triangles, in one batched call."""
    n, size = u.shape
    eye = jnp.eye(size, n, dtype=u.dtype)
    solved = jax.vmap(lambda a, b: solve_triangular(a, b, lower=True))(
        jnp.stack([r, pivots]), jnp.stack([u.T, eye])
    )
    return solved[0].T, solved[1, :, :size]


def _late_distance(
    start: Start,
    t: Array,
    lower: Array,
    inverse: Array,
    select: Array,
    q: Array,
    rate: Array,
    v: Array,
    w: Array,
) -> Array:
    """The distance from the end in the columns of learned modes, times e^(rate t)."""
    eig = start.eigenvalues
    # The columns of other pivots are not used, and must not overflow.
    eig_pivot, rate_pivot = select @ eig, select @ jnp.where(eig > 0, rate, 0)
    other = (1 - jnp.sum(select, axis=0))[:, None] * (lower @ inverse)
    up, up_pivot = jnp.maximum(eig, 0), jnp.maximum(eig_pivot, 0)
    own, scaled_own = jnp.exp(-up_pivot * t), jnp.exp((rate_pivot - up_pivot) * t)
    a = bounded_exp(-up_pivot * t - start.log_size)
    scaled_a = bounded_exp((rate_pivot - up_pivot) * t - start.log_size)
    exponent = (up[:, None] - up_pivot) * t
    k = jnp.sqrt(q)[:, None] * bounded_exp(exponent) * other
    scaled_k = jnp.sqrt(q)[:, None] * bounded_exp(exponent + rate_pivot * t) * other
    # What is small in v meets what is large in a first, or their squares would overflow.
    heads = select @ v
    squares = ((inverse * a) @ heads).T @ (inverse * scaled_a) + heads.T @ (k.T @ scaled_k)
    left = heads.T * (own * scaled_own) - 2 * eig_pivot * squares
    rest = bounded_exp((eig[:, None] - up_pivot + rate_pivot) * t) * other
    return (w @ left + 2 * eig_pivot * rest) @ select


def _in_weights(
    teacher: Array, start: Start, states: Evaluated, times: Array
) -> tuple[Array, Array]:
    """The Gram and the error of the function, out of the eigenbasis."""
    d = teacher.shape[1]
    v, eig = start.basis, start.eigenvalues
    distance = states.distance * jnp.exp(-states.rate * times[:, None])[:, None, :]
    unlearned = jnp.where(~states.learned & (eig > 0), 2 * eig, 0)
    left = unlearned[:, None, :] * jnp.eye(len(eig), dtype=eig.dtype) - distance
    return v @ states.gram @ v.T, v[d:] @ left @ v[:d].T
