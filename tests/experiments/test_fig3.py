"""Figure 3: aligned starts, linear against theory, and recurrent students of a teacher."""

import numpy as np
import pytest
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli
from experiments.fig3 import (
    STARTS,
    compared_students,
    linear_alignment,
    linear_table,
    predicted_alignment,
    run_students,
    student_weights,
)
from experiments.recurrent import Setting, low_rank_starts

RNG = np.random.default_rng(0)
IMAGES = rj.ImageSet(
    "noise 5x4",
    RNG.random((60, 5, 4), np.float32),
    RNG.integers(0, 3, 60).astype(np.int32),
    RNG.random((30, 5, 4), np.float32),
    RNG.integers(0, 3, 30).astype(np.int32),
    3,
)
SMALL = Setting(
    task="sMNIST",
    images=IMAGES,
    starts=low_rank_starts([4]),
    seeds=2,
    n_hidden=10,
    iterations=5,
    batch=6,
    kernel_trials=5,
    activity_trials=8,
)


@pytest.mark.slow
def test_linear_students_follow_theory():
    kappas = (1.0, 4.0)
    found = linear_alignment(kappas, runs=300)
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
    found = run_students(SMALL, teacher_iterations=4)
    assert list(found["start"].values) == ["random", "partially aligned", "aligned"]
    norms = found["norm"].values
    np.testing.assert_allclose(norms, np.broadcast_to(norms[:1], norms.shape), rtol=1e-4)
    assert (found["participation_ratio"].values <= 4 + 1e-3).all()
    # One test of three pairs and four measures.
    assert len(compared_students(found).contrasts) == 12
    assert found.attrs["teacher_iterations"] == 4
    assert found["teacher_accuracy"].shape == (2,)


def test_students_of_a_rank_that_cannot_be_halved():
    import dataclasses

    with pytest.raises(ValueError, match="LowRank of rank at least 2"):
        run_students(dataclasses.replace(SMALL, starts=low_rank_starts([1])), 4)


def run(*arguments):
    return CliRunner().invoke(cli.app, ["fig3", *map(str, arguments)])


def test_command_keeps_what_is_finished(tmp_path, monkeypatch):
    monkeypatch.setattr(cli._images.rj, "image_set", lambda source: IMAGES)  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setattr(cli._images, "HELD", 8)  # pyright: ignore[reportAttributeAccessIssue]
    small = ["--panel", "C", "--hidden", 10, "--rank", 4, "--seeds", 2, "--iterations", 5]
    small += ["--teacher-iterations", 4, "--batch", 6, "--out", tmp_path]
    first = run(*small)
    assert first.exit_code == 0, first.output
    kept = (tmp_path / "students.nc").read_bytes()
    assert (tmp_path / "fig3.png").read_bytes().startswith(b"\x89PNG")
    assert "noise 5x4" in (tmp_path / "table.md").read_text()
    assert run(*small).exit_code == 0
    assert (tmp_path / "students.nc").read_bytes() == kept
    other = run(*small, "--teacher-iterations", 5)
    assert other.exit_code == 2
    assert "another setting" in other.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--panel", "A"], "--panel is 'A'"),
        (["--networks", "1"], "--networks is 1"),
        (["--rank", "1"], "--rank is 1"),
        (["--rank", "301"], "ranks holds 301"),
        (["--teacher-iterations", "0"], "--teacher-iterations is 0"),
        (["--images", "nowhere"], "nowhere"),
        (["--batch", "0"], "batch holds 0"),
    ],
)
def test_bad_input_is_refused_before_any_work(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    for name in ("linear_alignment", "run_students"):
        monkeypatch.setattr(cli._fig3, name, lambda *_, **__: pytest.fail("work was begun"))
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert message in result.output
