"""Plain lines of progress, where there is no terminal."""

import io

import numpy as np
from rich.console import Console

import richlazy_jax as rj
from experiments.cli import _progress
from experiments.cli._progress import state, training_shown


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
    # 0.5 of 3 cells took 40 s, so that 2.5 take 200 s; 1.5 took 120 s, so that 1.5 take 120 s.
    assert said.getvalue().splitlines() == [
        "training: cell 2 of 4, update 50 of 100, loss 0.6000, about 0:03:20 left",
        "training: cell 2 of 4, update 90 of 100, loss 0.6000, about 0:03:07 left",
        "training: cell 3 of 4, update 50 of 100, loss 0.5000, 1 diverged, about 0:02:00 left",
    ]


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
