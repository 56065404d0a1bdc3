"""Fixtures that every test may ask for, and hypothesis settings that repeat themselves."""

import os

import jax
import jaxtyping
import pytest
from hypothesis import HealthCheck, settings

# Most of the time of the tests goes into compiling, which takes half as long without the back end's
# optimizations. What the caller's XLA_FLAGS say of them stands.
if "backend_optimization_level" not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = (
        os.environ.get("XLA_FLAGS", "") + " --xla_backend_optimization_level=0"
    ).strip()

# Derandomized, so that a run that passed passes again. Both fixtures below set a switch that no
# example changes, so one setting may serve many examples.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("repeatable")


@pytest.fixture
def x64():
    """Float64 for the length of one test."""
    enable = getattr(jax, "enable_x64", None)
    if enable is None:
        from jax.experimental import enable_x64 as enable
    with enable(True):
        yield


@pytest.fixture
def no_shape_checks():
    """Without jaxtyping's own checks, as for users, so that our errors are reached."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", before)
