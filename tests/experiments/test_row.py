"""When a row holds, and what it says when it does not."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from experiments.verify import Row
from experiments.verify._row import (
    ALLOWED_ERRORS,
    FALSE_ALARMS,
    MOST_ROWS,
    Control,
    curve_row,
    exact_row,
    mean_row,
    variance_row,
)

ABOUT: dict[str, Any] = {"name": "n", "statement": "s", "setting": "t", "quantity": "q"}
GOOD = Row(**ABOUT, predicted=0.5, measured=0.5, standard_error=1e-3, runs=100, kind="mean")
Z = ALLOWED_ERRORS


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({}, None),
        ({"measured": 0.5 + 0.99e-3 * Z}, None),
        ({"measured": 0.5 + 1.01e-3 * Z}, "above 4.2 standard errors"),
        ({"measured": 0.5 - 1.01e-3 * Z}, "above 4.2 standard errors"),
        # Within its error, which is too great to tell anything.
        (
            {"measured": 0.51, "standard_error": 0.01},
            "too few networks to tell (detects 12 % only)",
        ),
        # No spread at all: rounding is allowed and no more.
        ({"measured": 0.500009, "standard_error": 0.0}, None),
        ({"measured": 0.500011, "standard_error": 0.0}, "above 4.2 standard errors"),
        ({"worst_loss": 1e-3}, "was not trained"),
        ({"worst_loss": math.nan}, "was not trained"),
        ({"measured": math.nan}, "not finite"),
        ({"kind": "exact", "measured": 0.500009}, None),
        ({"kind": "exact", "measured": 0.500011}, "above 1e-05"),
        ({"kind": "curve", "tolerance": 1e-3, "scale": 0.2, "measured": 0.50019}, None),
        ({"kind": "curve", "tolerance": 1e-3, "scale": 0.2, "measured": 0.50021}, "above 0.0002"),
        ({"kind": "variance", "standard_error": 0.02, "measured": 0.5 + 0.0199 * Z}, None),
        ({"kind": "variance", "standard_error": 0.02, "measured": 0.59}, "standard errors"),
        ({"kind": "variance", "standard_error": 0.03, "measured": 0.5}, "too few networks"),
    ],
)
def test_verdict(change, failure):
    row = dataclasses.replace(GOOD, **change)
    assert row.holds == (failure is None)
    if failure is None:
        assert row.failure is None
    else:
        assert failure in row.failure


def test_all_rows_together_have_one_false_alarm_in_a_thousand_seeds():
    two_sided = math.erfc(ALLOWED_ERRORS / math.sqrt(2))
    assert MOST_ROWS * two_sided == pytest.approx(FALSE_ALARMS)


@pytest.mark.parametrize("kind", ["mean", "variance"])
def test_what_a_row_detects_is_caught_in_95_of_100(kind):
    """By simulation: formulas that are wrong by as much as the row says it detects."""
    rng, caught, draws = np.random.default_rng(1), 0, 2000
    for _ in range(draws):
        row = dataclasses.replace(GOOD, kind=kind, standard_error=2e-3)
        wrong = row.predicted * (1 + rng.choice([-1, 1]) * row.detects)
        true = row.predicted + 2e-3 * rng.standard_normal()
        # What is stated is relative to the formula's own prediction, which differs by as much.
        caught += not dataclasses.replace(row, predicted=wrong, measured=true).holds
    assert abs(caught / draws - 0.95) < 3 * math.sqrt(0.95 * 0.05 / draws)


def test_an_exact_row_and_a_curve_detect_what_they_say():
    exact = exact_row([0.5, 0.8], [0.5, 0.800004], **ABOUT)
    for sign in (1, -1):
        wrong = exact.predicted * (1 + sign * 1.001 * exact.detects)
        assert not dataclasses.replace(exact, predicted=wrong).holds
    times = np.linspace(0, 4, 41)

    def formula(weight, clock):
        return np.stack([weight * np.exp(-clock * times), weight * np.exp(-2 * clock * times)])

    def row(weight, clock):
        said, off = formula(weight, clock), 1e-4 * np.cos(times)
        shifted = formula(1.01 * weight, clock), formula(weight, 1.01 * clock)
        seen = formula(1, 1) * (1 + off)
        return curve_row(said, seen, shifted, times=times, tolerance=1e-3, **ABOUT)

    right = row(1, 1)
    assert right.holds
    for sign in (1, -1):
        error = 1.05 * sign * right.detects
        assert not row(1 + error, 1).holds
        assert not row(1, 1 + error).holds


def test_mean_row_takes_the_error_of_the_difference():
    predicted = np.array([1.0, 5.0, 9.0])
    row = mean_row(predicted, predicted + np.array([0.1, 0.2, 0.3]), **ABOUT)
    assert row.predicted == pytest.approx(5)
    assert row.measured == pytest.approx(5.2)
    assert row.standard_error == pytest.approx(0.1 / math.sqrt(3))
    assert row.z == pytest.approx(0.2 / row.standard_error)


def test_a_control_leaves_the_mean_and_makes_its_error_smaller():
    rng, draws = np.random.default_rng(2), 400
    means, stated = [], []
    for _ in range(draws):
        own, others = rng.exponential(size=50), rng.exponential(size=(50, 20))
        # A control that is wrong by a factor, and networks with noise of their own.
        measured = own + 0.05 * rng.standard_normal(50)
        row = mean_row(1.0, measured, Control(0.9 * own, 0.9 * others), **ABOUT)
        means.append(row.measured)
        stated.append(row.standard_error)
        assert row.standard_error < 0.5 * mean_row(1.0, measured, **ABOUT).standard_error
    assert abs(np.mean(means) - 1) < 3 * np.std(means) / math.sqrt(draws)
    assert np.mean(stated) == pytest.approx(np.std(means), rel=0.12)


def test_variance_row_is_unbiased_and_its_error_is_that_seen():
    rng, draws = np.random.default_rng(0), 600
    rows = []
    for _ in range(draws):
        own, others = 2 * rng.standard_normal(50), 2 * rng.standard_normal((50, 30))
        measured = own + 0.1 * rng.standard_normal(50)
        rows.append(variance_row(4.01, measured, Control(own, others), **ABOUT))
    seen = np.array([r.measured for r in rows])
    assert abs(seen.mean() - 4.01) < 3 * seen.std() / math.sqrt(draws)
    stated = np.mean([r.standard_error for r in rows])
    assert stated == pytest.approx(seen.std(), rel=0.1)


def test_exact_row_shows_the_farthest_run():
    row = exact_row([1.0, 2.0, 3.0], [1.0, 2.5, 3.1], **ABOUT)
    assert (row.predicted, row.measured) == (2.0, 2.5)
    assert not exact_row(1.0, [1.0, math.nan], **ABOUT).holds


def test_curve_row_shows_its_farthest_time_and_keeps_its_first_network():
    times = np.linspace(0, 1, 5)
    predicted = np.stack([1 - times, 1 - times / 2])
    measured = predicted[:, ::2] + np.array([[0, 0.002, 0], [0, 0, -0.005]])
    shifted = predicted * 1.01, predicted * 1.02
    row = curve_row(predicted, measured, shifted, times=times, tolerance=0.02, finer=2, **ABOUT)
    assert (row.predicted, row.runs, row.z) == (0.5, 2, None)
    assert row.measured == pytest.approx(0.495)
    assert row.scale == 0.5
    # The lesser of the two answers.
    assert row.response == pytest.approx(1)
    assert row.detects == pytest.approx(0.02 + 0.01)
    assert row.curve is not None
    assert row.curve.times == tuple(times)
    assert row.curve.predicted == tuple(predicted[0])
    assert row.curve.measured_times == (0, 0.5, 1)
    assert row.curve.measured == tuple(measured[0])
    lost = measured * np.nan
    lost_row = curve_row(predicted, lost, shifted, times=times, tolerance=1.0, finer=2, **ABOUT)
    assert not lost_row.holds
