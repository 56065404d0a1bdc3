"""When a row holds, and what it says when it does not."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from experiments.verify import Row
from experiments.verify._row import curve_row, exact_row, mean_row, variance_row

ABOUT: dict[str, Any] = {"name": "n", "statement": "s", "setting": "t", "quantity": "q"}
GOOD = Row(**ABOUT, predicted=0.5, measured=0.5, standard_error=1e-3, runs=100, kind="mean")


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({}, None),
        ({"measured": 0.5029}, None),
        ({"measured": 0.5031}, "above 3 standard errors"),
        ({"measured": 0.4969}, "above 3 standard errors"),
        # Within its error, yet farther off than one per cent: more seeds are needed.
        ({"measured": 0.51, "standard_error": 0.01}, "about 400 seeds would tell"),
        # No spread at all: rounding is allowed and no more.
        ({"measured": 0.500009, "standard_error": 0.0}, None),
        ({"measured": 0.500011, "standard_error": 0.0}, "above 3 standard errors"),
        ({"worst_loss": 1e-3}, "was not trained"),
        ({"worst_loss": math.nan}, "was not trained"),
        ({"measured": math.nan}, "not finite"),
        ({"kind": "exact", "measured": 0.500009}, None),
        ({"kind": "exact", "measured": 0.500011}, "above 1e-05"),
        ({"kind": "curve", "standard_error": 0.0, "measured": 0.5099}, None),
        ({"kind": "curve", "standard_error": 0.0, "measured": 0.4899}, "above 0.01"),
        ({"kind": "variance", "standard_error": 0.08, "measured": 0.7}, None),
        ({"kind": "variance", "standard_error": 0.08, "measured": 0.75}, "standard errors"),
        ({"kind": "variance", "standard_error": 0.09, "measured": 0.5}, "too few seeds"),
    ],
)
def test_verdict(change, failure):
    row = dataclasses.replace(GOOD, **change)
    assert row.holds == (failure is None)
    if failure is None:
        assert row.failure is None
    else:
        assert failure in row.failure


def test_mean_row_takes_the_error_of_the_difference():
    predicted = np.array([1.0, 5.0, 9.0])
    row = mean_row(predicted, predicted + np.array([0.1, 0.2, 0.3]), **ABOUT)
    assert row.predicted == pytest.approx(5)
    assert row.measured == pytest.approx(5.2)
    assert row.standard_error == pytest.approx(0.1 / math.sqrt(3))
    assert row.z == pytest.approx(0.2 / row.standard_error)


def test_variance_row_is_unbiased_and_its_error_is_that_seen():
    rng = np.random.default_rng(0)
    rows = [variance_row(4.0, 2 * rng.standard_normal(50), **ABOUT) for _ in range(2000)]
    measured = np.array([r.measured for r in rows])
    assert abs(measured.mean() - 4) < 3 * measured.std() / math.sqrt(2000)
    stated = np.mean([r.standard_error for r in rows])
    assert stated == pytest.approx(measured.std(), rel=0.1)


def test_exact_row_shows_the_farthest_run():
    row = exact_row([1.0, 2.0, 3.0], [1.0, 2.5, 3.1], **ABOUT)
    assert (row.predicted, row.measured) == (2.0, 2.5)
    assert not exact_row(1.0, [1.0, math.nan], **ABOUT).holds


def test_curve_row_shows_its_farthest_time_and_keeps_its_first_network():
    times = np.linspace(0, 1, 5)
    predicted = np.stack([1 - times, 1 - times / 2])
    measured = predicted[:, ::2] + np.array([[0, 0.002, 0], [0, 0, -0.005]])
    row = curve_row(predicted, measured, times=times, finer=2, **ABOUT)
    assert (row.predicted, row.runs, row.z) == (0.5, 2, None)
    assert row.measured == pytest.approx(0.495)
    assert row.curve is not None
    assert row.curve.times == tuple(times)
    assert row.curve.predicted == tuple(predicted[0])
    assert row.curve.measured_times == (0, 0.5, 1)
    assert row.curve.measured == tuple(measured[0])
