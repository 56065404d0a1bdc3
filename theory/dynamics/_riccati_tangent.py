r"""The derivative of the Riccati solution, in closed form.

The decomposition that `_riccati.py` goes through cannot be differentiated where eigenvalues
coincide, which they mostly do; the solution can. Its derivative solves
$\dot{\delta G} = (F - G) \delta G + \delta G (F - G) + \delta F\, G + G\, \delta F$, hence

$$\delta G(t) = T_t\, \delta(Q_0 Q_0^\top)\, T_t^\top
    + \int_0^t \left( T_u\, \delta F\, e^{-Fu} G(t) + \text{its transpose} \right) du,$$

$T_u = e^{Fu} - G(t) F^{-1} \sinh(F u)$ being what carries a deviation over the last $u$ of the
time. In the eigenbasis every entry is an integral of exponentials. With $G = 2 l + \Delta$ on the
learned modes, $e^{lu} - 2 \sinh(lu) = e^{-lu}$ takes the growing ones out.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array

from ._exponentials import bounded_exp, exponential_integral, sinh_integral


class Evaluated(NamedTuple):
    """The solution at one time in the eigenbasis, n = d + k."""

    gram: Array  # (n, n)
    distance: Array  # (n, n), from the end of the learned modes; each column times e^(rate t)
    rate: Array  # (n,), not negative
    learned: Array  # (n,), whether the end is 2 l, not 0
    q: Array  # (n,), the integral of e^(-2 |l| u)
    response: Array  # (n, r), T_t Q_0 up to a rotation


def tangent_in_eigenbasis(eig: Array, state: Evaluated, t: Array, d_f: Array, d_c: Array) -> Array:
    """How the Gram (n, n) answers to a change of F (n, n) and of Q0 (n, r), both in its basis."""
    learned = state.learned
    size, nu, delta = jnp.abs(eig), state.rate, state.distance
    carried = jnp.where(learned, -eig, eig)
    end = jnp.where(learned, 2 * eig, 0)
    propagator = jnp.diag(bounded_exp(carried * t))
    propagator = propagator - delta * (bounded_exp((size - nu) * t) * state.q)
    from_start = (propagator @ d_c) @ state.response.T

    row = carried[:, None] - eig
    a, rate = jnp.broadcast_arrays(size[:, None], eig)
    left, right = jnp.broadcast_arrays(nu[:, None], nu)
    free_end = exponential_integral(row, t, jnp.zeros_like(row)) * d_f * end
    free_delta = (exponential_integral(row, t, right) * d_f) @ delta.T
    back_end = sinh_integral(a, rate, t, left) * d_f * end
    back_delta = (sinh_integral(a, rate, t, left + right) * d_f) @ delta.T
    from_f = free_end + free_delta - delta @ (back_end + back_delta)
    half = from_start + from_f
    return half + half.T
