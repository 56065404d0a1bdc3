"""Plain lines of progress, where there is no terminal."""

import io

import numpy as np
import pytest
from rich.console import Console

import richlazy_jax as rj
from experiments.cli import _progress
from experiments.cli._bars import duration, work_shown
from experiments.cli._progress import state, training_shown
from experiments.cli._said import QUIET


def progress(step, losses=(0.5, 0.7), diverged=(False, False), metrics=None):
    return rj.Progress(step, 100, np.array(losses), metrics, np.array(diverged))


def test_lines_come_at_intervals_and_say_what_is_left(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(_progress.time, "monotonic", lambda: now[0])
    said = io.StringIO()
    with training_shown(Console(file=said), cells=4, seconds=30.0) as shown:
        # One cell was there and took no time.
        shown.advanced(1)
        for now[0], step in ((10.0, 10), (40.0, 50), (60.0, 70), (80.0, 90)):
            shown.moved("training", progress(step))
        shown.advanced(2)
        now[0] = 120.0
        shown.moved("training", progress(50, diverged=(False, True)))
    # From the first piece on, at 0.1 of a cell and 10 s: 0.4 took 30 s, so that 2.5 take 188 s;
    # 0.8 took 70 s, so that 2.1 take 184 s; 1.4 took 110 s, so that 1.5 take 118 s.
    assert said.getvalue().splitlines() == [
        "training: cell 2 of 4, update 50 of 100, loss 0.6000, about 3.1 min left",
        "training: cell 2 of 4, update 90 of 100, loss 0.6000, about 3.1 min left",
        "training: cell 3 of 4, update 50 of 100, loss 0.5000, 1 diverged, about 2.0 min left",
    ]


def test_no_time_is_said_before_anything_is_known(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(_progress.time, "monotonic", lambda: now[0])
    said = io.StringIO()
    with training_shown(Console(file=said), cells=400) as shown:
        now[0] = 300.0  # of compiling
        shown.moved("sweep", progress(1))
    assert said.getvalue() == "sweep: cell 1 of 400, update 1 of 100, loss 0.6000\n"


def test_quiet_shows_nothing():
    said = io.StringIO()
    token = QUIET.set(True)
    try:
        for terminal in (False, True):
            with (
                training_shown(Console(file=said, force_terminal=terminal), 2, 0.0) as shown,
                work_shown(Console(file=said, force_terminal=terminal), 0.0) as told,
            ):
                shown.moved("training", progress(50))
                shown.advanced(1)
                told("cells", 1, 2)
    finally:
        QUIET.reset(token)
    assert said.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "1 s"),
        (59.0, "59 s"),
        (91.0, "1.5 min"),
        (7200.0, "2.0 hours"),
        (2246400.0, "26 days"),
    ],
)
def test_a_time_has_the_unit_that_suits_it(seconds, words):
    assert duration(seconds) == words


def test_a_bar_says_no_time_that_nobody_knows():
    said = io.StringIO()
    console = Console(file=said, force_terminal=True, width=120)
    with training_shown(console, cells=2) as shown:
        shown.moved("training", progress(0, metrics={"accuracy": np.zeros(2)}))
    assert "-:--" not in said.getvalue()
    assert "accuracy" not in said.getvalue()
    assert "left" not in said.getvalue()


def test_the_state_leaves_out_runs_that_diverged():
    accuracy = {"accuracy": np.array([0.25, 0.75])}
    assert state(progress(1, metrics=accuracy)) == "loss 0.6000, accuracy 0.50"
    lost = progress(1, losses=(0.5, np.nan), diverged=(False, True), metrics=accuracy)
    assert state(lost) == "loss 0.5000, accuracy 0.25, 1 diverged"
    assert state(progress(1, diverged=(True, True))) == "all diverged"


def test_a_terminal_gets_bars():
    said = io.StringIO()
    console = Console(file=said, force_terminal=True, width=120)
    with training_shown(console, cells=2) as shown:
        shown.moved("training", progress(50))
        shown.advanced(1)
    assert "cells" in said.getvalue()
    assert "training loss 0.6000" in said.getvalue()
