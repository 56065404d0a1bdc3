"""Fixtures that every test may ask for, and hypothesis settings that repeat themselves."""

import os
import shutil
import sys
from pathlib import Path

import jax
import jaxtyping
import pytest
from hypothesis import HealthCheck, settings

# Derandomized, so that a run that passed passes again. Both fixtures below set a switch that no
# example changes, so one setting may serve many examples.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    # Each compiles programs of its own shapes.
    max_examples=3,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.register_profile("release", settings.get_profile("repeatable"), max_examples=200)
# What a test compiles is of tests alone, and no user's cache should grow by it.
os.environ["RICHLAZY_KEEP_COMPILED"] = "0"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


# XLA ends the process at a flag that it does not know; these versions know the one below.
KNOWN = (0, 8) <= jax.__version_info__ < (0, 11)


def pytest_configure(config):
    """Compile a third faster where no slow test runs: without XLA's newest code generation."""
    if KNOWN and config.option.markexpr == "not slow":
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_use_fusion_emitters=false".strip()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Without XLA's optimizations, which halves the time of compiling; slow tests as users run.

    JAX reads the switch whenever it compiles, and what a test starts reads the variable.
    """
    hasty = item.get_closest_marker("slow") is None
    os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = str(int(hasty))
    if jax.config.read("jax_disable_most_optimizations") != hasty:
        jax.config.update("jax_disable_most_optimizations", hasty)
        jax.clear_caches()  # of what was compiled the other way


@pytest.fixture
def x64():
    """Float64 for the length of one test."""
    enable = getattr(jax, "enable_x64", None)
    if enable is None:
        from jax.experimental import enable_x64 as enable  # pyright: ignore[reportAttributeAccessIssue]
    with enable(True):
        yield


@pytest.fixture
def no_shape_checks():
    """Without jaxtyping's own checks, as for users, so that our errors are reached."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", before)


@pytest.fixture(scope="session")
def uv():
    """The program uv; the README installs it beside the interpreter, perhaps not on the path."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    found = shutil.which("uv", path=places)
    if found is None:
        pytest.skip("uv is neither on the path nor beside Python")
    return found
