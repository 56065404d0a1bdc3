"""Figure 3: aligned starts, linear against theory, and recurrent students of a teacher."""

import dataclasses

import numpy as np
import pytest
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli
from experiments.kinds.recurrent import Null, low_rank_starts
from experiments.kinds.students import (
    STARTS,
    LinearStudents,
    Students,
    linear_side_by_side,
    predicted_alignment,
    run_students,
    student_weights,
)
from experiments.paper.fig3 import compared_students, linear_table
from richlazy_jax.studies import read_cell

RNG = np.random.default_rng(0)
IMAGES = rj.ImageSet(
    "noise 5x4",
    RNG.random((60, 5, 4), np.float32),
    RNG.integers(0, 3, 60).astype(np.int32),
    RNG.random((30, 5, 4), np.float32),
    RNG.integers(0, 3, 30).astype(np.int32),
    3,
)
SMALL = Students(
    task="sMNIST",
    images=IMAGES,
    starts=low_rank_starts([4]),
    seeds=2,
    n_hidden=10,
    iterations=5,
    batch=6,
    kernel_trials=5,
    activity_trials=8,
    teacher_iterations=4,
)


@pytest.mark.slow
def test_linear_students_follow_theory():
    kappas = (1.0, 4.0)
    cells = [LinearStudents(aligned=s, kappa=k, seeds=300) for s in STARTS for k in kappas]
    found = linear_side_by_side([(cell, cell.run()) for cell in cells])
    assert dict(found.sizes) == {"start": 3, "kappa": 2, "seed": 300}
    assert float(found["loss"].max()) < 1e-3
    for start in STARTS:
        for kappa in kappas:
            values = found["kernel_alignment"].sel(start=start, kappa=kappa).values
            predicted = predicted_alignment(start, kappa)
            if start == "aligned":
                np.testing.assert_allclose(values, 1, atol=1e-3)
                assert predicted == pytest.approx(1, abs=1e-6)
            else:
                error = values.std(ddof=1) / np.sqrt(len(values))
                assert abs(values.mean() - predicted) < 3 * error
    # At kappa 1 the kept half holds half of the task: by hand, d = 20 and c = w^2 = 1.
    by_hand = (1 + 0.5 + 21) / np.sqrt((1 + 2 + 20) * 23)
    assert predicted_alignment("partially aligned", 1.0) == pytest.approx(by_hand, rel=1e-5)
    assert "farthest from 1" in linear_table(found)


def test_student_weights_hold_their_share_of_the_teacher():
    teacher, other = RNG.standard_normal((2, 12, 12)).astype(np.float32)
    u, _, vt = np.linalg.svd(teacher)
    for share, kept in ((0.0, 0), (0.5, 3), (1.0, 6)):
        w = np.asarray(student_weights(teacher, other, 6, share, 2.5))
        assert np.linalg.norm(w) == pytest.approx(2.5, rel=1e-5)
        assert np.linalg.matrix_rank(w, tol=1e-3) == 6
        other_u, _, other_vt = np.linalg.svd(other)
        # What lies outside the random part is the teacher's leading part alone.
        left = np.eye(12) - other_u[:, : 6 - kept] @ other_u[:, : 6 - kept].T
        right = np.eye(12) - other_vt[: 6 - kept].T @ other_vt[: 6 - kept]
        s = np.linalg.svd(teacher, compute_uv=False)[:kept]
        expected = left @ (u[:, :kept] * s) @ vt[:kept] @ right
        projected = left @ w @ right
        scale = (projected * expected).sum() / max((expected**2).sum(), 1e-12)
        np.testing.assert_allclose(projected, scale * expected, atol=1e-4)
        assert scale > 0 or kept == 0


@pytest.mark.slow
def test_students_share_all_but_recurrent_weights():
    found = run_students(SMALL)
    assert list(found["start"].values) == ["random", "partially aligned", "aligned"]
    norms = found["norm"].values
    np.testing.assert_allclose(norms, np.broadcast_to(norms[:1], norms.shape), rtol=1e-4)
    assert (found["participation_ratio"].values <= 4 + 1e-3).all()
    # One test of three pairs and four measures.
    assert len(compared_students(found).contrasts) == 12
    assert found.attrs["teacher_iterations"] == 4
    assert found["teacher_accuracy"].shape == (2,)


@pytest.mark.slow
def test_students_of_teachers_that_diverged_are_marked_and_have_no_measures():
    found = run_students(dataclasses.replace(SMALL, learning_rate=1e30))
    assert found["diverged"].values.all()
    # A start at random is none of the teacher's, and has its spectrum.
    assert np.isfinite(found["norm"].sel(start="random")).all()
    assert np.isnan(found["norm"].sel(start="aligned")).all()
    assert np.isnan(found["kernel_alignment"].values).all()


@pytest.mark.slow
def test_more_students_are_those_of_one_run():
    """Linear and recurrent: the seeds from the second on, alone."""
    linear = LinearStudents(aligned="partially aligned", kappa=2.0, seeds=4)
    for cell in (linear, dataclasses.replace(SMALL, seeds=3)):
        whole = cell.run()
        part = dataclasses.replace(cell, seeds=2).run(first_seed=1)
        assert list(part["seed"].values) == [1, 2]
        for name in whole.data_vars:
            np.testing.assert_allclose(
                part[name], whole[name].sel(seed=[1, 2]), rtol=1e-4, atol=1e-5, err_msg=str(name)
            )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"starts": low_rank_starts([1])}, "LowRank of rank at least 2"),
        ({"starts": low_rank_starts([2, 4])}, "one LowRank of rank at least 2"),
        ({"starts": (Null(),)}, "one LowRank of rank at least 2"),
        ({"teacher_iterations": 0}, "teacher_iterations is 0"),
        ({"batch": 0}, "batch is 0"),
    ],
)
def test_students_that_cannot_be_had(change, message, no_shape_checks):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"aligned": "somewhat"}, "aligned is 'somewhat'; allowed are random, partially aligned"),
        ({"kappa": 0.5}, "kappa is 0.5; allowed are numbers from 1"),
        ({"seeds": 1}, "seeds is 1"),
    ],
)
def test_linear_students_that_cannot_be_had(change, message):
    with pytest.raises(ValueError, match=message):
        LinearStudents(**change)


def run(*arguments):
    return CliRunner().invoke(cli.app, ["fig3", *map(str, arguments)])


def kept_in(study):
    """The finished cells of a study, byte for byte."""
    return {path.name: path.read_bytes() for path in (study / "cells").glob("*.nc")}


@pytest.mark.slow
def test_command_keeps_what_is_finished(tmp_path, monkeypatch):
    monkeypatch.setattr(rj, "image_set", lambda source: IMAGES)
    monkeypatch.setattr("experiments.cli._fig3.HELD", 8)
    small = ["--panel", "C", "--hidden", 10, "--rank", 4, "--iterations", 5]
    small += ["--teacher-iterations", 4, "--batch", 6, "--out", tmp_path, "--measure-at", "0,2"]
    first = run(*small, "--seeds", 2)
    assert first.exit_code == 0, first.output
    assert "1 cell: 1 run" in first.output
    (kept,) = kept_in(tmp_path).items()
    assert (tmp_path / "fig3.png").read_bytes().startswith(b"\x89PNG")
    assert "noise 5x4" in (tmp_path / "table.md").read_text()
    again = run(*small, "--seeds", 2)
    assert again.exit_code == 0, again.output
    assert "1 cell: 1 found" in again.output
    assert kept_in(tmp_path) == dict([kept])
    # Other training is another cell, beside the one that is there.
    other = run(*small, "--seeds", 2, "--teacher-iterations", 5)
    assert other.exit_code == 0, other.output
    assert "1 cell no longer asked for, and kept where finished" in other.output
    assert "1 cell: 1 run" in other.output
    assert len(kept_in(tmp_path)) == 2
    assert kept in kept_in(tmp_path).items()
    # More seeds are added to those there.
    before = read_cell(tmp_path, kept[0].removesuffix(".nc"))
    more = run(*small, "--seeds", 3)
    assert more.exit_code == 0, more.output
    grown = read_cell(tmp_path, kept[0].removesuffix(".nc"))
    assert before is not None
    assert grown is not None
    assert grown["update"].values.tolist() == [0, 2]
    assert grown.sizes["seed"] == 3
    for name in before.data_vars:
        np.testing.assert_array_equal(grown[name].sel(seed=[0, 1]), before[name])


@pytest.mark.slow
def test_command_of_linear_students(tmp_path):
    small = ["--panel", "B", "--out", tmp_path]
    first = run(*small, "--networks", 2)
    assert first.exit_code == 0, first.output
    assert "21 cells: 21 run" in first.output
    text = (tmp_path / "table.md").read_text()
    assert "2 networks a row" in text
    assert text.count("\n| aligned |") == 7
    assert "21 cells: 21 found" in run(*small, "--networks", 2).output
    assert "seed: 3 instead of 2 in 21 cells" in run(*small, "--networks", 3).output
    assert (tmp_path / "fig3.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--panel", "A"], "--panel is 'A'"),
        (["--networks", "1"], "--networks is 1"),
        (["--rank", "1"], "--rank is 1"),
        (["--measure-at", "5,x"], "'5,x'"),
        (["--measure-at", "20000"], "20000"),
        (["--rank", "301"], "ranks holds 301"),
        (["--teacher-iterations", "0"], "teacher_iterations is 0"),
        (["--images", "nowhere"], "nowhere"),
        (["--batch", "0"], "batch is 0"),
    ],
)
def test_bad_input_is_refused_before_any_work(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    for of in (LinearStudents, Students):
        monkeypatch.setattr(of, "run", lambda *_, **__: pytest.fail("work was begun"))
    result = run(*arguments, *([] if "--panel" in arguments else ["--panel", "C"]))
    assert result.exit_code == 2, result.output
    assert "".join(message.split()) in "".join(result.output.replace("│", "").split())
