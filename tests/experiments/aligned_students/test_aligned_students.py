"""The study of aligned students: the plan's rules on made-up students, and linear theory."""

import dataclasses
import sys
from typing import Any

import numpy as np
import pytest
import xarray as xr

from experiments.aligned_students import (
    Answer,
    Condition,
    answers_of,
    choose,
    conditions_of,
    confirmation,
    equal_loss,
    equal_updates,
    linear_rows,
    reading,
)
from experiments.aligned_students.__main__ import main
from experiments.aligned_students.draw import draw
from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import cells, run_study, spec_grids
from experiments.findings import Contrast, Verdict
from experiments.kinds.recurrent import LowRank, initial_params
from experiments.kinds.students import Students

USUAL = Condition(5, "same", "redrawn", "labels", "teacher_start")
LOOKS = (100, 250, 500)
MEASURES = ("kernel_alignment", "representation_alignment", "weight_change_norm", "sign_agreement")
# Losses at the looks and at the end.
ALIKE = (1.5, 1.0, 0.7, 0.5)


def students(random, aligned, losses: Any = (ALIKE, ALIKE), *, seeds=12, noise=0.005, lost=0):
    """A cell whose random and aligned students have kernel alignments at the looks and the end.

    The kernel of all weights is 0.1 above that of the recurrent ones; other measures show nothing.
    """
    rng = np.random.default_rng(0)
    shape = (2, seeds, 4)
    path = np.array([random, aligned])[:, None] + noise * rng.standard_normal(shape)
    loss = np.broadcast_to(np.array(losses)[:, None], shape).copy()
    plain = rng.standard_normal(shape)
    named = {"kernel_alignment": path, "kernel_alignment_all": path + 0.1}
    named |= {name: 0.5 + 0.01 * plain for name in MEASURES[1:]}
    diverged = np.zeros((2, seeds), bool)
    diverged[0, :lost] = True
    for values in named.values():
        values[diverged] = np.nan
    dims = ("start", "seed")
    found = {name: (dims, values[..., -1]) for name, values in named.items()}
    found |= {f"{n}_through": ((*dims, "update"), v[..., :-1]) for n, v in named.items()}
    loss[diverged] = np.nan
    found |= {"loss": (dims, loss[..., -1]), "first_loss": (dims, np.full((2, seeds), 2.3))}
    found |= {"diverged": (dims, diverged)}
    found |= {"training_loss_through": ((*dims, "update"), loss[..., :-1])}
    coords = {"start": ["random", "aligned"], "seed": range(seeds), "update": list(LOOKS)}
    sizes = {"n_hidden": 200, "gain": 1.25, "iterations": 1000, "teacher_iterations": 1500}
    sizes |= {"batch": 32, "kernel_trials": 32, "activity_trials": 200}
    attrs = sizes | {"task": "sMNIST", "images": "MNIST-5k"}
    return xr.Dataset(found, coords, attrs)


def flat(level):
    return (level,) * 4


def test_equal_loss_is_where_the_better_one_first_was_as_low():
    further = (1.5, 0.8, 0.4, 0.1)
    dataset = students(flat(0.3), (0.9, 0.6, 0.4, 0.2), (ALIKE, further), noise=0.0)
    matched = {cell.start: cell.values for cell in equal_loss(dataset).cells}
    share = np.log(0.8 / 0.5) / np.log(0.8 / 0.4)
    np.testing.assert_allclose(matched["aligned"]["kernel_alignment"], 0.6 - 0.2 * share)
    np.testing.assert_allclose(matched["random"]["kernel_alignment"], 0.3)
    np.testing.assert_allclose(matched["random"]["loss"], 0.5)
    np.testing.assert_array_equal(matched["aligned"]["loss"], matched["random"]["loss"])
    every = {cell.start: cell.values for cell in equal_loss(dataset, "all").cells}
    np.testing.assert_allclose(every["aligned"]["kernel_alignment"], 0.7 - 0.2 * share)
    assert "sign_agreement" not in every["aligned"]
    at_end = {cell.start: cell.values for cell in equal_updates(dataset).cells}
    np.testing.assert_allclose(at_end["aligned"]["kernel_alignment"], 0.2)


def test_looks_may_come_in_any_order_and_at_the_end():
    further = (1.5, 0.8, 0.4, 0.1)
    dataset = students(flat(0.3), (0.9, 0.6, 0.4, 0.2), (ALIKE, further), noise=0.0)
    end = dataset.sel(update=[500]).assign_coords(update=[1000])
    other = xr.concat([end, dataset.sel(update=[500, 100, 250])], "update", data_vars="minimal")
    other = other.assign_attrs(dataset.attrs)
    for a, b in zip(equal_loss(dataset).cells, equal_loss(other).cells, strict=True):
        np.testing.assert_array_equal(a.values["kernel_alignment"], b.values["kernel_alignment"])


def test_who_was_there_before_the_first_look_has_no_value():
    dataset = students(flat(0.3), flat(0.2), (ALIKE, (0.4, 0.3, 0.2, 0.1)))
    matched = {cell.start: cell.values for cell in equal_loss(dataset).cells}
    assert np.isnan(matched["aligned"]["kernel_alignment"]).all()
    assert np.isfinite(matched["random"]["kernel_alignment"]).all()


def test_less_learned_is_not_lazier():
    """At equal updates aligned students look richer, having learned more; at equal loss lazier."""
    dataset = students(flat(0.3), (0.9, 0.6, 0.4, 0.2), (ALIKE, (1.5, 0.8, 0.4, 0.1)))
    answers = answers_of({USUAL: dataset, USUAL._replace(rank=30): dataset})
    assert len(answers) == 2 * 2 * 5
    assert reading(answers, "loss", "kernel_alignment") == "holds"
    assert reading(answers, "loss", "kernel_alignment_all") == "holds"
    # By the one rule a start that stayed behind is not compared.
    assert reading(answers, "updates", "kernel_alignment") == "open"
    of = {(a.condition.rank, a.how, a.measure): a for a in answers}
    contrast = of[5, "loss", "kernel_alignment_all"].contrast
    assert contrast.reference_mean == pytest.approx(0.4, abs=0.01)
    assert contrast.difference == pytest.approx(0.164, abs=0.01)
    unclear = of[30, "loss", "representation_alignment"]
    assert unclear.said == "no clear difference"
    assert unclear.no_difference


@pytest.mark.parametrize(
    ("random", "aligned", "expected"),
    [
        (0.30, 0.35, "holds"),
        (0.35, 0.30, "fails"),
        (0.30, 0.30, "fails"),
        (0.02, 0.08, "at the floor"),
        (0.02, 0.15, "holds"),
    ],
)
def test_readings(random, aligned, expected):
    dataset = students(flat(random), flat(aligned))
    answers = answers_of({USUAL: dataset, USUAL._replace(rank=30): dataset})
    assert reading(answers, "updates", "kernel_alignment") == expected


def test_a_reading_that_differs_between_conditions():
    lazier, same = students(flat(0.3), flat(0.4)), students(flat(0.3), flat(0.3))
    richer, floor = students(flat(0.4), flat(0.3)), students(flat(0.02), flat(0.04))
    noisy = students(flat(0.3), flat(0.3), noise=0.2)
    other = USUAL._replace(rank=30)

    def said(a, b):
        return reading(answers_of({USUAL: a, other: b}), "loss", "kernel_alignment")

    assert said(lazier, richer) == "depends"
    assert said(lazier, same) == "depends"
    assert said(same, richer) == "fails"
    # A rank at the floor is not judged, and one that is unclear leaves the claim open.
    assert said(lazier, floor) == "open"
    assert said(lazier, noisy) == "open"
    assert said(same, noisy) == "open"
    lost = students(flat(0.3), flat(0.4), lost=7)
    assert said(lost, lost) == "open"


def test_the_interval_must_lie_within_what_is_negligible():
    verdict = Verdict("no clear difference", 0.2, 1.0, 20, 8)
    wide = Contrast("", "", "", 0.3, 0.3, 0.0, -0.03, 0.03, 0.0, verdict)
    answer = Answer(USUAL, "loss", "kernel_alignment", wide)
    assert not answer.no_difference
    assert answer._replace(contrast=wide._replace(low=-0.01, high=0.02)).no_difference
    assert not answer._replace(contrast=wide._replace(low=0.025, high=0.03)).no_difference


def test_choice_of_conditions():
    def pilot(random, aligned, **how):
        return students(flat(random), flat(aligned), seeds=6, **how)

    conditions = {
        USUAL: pilot(0.03, 0.05),
        USUAL._replace(rank=30): pilot(0.05, 0.04),
        USUAL._replace(readout="rotated"): pilot(0.4, 0.2),
        USUAL._replace(readout="redrawn_x3"): pilot(0.5, 0.6),
        USUAL._replace(teacher_rank="full"): pilot(0.2, 0.9, lost=3),
        USUAL._replace(rank=30, teacher_rank="full"): pilot(0.2, 0.9, losses=[flat(2.0)] * 2),
        USUAL._replace(student_norm="teacher_end"): pilot(0.01, 0.09),
        # Further above on average than three times the readout, and less surely.
        USUAL._replace(learns_from="teacher"): pilot(0.2, 0.45, noise=0.1),
        USUAL._replace(rank=30, learns_from="teacher"): pilot(0.07, 0.06),
    }
    chosen = choose(conditions)
    assert list(chosen) == [
        USUAL,
        USUAL._replace(rank=30),
        USUAL._replace(readout="redrawn_x3"),
        USUAL._replace(readout="rotated"),
        USUAL._replace(rank=30, learns_from="teacher"),
    ]
    assert len(chosen[USUAL._replace(readout="redrawn_x3")]) == 3
    last = chosen[USUAL._replace(rank=30, learns_from="teacher")]
    assert last == ["furthest off the floor at rank 30"]
    text = confirmation(chosen, conditions[USUAL])
    made = cells(spec_grids(text, EXPERIMENTS))
    assert len(made) == 5
    for one, condition in zip(made, chosen, strict=True):
        assert isinstance(one, Students)
        rest = {name: getattr(one, name) for name in Condition._fields[1:]}
        assert Condition(one.starts[0].rank, **rest) == condition
        assert (one.seeds, one.random_seed, one.n_hidden, one.gain) == (20, 100, 200, 1.25)
        assert (one.iterations, one.teacher_iterations, one.batch) == (1000, 1500, 32)
        assert (one.kernel_trials, one.activity_trials) == (32, 200)
        assert (one.measure_at, one.kernel_weights) == (LOOKS, "both")
        assert one.students == ("random", "aligned")
        assert one.images is not None
        assert one.images.name == "MNIST-5k"


SMALL = Students(
    task="2AF",
    starts=(LowRank(2),),
    students=("random", "aligned"),
    seeds=2,
    n_hidden=6,
    iterations=4,
    teacher_iterations=3,
    batch=4,
    kernel_trials=3,
    activity_trials=4,
    measure_at=(2,),
    kernel_weights="both",
)


@pytest.mark.slow
def test_a_study_from_its_folder(tmp_path, monkeypatch, capsys):
    both = [SMALL, dataclasses.replace(SMALL, readout="rotated")]
    trained = []
    monkeypatch.setattr(
        "experiments.kinds.students._recurrent.initial_params",
        lambda *given: trained.append(given) or initial_params(*given),
    )
    assert [done.status for done in run_study(both, "", tmp_path / "study")] == ["run", "run"]
    # Two cells of one study train their teachers once.
    assert len(trained) == 1
    found = conditions_of(tmp_path / "study")
    usual = Condition(2, "same", "redrawn", "labels", "teacher_start")
    assert list(found) == [usual, usual._replace(readout="rotated")]
    assert len(answers_of(found)) == 20
    for what in ("pilot", "judge"):
        monkeypatch.setattr(sys, "argv", ["x", what, str(tmp_path / "study")])
        main()
        assert "readout rotated" in capsys.readouterr().out
    other = [dataclasses.replace(SMALL, kernel_weights="all")]
    assert [done.status for done in run_study(other, "", tmp_path / "other")] == ["run"]
    with pytest.raises(ValueError, match="kernel_weights all; allowed is both"):
        conditions_of(tmp_path / "other")
    monkeypatch.setattr(sys, "argv", ["x", "judge", str(tmp_path / "none")])
    with pytest.raises(SystemExit):
        main()


@pytest.mark.slow
def test_linear_students():
    """A redrawn readout favours aligned students and a rotated one does not, by the first layer."""
    rows = {(row.readout, row.norm): row for row in linear_rows(networks=12, steps=6000)}
    assert max(row.loss for row in rows.values()) < 1e-4
    for norm in ("teacher_start", "teacher_end"):
        difference, error = rows["redrawn", norm].difference_every
        assert difference > 4 * error
        difference, error = rows["rotated", norm].difference
        assert difference < -4 * error
        assert abs(rows["redrawn_x3", norm].difference[0]) < 0.005


def test_the_figure_shows_means_at_equal_loss_and_only_seeds_of_both():
    further = (1.5, 0.8, 0.4, 0.1)
    dataset = students(flat(0.3), (0.9, 0.6, 0.4, 0.2), (ALIKE, further), lost=3)
    figure = draw({USUAL: dataset, USUAL._replace(rank=30, readout="rotated"): dataset})
    for axes, above in zip(figure.axes[:2], (0.0, 0.1), strict=True):
        marks = {line.get_label(): line for line in axes.lines}
        share = np.log(0.8 / 0.5) / np.log(0.8 / 0.4)
        of_aligned = np.ravel(marks["aligned students"].get_xdata())
        assert of_aligned == pytest.approx([0.6 - 0.2 * share + above], abs=0.01)
        of_random = np.ravel(marks["random students"].get_xdata())
        assert of_random == pytest.approx([0.3 + above], abs=0.01)
        dots = [line for line in axes.lines if line.get_marker() == "."]
        assert [len(np.ravel(line.get_xdata())) for line in dots] == [9] * 4
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["rank 5,\nreadout redrawn", "rank 30,\nreadout rotated"]
    assert "lazier →" in figure.axes[2].get_xlabel()
