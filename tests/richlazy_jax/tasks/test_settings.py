"""Settings of the tasks, their names and what is refused."""

import dataclasses
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from richlazy_jax.tasks import (
    ContextDecision,
    DelayMatchToSample,
    PerceptualDecision,
    Task,
    Trials,
    task_by_name,
)

TASKS = (PerceptualDecision, DelayMatchToSample, ContextDecision)


def fails_with(message):
    return pytest.raises(ValueError, match=re.escape(message))


@pytest.mark.parametrize("kind", TASKS)
def test_by_name_gives_the_papers_settings(kind):
    task = task_by_name(kind.name)
    assert task == kind()
    assert isinstance(task, Task)


def test_names():
    assert [kind.name for kind in TASKS] == ["2AF", "DMS", "CXT"]


@pytest.mark.parametrize(
    ("name", "nearest"), [("2AFC", "2AF"), ("dms", "DMS"), ("CTX", "CXT"), ("context", "CXT")]
)
def test_unknown_name_lists_what_there_is(name, nearest):
    message = f"name is {name!r}; allowed are 2AF, DMS, CXT. The nearest is {nearest}."
    with fails_with(message):
        task_by_name(name)


def test_any_class_with_the_attributes_is_a_task():
    class Mine:
        name, n_inputs, n_outputs, n_steps, decision_step = "mine", 1, 2, 3, 2

        def sample(self, key, n_trials):
            return Trials(jnp.zeros((n_trials, 3, 1)), jnp.zeros((n_trials, 3), int))

    assert isinstance(Mine(), Task)
    assert not isinstance(object(), Task)


@pytest.mark.parametrize("kind", TASKS)
def test_tasks_are_frozen_and_compared_by_value(kind):
    task = kind()
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.noise_sigma = 2.0
    same = kind(dt_ms=np.float64(100))
    assert same == task
    assert hash(same) == hash(task)
    assert dataclasses.replace(task, noise_sigma=0.5) != task


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("dt_ms", 0.0, "finite numbers above 0"),
        ("dt_ms", float("nan"), "finite numbers above 0"),
        ("noise_sigma", -0.1, "finite numbers from 0"),
        ("noise_sigma", float("inf"), "finite numbers from 0"),
        ("fixation_ms", -100.0, "finite numbers from 0"),
        ("delay_ms", 250.0, "whole multiples of dt_ms, 100.0"),
        ("decision_ms", 0.0, "finite numbers above 0"),
        ("decision_ms", 99.9, "whole multiples of dt_ms, 100.0"),
    ],
)
def test_bad_setting(kind, name, value, allowed):
    with fails_with(f"{name} is {value!r}; allowed are {allowed}."):
        kind(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dt_ms", "100"),
        ("dt_ms", True),
        ("delay_ms", None),
        ("coherences", "50"),
        ("coherences", 5.0),
        ("coherences", (None,)),
    ],
)
def test_setting_of_a_wrong_type(name, value):
    # Where the run checks types against annotations, that check comes first, with a TypeError.
    with pytest.raises((ValueError, TypeError), match=name):
        PerceptualDecision(**{name: value})


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (PerceptualDecision, "stimulus_ms"),
        (ContextDecision, "stimulus_ms"),
        (DelayMatchToSample, "sample_ms"),
        (DelayMatchToSample, "test_ms"),
    ],
)
def test_a_task_needs_its_stimuli(kind, name):
    with fails_with(f"{name} is 0.0; allowed are finite numbers above 0."):
        kind(**{name: 0.0})


@pytest.mark.parametrize("kind", [PerceptualDecision, ContextDecision])
@pytest.mark.parametrize(
    ("value", "shown"),
    [((), ()), ((5.0, -1.0), -1.0), ((101.0,), 101.0)],
)
def test_bad_coherences(kind, value, shown):
    message = f"coherences is {shown!r}; allowed are percentages from 0 to 100, at least one."
    with fails_with(message):
        kind(coherences=value)


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("n_trials", [0, -3, True])
def test_bad_number_of_trials(kind, n_trials):
    with fails_with(f"n_trials is {n_trials!r}; allowed is a whole number >= 1."):
        kind().sample(jax.random.key(0), n_trials)


@settings(deadline=None, max_examples=100)
@given(
    dt=st.sampled_from([0.1, 0.3, 1.0, 7.0, 12.5, 100.0]),
    steps=st.tuples(*[st.integers(low, 3000) for low in (0, 1, 0, 1)]),
)
def test_times_become_whole_steps(dt, steps):
    names = ("fixation", "stimulus", "delay", "decision")
    times = {f"{name}_ms": n * dt for name, n in zip(names, steps, strict=True)}
    task = PerceptualDecision(dt_ms=dt, **times)
    assert task.n_steps == sum(steps)
    ends = np.cumsum(steps)
    for name, n, end in zip(names, steps, ends, strict=True):
        assert task.periods[name] == slice(end - n, end)
