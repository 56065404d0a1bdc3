"""Integrals of exponentials that neither overflow nor cancel, whatever the rate and the time."""

import math

import jax.numpy as jnp
from jaxtyping import Array


def relative_integral(x: Array) -> Array:
    r"""$\int_0^1 e^{-x v}\, dv = (1 - e^{-x}) / x$, which is 1 at 0."""
    small = jnp.abs(x) < 1e-4
    safe = jnp.where(small, 1, x)
    # The series keeps the derivative at 0.
    return jnp.where(small, 1 - x / 2 + x**2 / 6 - x**3 / 24, -jnp.expm1(-safe) / safe)


def exponential_integral(rate: Array, t: Array, decay: Array) -> Array:
    r"""$e^{-\mathrm{decay}\, t} \int_0^t e^{\mathrm{rate}\, u}\, du$ with one exponential alone."""
    growth = jnp.maximum(rate, 0) - decay
    return bounded_exp(growth * t) * t * relative_integral(jnp.abs(rate) * t)


def sinh_integral(a: Array, rate: Array, t: Array, decay: Array) -> Array:
    r"""$e^{-\mathrm{decay}\, t} \int_0^t a^{-1} \sinh(a u)\, e^{-\mathrm{rate}\, u}\, du$.

    It is a divided difference of `exponential_integral`, and where $a t$ is small its Taylor
    series to the order $a^2$, whose remainder is of relative order $(a t)^4 / 120$.
    """
    small = a * t < _small(a)
    safe = jnp.where(small, 1, a)
    upper = exponential_integral(safe - rate, t, decay)
    lower = exponential_integral(-safe - rate, t, decay)
    x = -rate * t
    first, third = _odd_moments(x)
    series = first + (a * t) ** 2 / 6 * third
    near = bounded_exp(jnp.maximum(x, 0) - decay * t) * t**2 * series
    return jnp.where(small, near, (upper - lower) / (2 * safe))


def bounded_exp(x: Array) -> Array:
    """The exponential, held below overflow where a product with a vanishing number would be nan."""
    return jnp.exp(jnp.minimum(x, 0.8 * math.log(jnp.finfo(x.dtype).max)))


def _small(a: Array) -> float:
    # Where the rounding of the difference, eps / (a t), equals the remainder of the series.
    return float(120 * jnp.finfo(a.dtype).eps) ** 0.2


def _odd_moments(x: Array) -> tuple[Array, Array]:
    r"""$\int_0^1 v e^{x v} dv$ and $\int_0^1 v^3 e^{x v} dv$, both divided by $e^{\max(x, 0)}$."""
    near = jnp.abs(x) < 1
    small, large = jnp.where(near, x, 0), jnp.where(near, 1, x)
    term, first, third = jnp.ones_like(x), jnp.zeros_like(x), jnp.zeros_like(x)
    for k in range(20):
        first, third = first + term / (k + 2), third + term / (k + 4)
        term = term * small / (k + 1)
    scale = jnp.exp(-jnp.maximum(small, 0))
    # By parts from the order 0, which loses no more than a digit at |x| >= 1.
    top, moment = jnp.exp(jnp.minimum(large, 0)), jnp.sign(large) * -jnp.expm1(-jnp.abs(large))
    moments = [moment / large]
    for k in range(1, 4):
        moments.append((top - k * moments[-1]) / large)
    return jnp.where(near, first * scale, moments[1]), jnp.where(near, third * scale, moments[3])
