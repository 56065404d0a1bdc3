"""Trajectories beside training: what the rows of `richlazy verify` would notice."""

import jax
import pytest

from experiments.verify import _lazy_limit, _trajectories
from experiments.verify._lazy_limit import check_lazy_limit
from experiments.verify._trajectories import CASES, check_trajectories
from experiments.verify.draw_trajectories import draw_trajectories
from theory import dynamics


def rows_of(monkeypatch, name):
    monkeypatch.setattr(_trajectories, "CASES", tuple(c for c in CASES if c.name == name))
    return list(check_trajectories(jax.random.key(0), 4, False))


@pytest.mark.slow
def test_training_follows_its_trajectory_and_no_other(monkeypatch):
    good = rows_of(monkeypatch, "balanced-0")
    assert len(good) == 2
    for row in good:
        assert row.holds
        assert row.detects < 0.01
        assert row.numerical == "step to 0"
        assert row.curve is not None
    alignment, loss = (row.curve for row in good if row.curve is not None)
    # Rich, or agreement would be of two curves that stand still.
    assert max(alignment.measured) > 0.1
    assert loss.measured[-1] < 0.01
    figure = draw_trajectories(good)
    assert len(figure.axes) == 2
    right = dynamics.balanced_trajectory
    # A clock that runs 1 % fast, and weights that are 1 % too large.
    monkeypatch.setattr(
        dynamics, "balanced_trajectory", lambda w1, w2, b, t: right(w1, w2, b, 1.01 * t)
    )
    assert not any(row.holds for row in rows_of(monkeypatch, "balanced-0"))
    monkeypatch.setattr(
        dynamics,
        "balanced_trajectory",
        lambda w1, w2, b, t: right(1.01 * w1, 1.01 * w2, b, t),
    )
    assert not any(row.holds for row in rows_of(monkeypatch, "balanced-0"))


@pytest.mark.slow
@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_each_case_holds_for_other_networks_and_detects_one_percent(monkeypatch, name):
    for row in rows_of(monkeypatch, name):
        assert row.holds
        assert row.detects < 0.01


@pytest.mark.slow
def test_the_approach_to_the_lazy_limit(monkeypatch):
    good = list(check_lazy_limit(jax.random.key(1), 4, False))
    assert [row.name for row in good] == [
        "trajectory-lazy-alignment",
        "trajectory-lazy-loss",
        "lazy-order",
    ]
    for row in good:
        assert row.holds
        assert row.detects < 0.01
    assert list(check_lazy_limit(jax.random.key(1), 4, True)) == []
    # The trace term of the kernel's change, forgotten.
    monkeypatch.setattr(_lazy_limit, "TRACE", 0.0)
    wrong = list(check_lazy_limit(jax.random.key(1), 4, False))
    assert [row.holds for row in wrong] == [False, True, True]
