"""The integrals of exponentials against many digits, over all sizes of rate and time."""

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from theory.dynamics._exponentials import exponential_integral, relative_integral, sinh_integral

RATES = [0.0, 1e-12, 1e-5, 9e-5, 2e-4, 3e-3, 0.7, 1.0, 4.0, 30.0]
SIGNED = RATES + [-r for r in RATES[1:]]


def test_single_integrals(x64):
    rates = jnp.array(SIGNED)
    for t in (0.0, 0.3, 1.0, 8.0):
        with mpmath.workdps(60):
            exact = [
                mpmath.expm1(r * t) / r if r else mpmath.mpf(t) for r in map(mpmath.mpf, SIGNED)
            ]
            relative = [-mpmath.expm1(-r * t) / (r * t) if r * t else 1 for r in SIGNED]
        got = exponential_integral(rates, jnp.asarray(t), jnp.zeros(len(SIGNED)))
        # An exponent of up to 240 is rounded to 2e-16 of itself.
        np.testing.assert_allclose(got, np.array(exact, float), rtol=1e-13)
        np.testing.assert_allclose(
            relative_integral(rates * t), np.array(relative, float), rtol=1e-13
        )


@pytest.mark.parametrize("t", [0.3, 1.0, 8.0])
def test_sinh_integral(x64, t):
    pairs = [(a, r) for a in RATES for r in SIGNED if a - r and a + r]
    with mpmath.workdps(60):

        def exact(a, r):
            a, r = mpmath.mpf(a), mpmath.mpf(r)
            if a == 0:  # the limit: the integral of u e^(-r u)
                return (1 - mpmath.exp(-r * t) * (1 + r * t)) / r**2
            up, down = a - r, -a - r
            return (mpmath.expm1(up * t) / up - mpmath.expm1(down * t) / down) / (2 * a)

        expected = np.array([exact(*pair) for pair in pairs], float)
    a, rate = jnp.array(pairs).T
    got = sinh_integral(a, rate, jnp.asarray(t), jnp.zeros(len(pairs)))
    # Where the series ends, at a t = 2e-3, both forms are good to 2e-16 / 2e-3.
    np.testing.assert_allclose(got, expected, rtol=1e-12)
