"""Trajectories beside training: what the rows of `richlazy verify` would notice."""

import jax
import numpy as np
import pytest

from experiments.verify import _trajectories
from experiments.verify._draw_trajectories import draw_trajectories
from experiments.verify._trajectories import CASES, check_trajectories
from theory import dynamics


def rows_of(monkeypatch, name):
    monkeypatch.setattr(_trajectories, "CASES", tuple(c for c in CASES if c.name == name))
    return list(check_trajectories(jax.random.key(0), 2, False))


def test_training_follows_its_trajectory_and_no_other(monkeypatch):
    good = rows_of(monkeypatch, "balanced-0")
    assert len(good) == 2
    assert all(row.holds for row in good)
    assert good[0].curve is not None
    assert good[1].curve is not None
    # Rich, or agreement would be of two curves that stand still.
    assert min(good[0].curve.measured) < 0.9
    assert good[1].curve.measured[-1] < 0.01
    # Within 1 % of the curve itself too, not of its start alone.
    predicted = np.array(good[0].curve.predicted)[:: _trajectories.FINER]
    np.testing.assert_allclose(good[0].curve.measured, predicted, rtol=0.01)
    figure = draw_trajectories(good)
    assert len(figure.axes) == 2
    right = dynamics.balanced_trajectory
    # A clock that runs 5 % fast.
    monkeypatch.setattr(
        dynamics, "balanced_trajectory", lambda w1, w2, b, t: right(w1, w2, b, 1.05 * t)
    )
    late = rows_of(monkeypatch, "balanced-0")
    assert not any(row.holds for row in late)


@pytest.mark.slow
@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_each_case_holds_for_other_networks(monkeypatch, name):
    assert all(row.holds for row in rows_of(monkeypatch, name))
