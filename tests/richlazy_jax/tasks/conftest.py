"""Fixtures of the task tests."""

import functools
from statistics import NormalDist

import jax
import numpy as np
import pytest


@pytest.fixture(scope="session")
def draw():
    """`draw(task, key, n)` is `task.sample(key, n)`, compiled once for all tests."""

    @functools.partial(jax.jit, static_argnums=(0, 2))
    def draw(task, key, n):
        return task.sample(key, n)

    return draw


@pytest.fixture(scope="session")
def assert_within_errors():
    """A check that estimates lie within 3 standard errors of what is expected."""

    def check(estimates, expected, standard_errors):
        z = np.abs((np.asarray(estimates, float) - expected) / standard_errors)
        # Many estimates at once get the limit that is passed by chance as rarely as 3 is by one.
        limit = NormalDist().inv_cdf(1 - NormalDist().cdf(-3) / z.size)
        assert np.max(z) < limit, f"{np.max(z):.2f} standard errors off, {limit:.2f} allowed"

    return check
