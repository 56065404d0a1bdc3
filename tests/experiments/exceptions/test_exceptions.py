"""The claims of the exceptions' plan on made-up cells, its specification, and how it is read."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import experiments.exceptions as exceptions
import experiments.exceptions.__main__ as command
from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import cells, spec_grids, whole_study
from experiments.exceptions import MATCHES, QUESTIONS, Place, beside, cells_of, judged, judged_again
from experiments.exceptions._cells import place_of
from experiments.exceptions.draw import draw
from experiments.findings import CONFIRMED, OPEN, REFUTED, Cell, judged_lines
from experiments.kinds.recurrent import Setting

SEEDS = 12
SPEC = Path(exceptions.__file__).parent / "specs" / "confirmation.yaml"
PLACES = {place for of in QUESTIONS.values() for places in of for place in places}
TRUE = {
    "rank 1": 0.3,
    "rank 4": 0.4,
    "rank 16": 0.5,
    "null": 0.6,
    "step of rank 1": 0.3,
    "rank 1, leading kept": 0.45,
}


def made(mean=lambda place: TRUE[place.start], noise=0.01):
    """Cells whose leaky starts of low rank are as lazy as the null, as if the claims held."""
    found = {}
    for k, place in enumerate(sorted(PLACES)):
        rng = np.random.default_rng(k)
        value = 0.6 if place.leak and place.start == "rank 1" else TRUE[place.start]
        value = value if mean(place) == TRUE[place.start] else mean(place)
        values = {
            "kernel_alignment": value + noise * rng.standard_normal(SEEDS),
            "weight_change_norm": np.ones(SEEDS),
            "loss": np.full(SEEDS, 0.04),
            "first_loss": np.ones(SEEDS),
            "diverged": np.zeros(SEEDS),
            "norm": np.full(SEEDS, 10.0),
            "lyapunov_exponent": np.full(SEEDS, -0.1),
            "mean_activity": np.full(SEEDS, 0.4),
            "unmatched": np.zeros(SEEDS),
        }
        found[place] = Cell(
            "",
            place.task,
            place.start,
            None,
            "",
            place.start == "null",
            {},
            np.arange(SEEDS),
            values,
        )
    return found


def said(**given):
    return [each.verdict for each in judged(made(**given))]


def test_claims_that_hold_are_confirmed():
    assert said() == [CONFIRMED, "not judged", CONFIRMED, CONFIRMED]


def changed(condition, value):
    return lambda place: value if condition(place) else TRUE[place.start]


OTHER = {
    "the step of rank 1 is as lazy as the null": (
        changed(lambda p: p.start == "step of rank 1", 0.6),
        0,
        REFUTED,
    ),
    "a step of rank 1 is lazier at one time step": (
        changed(lambda p: p.start == "step of rank 1" and p.dt == 25, 0.9),
        0,
        REFUTED,
    ),
    "without leak nothing is richer": (
        changed(lambda p: p.start == "rank 1" and p.dt == 50, 0.6),
        0,
        OPEN,
    ),
    "small starts are richer": (changed(lambda p: "leading" in p.start, 0.1), 2, REFUTED),
    "small starts are as lazy as the null of their norm": (
        changed(lambda p: "leading" in p.start, 0.6),
        2,
        OPEN,
    ),
    "a trend at equal activity is reversed": (
        changed(lambda p: p.match == "mean_activity" and p.task == "CXT", 0.9),
        3,
        REFUTED,
    ),
    "a trend at equal exponent is gone, and the other is there": (
        changed(lambda p: p.match == "lyapunov_exponent" and p.task == "DMS", 0.6),
        3,
        OPEN,
    ),
    "all trends of a task are gone at equal regime": (
        changed(lambda p: p.match != "nothing" and p.task == "DMS", 0.6),
        3,
        REFUTED,
    ),
}


@pytest.mark.parametrize("name", OTHER)
def test_what_does_not_hold_is_refuted_or_open(name):
    mean, place, verdict = OTHER[name]
    found = said(mean=mean)
    assert found[place] == verdict
    # Nothing else has moved.
    held = [CONFIRMED, "not judged", CONFIRMED, CONFIRMED]
    assert found[:place] + found[place + 1 :] == held[:place] + held[place + 1 :]


def test_every_test_is_shown_once_and_corrected_with_all_others():
    shown = [each for claim in judged(made()) for each in claim.shown]
    assert len(shown) == len({(each.where, each.compared) for each in shown}) == 30
    # The exact p-value of twelve pairs that all agree, times all tests of which it is the largest.
    pairs = [each.p for each in shown if each.where.startswith("A")]
    assert 2**-11 <= pairs[0] <= 30 * 2**-11


def test_a_cell_that_is_missing_is_named():
    some = made()
    some.pop(Place("null", dt=50.0))
    with pytest.raises(ValueError, match=r"lacks 1 of .*null \(2AF, steps of"):
        judged(some)


def test_what_is_matched_is_read_from_the_networks_that_are():
    some = made()
    place = next(p for p in some if p.match == "mean_activity" and p.start == "rank 4")
    values = some[place].values
    values["unmatched"] = (np.arange(SEEDS) < 2) * 1.0
    values["norm"] = np.where(values["unmatched"] > 0, 99.0, 13.0)
    values["mean_activity"] = np.where(values["unmatched"] > 0, np.nan, 0.41)
    found = {b.place: b for b in beside(some)}
    assert len(found) == 18
    of = found[place]
    assert (of.unmatched, of.networks, of.factor) == (2, SEEDS, pytest.approx(1.3))
    assert of.number == pytest.approx(0.01 / 0.4)


def test_the_specification_is_the_plans_cells():
    asked = [
        each
        for each in cells(spec_grids(SPEC.read_text(), EXPERIMENTS))
        if isinstance(each, Setting)
    ]
    places = [place_of(each.record(), each.starts[0].label) for each in asked]
    assert len(places) == len(set(places)) == 54
    assert set(places) == PLACES
    assert {(e.seeds, e.random_seed) for e in asked} == {(20, 100)}
    for each, place in zip(asked, places, strict=True):
        assert each.iterations == (10_000 if place.n_hidden == 64 else 3_000)
    assert {p.match for p in places} == set(MATCHES)


LEAKS: tuple[dict[str, Any], ...] = ({"dt": 50.0, "leak": 0.5}, {"dt": 25.0, "leak": 0.75})


def second(low=0.4, null=0.5, without=0.1, null_without=0.5, noise=0.005):
    """Leaky networks; without the identity rank 1 is 0.4 richer than the null, with it 0.1."""
    means = {
        "rank 1": low,
        "null": null,
        "rank 1 without leak": without,
        "rank 100 without leak": null_without,
    }
    rng, found = np.random.default_rng(1), {}
    for leaky in LEAKS:
        for start, mean in means.items():
            values = {"kernel_alignment": mean + noise * rng.standard_normal(SEEDS)}
            values |= {"loss": np.full(SEEDS, 0.04), "first_loss": np.ones(SEEDS)}
            found[Place(start, **leaky)] = Cell(
                "", "2AF", start, None, "", False, {}, np.arange(SEEDS), values
            )
    return found


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, CONFIRMED),
        ({"low": 0.1}, OPEN),
        ({"low": 0.0, "without": 0.3}, REFUTED),
        ({"without": 0.5, "low": 0.5}, REFUTED),
    ],
)
def test_the_second_plan(given, verdict):
    (claim,) = judged_again(second(**given))
    assert claim.verdict == verdict
    assert [each.where[0] for each in claim.shown] == list("IJKIJK")
    low, null, without, null_without = (
        {"low": 0.4, "null": 0.5, "without": 0.1, "null_without": 0.5} | given
    ).values()
    for each, expected in zip(
        claim.shown,
        [low - null, without - null_without, without - null_without - low + null] * 2,
        strict=True,
    ):
        assert each.difference == pytest.approx(expected, abs=0.01)


def test_the_second_specification_is_its_plans_cells():
    text = (SPEC.parent / "second.yaml").read_text()
    asked = [each for each in cells(spec_grids(text, EXPERIMENTS)) if isinstance(each, Setting)]
    places = [place_of(each.record(), each.starts[0].label) for each in asked]
    assert sorted(places) == sorted(second())
    assert {(e.seeds, e.random_seed, e.iterations) for e in asked} == {(20, 200, 3000)}
    short = second()
    short.pop(places[0])
    with pytest.raises(ValueError, match=rf"lacks {places[0].start} \("):
        judged_again(short)


SMALL = """
- task: 2AF
  start:
    - {kind: low_rank, rank: 1, keep: leading}
    - {kind: low_rank_step, rank: 1, leak: 0.5}
  n_hidden: 8
  iterations: 2
  batch: 2
  seeds: 2
  kernel_trials: 2
  activity_trials: 4
  dt: 50
  leak: 0.5
"""


def test_a_study_is_read_by_its_places(tmp_path):
    (tmp_path / "spec.yaml").write_text(SMALL)
    study = tmp_path / "study"
    spec = tmp_path / "spec.yaml"
    command = [sys.executable, "-m", "richlazy_jax", "sweep", spec, "--out", study]
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    leaky = {"dt": 50.0, "leak": 0.5, "n_hidden": 8}
    found = cells_of(study)
    assert set(found) == {Place("rank 1, leading kept", **leaky), Place("step of rank 1", **leaky)}
    assert all(len(cell.values["kernel_alignment"]) == 2 for cell in found.values())
    with pytest.raises(ValueError, match="the study lacks"):
        judged(found)
    with pytest.raises(FileNotFoundError):
        cells_of(tmp_path / "none")
    with pytest.raises(ValueError, match="cells of recurrent; allowed are those of students"):
        whole_study(study, "students")
    # Of a part nothing is judged.
    cell = next((study / "cells").iterdir())
    cell.unlink()
    with pytest.raises(ValueError, match=f"cell {cell.stem} of .* is not finished"):
        cells_of(study)


def test_the_figure_shows_the_means_of_both_studies():
    some, again = made(), second()
    figure = draw(some, again)
    panels = {axes.get_title(loc="left").split()[-1]: axes for axes in figure.axes}
    leak = panels["units"]
    marks = [line for line in leak.lines if line.get_marker() not in ("", "None", None)]
    found = [float(np.ravel(line.get_xdata())[0]) for line in marks]
    expected = []
    conditions: list[dict[str, Any]] = [{}, {"dt": 50.0}, {"leak": 0.5}, *LEAKS]
    for of in conditions:
        expected += [some[Place(s, **of)].values["kernel_alignment"] for s in ("rank 1", "null")]
    for of in LEAKS:
        expected += [
            again[Place(f"rank {r} without leak", **of)].values["kernel_alignment"]
            for r in (1, 100)
        ]
    np.testing.assert_allclose(found, [values.mean() for values in expected])
    assert next(label.get_text() for label in leak.get_yticklabels()) == "no leak, 100 ms"
    for task in ("2AF", "DMS", "CXT"):
        lines = [line for line in panels[task].lines if len(np.ravel(line.get_xdata())) == 4]
        assert len({tuple(np.ravel(line.get_ydata())) for line in lines}) == 3


@pytest.mark.parametrize("again", [False, True])
def test_the_command_prints_verdicts_and_all_means(monkeypatch, capsys, again):
    of = second() if again else made()
    monkeypatch.setattr(command, "cells_of", lambda study: of)
    monkeypatch.setattr(sys, "argv", ["exceptions", "study", *["--second"] * again])
    command.main()
    said = capsys.readouterr().out
    assert "| a leak hides rank by the identity it adds | **confirmed** |" in said
    means = said.partition("## Means")[2].partition("## How near")[0]
    assert means.count("\n| 2AF") + means.count("\n| DMS") + means.count("\n| CXT") == len(of)
    assert said.count("of 12 |") == (0 if again else 18)


def test_what_all_networks_lost_is_shown_as_nothing():
    some = made()
    for place in some:
        if place.start == "step of rank 1" and place.leak == 0.75:
            some[place].values["diverged"] = np.ones(SEEDS)
            some[place].values["kernel_alignment"] = np.full(SEEDS, np.nan)
    text = "\n".join(judged_lines(judged(some)))
    assert "nan" not in text
    assert text.count("| – | – | 0 | – | nothing can be said: step of rank 1 12 of 12") == 2
