"""Fixtures of the connectivity tests."""

from statistics import NormalDist

import jax
import numpy as np
import pytest


@pytest.fixture(scope="session")
def draws():
    """`draws(generate, n, seed)` is what `generate` makes of n keys, in one compiled program."""

    def draws(generate, n, seed=0):
        keys = jax.random.split(jax.random.key(seed), n)
        return np.asarray(jax.jit(jax.vmap(generate))(keys), np.float64)

    return draws


@pytest.fixture(scope="session")
def assert_means():
    """A check that means over independent draws (axis 0) lie within 3 standard errors of theirs.

    The standard errors come from the spread of the draws. Many means at once get the limit that is
    passed by chance as rarely as 3 is by one. What does not vary must be right to rounding.
    """

    def check(values, expected):
        values = np.asarray(values, np.float64)
        off = np.abs(values.mean(0) - expected)
        errors = values.std(0, ddof=1) / np.sqrt(len(values))
        limit = NormalDist().inv_cdf(1 - NormalDist().cdf(-3) / off.size)
        rounding = 1e-6 * np.abs(values).max(0)
        worst = np.max(off / np.maximum(errors, 1e-300))
        assert np.all(off <= limit * errors + rounding), (
            f"{worst:.2f} standard errors off, {limit:.2f} allowed"
        )

    return check
