"""`richlazy verify`, as a user runs it."""

import json

import pytest
from typer.testing import CliRunner

import theory
from experiments import cli
from experiments.verify import CHECKS, _run, write_json
from experiments.verify._row import MOST_ROWS


def run(*arguments):
    return CliRunner().invoke(cli.app, ["verify", *map(str, arguments)])


@pytest.fixture
def only(monkeypatch):
    """Leaves but one group of rows, so that a test need not wait for the others."""

    def choose(*names):
        kept = {name: check for name, check in CHECKS.items() if name in names}
        for module in (cli._verify, _run):
            monkeypatch.setattr(module, "CHECKS", kept)

    return choose


@pytest.mark.slow
def test_rows_that_hold_leave_table_figure_and_json(tmp_path, only):
    only("kernel", "proposition 1")
    result = run("--quick", "--json", tmp_path / "rows.json", "--out", tmp_path / "figures")
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "rows.json").read_text())
    assert written["complete"]
    assert written["all_hold"]
    names = {row["name"] for row in written["rows"]}
    assert {"kernel-1", "conservation", "proposition-1-ratio-1"} <= names
    assert f"All {len(names)} statements hold" in result.output
    table = (tmp_path / "figures" / "table.md").read_text()
    assert table.count("\n| ") == len(names) + 1
    # Nothing was followed over time.
    assert [path.name for path in (tmp_path / "figures").glob("*.png")] == ["fig4a.png"]


@pytest.mark.slow
def test_quick_form_holds_and_leaves_rows_and_figure(tmp_path):
    result = run("--quick", "--json", tmp_path / "rows.json", "--out", tmp_path / "figures")
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "rows.json").read_text())
    assert written["complete"]
    assert written["all_hold"]
    names = {row["name"] for row in written["rows"]}
    assert {"theorem-1-rank-1", "theorem-1-rank-5", "theorem-1-rank-20", "lemma-1"} <= names
    for row in written["rows"]:
        assert row["worst_loss"] < 1e-6
        assert (
            row["detects"]
            < {"mean": 0.02, "variance": 0.15, "curve": 0.03, "exact": 0.001}[row["kind"]]
        )
    aligned = next(r for r in written["rows"] if r["name"] == "proposition-1-ratio-1")
    assert aligned["measured"] == pytest.approx(1, abs=1e-5)
    table = (tmp_path / "figures" / "table.md").read_text()
    assert table.count("\n| ") == len(names) + 1
    png = (tmp_path / "figures" / "fig4a.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert len(png) > 20_000
    assert (tmp_path / "figures" / "trajectories.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_wrong_formula_fails_and_is_named(tmp_path, monkeypatch, only):
    only("theorem 1")
    right = theory.expected_kernel_alignment

    # The factor d / (d + 1), forgotten: 5 % off.
    def wrong(singular_values, *, d, **rest):
        return right(singular_values, d=d, **rest) * d / (d + 1)

    monkeypatch.setattr(theory, "expected_kernel_alignment", wrong)
    result = run("--quick", "--json", tmp_path / "rows.json", "--out", tmp_path)
    assert result.exit_code == 1
    for rank in (1, 5, 20):
        assert f"theorem-1-rank-{rank} does not hold" in result.output
    # What does not rest on that formula still holds.
    assert "optimal-start does not" not in result.output
    assert not json.loads((tmp_path / "rows.json").read_text())["all_hold"]


@pytest.mark.slow
def test_a_wrong_exact_formula_fails(tmp_path, monkeypatch, only):
    only("proposition 1")
    right = theory.aligned_kernel_alignment
    monkeypatch.setattr(
        theory, "aligned_kernel_alignment", lambda c, **rest: right(c, **rest) * 0.9999
    )
    result = run("--quick", "--out", tmp_path)
    assert result.exit_code == 1
    assert "proposition-1-ratio-1 does not hold" in result.output


@pytest.mark.slow
def test_what_was_finished_survives_an_interrupt(tmp_path, monkeypatch):
    def interrupted(key, runs, quick):
        raise KeyboardInterrupt
        yield

    checks = {"kernel": CHECKS["kernel"], "later": interrupted}
    for module in (cli._verify, _run):
        monkeypatch.setattr(module, "CHECKS", checks)
    result = run("--quick", "--json", tmp_path / "rows.json", "--out", tmp_path)
    assert result.exit_code == 130
    written = json.loads((tmp_path / "rows.json").read_text())
    assert [row["name"] for row in written["rows"]][:2] == ["kernel-1", "kernel-2"]
    assert not written["complete"]
    assert not written["all_hold"]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "rows.json"
    write_json(path, {"rows": [1]})
    with pytest.raises(TypeError):
        write_json(path, {"rows": [object()]})
    assert json.loads(path.read_text()) == {"rows": [1]}
    assert [p.name for p in tmp_path.iterdir()] == ["rows.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", 1], "seeds is 1"),
        (["--seeds", -3], "seeds is -3"),
        (["--json", "."], "a folder"),
        (["--out", "taken"], "taken"),
    ],
)
def test_bad_input_is_refused_before_any_work(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    for module in (cli._verify, _run):
        monkeypatch.setattr(module, "CHECKS", {"never": lambda *_: pytest.fail("work was begun")})
    result = run("--quick", *arguments)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.slow
@pytest.mark.long
def test_full_form_holds_and_detects_what_it_promises(tmp_path):
    result = run("--json", tmp_path / "rows.json", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    rows = json.loads((tmp_path / "rows.json").read_text())["rows"]
    sampled = [row for row in rows if row["kind"] in ("mean", "variance")]
    assert len(sampled) <= MOST_ROWS
    for row in rows:
        assert (
            row["detects"]
            <= {"mean": 0.005, "variance": 0.05, "curve": 0.01, "exact": 0.002}[row["kind"]]
        )


@pytest.mark.slow
def test_a_formula_wrong_by_what_a_row_detects_is_caught(monkeypatch, only, tmp_path):
    """Twice as wrong as a row says that it would notice: all of them do."""
    only("theorem 1")
    assert run("--quick", "--json", tmp_path / "a.json", "--out", tmp_path).exit_code == 0
    rows = {row["name"]: row for row in json.loads((tmp_path / "a.json").read_text())["rows"]}
    mean, variance = theory.expected_kernel_alignment, theory.kernel_alignment_variance
    for sign in (1, -1):

        def wrong(singular_values, *, d, sign=sign, **rest):
            rank = int((singular_values > 0).sum())
            row = rows.get(f"theorem-1-rank-{rank}", rows["theorem-1-spectrum"])
            return mean(singular_values, d=d, **rest) * (1 + sign * 2 * row["detects"])

        def wrong_variance(singular_values, *, d, sign=sign, **rest):
            name = f"variance-rank-{int((singular_values > 0).sum())}"
            # The figure asks for other ranks too.
            row = rows.get(name, {"detects": 0.0})
            return variance(singular_values, d=d, **rest) * (1 + sign * 2 * row["detects"])

        monkeypatch.setattr(theory, "expected_kernel_alignment", wrong)
        monkeypatch.setattr(theory, "kernel_alignment_variance", wrong_variance)
        result = run("--quick", "--out", tmp_path)
        for name in (*(f"theorem-1-rank-{r}" for r in (1, 5, 20)), "variance-rank-1"):
            assert f"{name} does not hold" in result.output, (name, sign)
