"""A user's own matrix: what `richlazy inspect` finds, warns of, predicts and refuses."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli
from experiments.inspection import inspect_connectome, markdown

GAUSS = np.random.default_rng(0).standard_normal((40, 40))


def made(weights):
    return rj.Connectome(tuple(f"n{i}" for i in range(len(weights))), weights, "made up")


def test_counts_and_signs():
    w = np.zeros((6, 6))
    w[1, 0], w[2, 0], w[3, 1], w[0, 2], w[4, 4], w[0, 4] = 1, 2, -1, 3, 5, -8
    found = inspect_connectome(made(w), draws=3)
    assert (found.nodes, found.connections, found.self_connections) == (6, 6, 1)
    assert found.density == pytest.approx(5 / 30)
    assert found.total == 20
    assert found.largest == 8
    assert found.positive == pytest.approx(4 / 6)
    assert found.columns == {"excitatory": 2, "inhibitory": 1, "mixed": 1, "silent": 2}
    assert found.receive_only == ("n3",)


def test_predictions():
    """Low rank is richer than Gaussian weights, equal singular values lazier, a draw neither."""
    u, s, vt = np.linalg.svd(GAUSS)
    low = inspect_connectome(made((u[:, :3] * s[:3]) @ vt[:3]), draws=10)
    assert low.prediction == "richer than"
    # (d + 1) / (d sqrt(d + 3)) sqrt(PR), Theorem 1.
    ratio = (s[:3] ** 2).sum() ** 2 / (s[:3] ** 4).sum()
    expected = 41 / (40 * np.sqrt(43)) * np.sqrt(ratio)
    assert low.expected_alignment.value == pytest.approx(expected, rel=1e-5)
    assert low.ranks["Gaussian"]["participation_ratio"].value == pytest.approx(ratio, rel=1e-9)
    assert inspect_connectome(made(u @ vt), draws=10).prediction == "lazier than"
    assert inspect_connectome(made(GAUSS), draws=40).prediction == "no different from"


def test_the_worm_and_what_is_left_to_its_wiring():
    found = inspect_connectome(rj.shipped_connectome("celegans_varshney2011"), draws=3)
    ratio = found.ranks["Gaussian"]["participation_ratio"]
    assert ratio.value == pytest.approx(29.11, abs=0.01)
    # The mean over Gaussian matrices is near n / 2, which their spread of about 1 leaves room for.
    assert ratio.mean == pytest.approx(140, abs=2)
    shuffled = found.ranks["shuffled"]["participation_ratio"]
    assert shuffled.high < ratio.low
    logs = np.log([ratio.mean, shuffled.mean, ratio.value])
    assert found.wiring_share == pytest.approx((logs[1] - logs[2]) / (logs[0] - logs[2]))
    assert 0.4 < found.wiring_share < 0.8
    assert found.dominating == []
    text = markdown(found)
    assert "comes from sparse and unequal weights alone" in text
    assert "richer than a Gaussian start" in text


def test_a_lumped_muscle_is_named_and_left_out():
    n = len(GAUSS)
    with_muscle = np.zeros((n + 1, n + 1))
    with_muscle[:n, :n] = GAUSS
    with_muscle[n, : n // 2] = 20
    names = (*(f"n{i}" for i in range(n)), "MUSCLE")
    found = inspect_connectome(rj.Connectome(names, with_muscle, "with muscle"), draws=2)
    assert [node.name for node in found.dominating] == ["MUSCLE"]
    for null, w in (
        (found.ranks["Gaussian"]["participation_ratio"], with_muscle),
        (found.ranks_without["participation_ratio"], GAUSS),
    ):
        s = np.linalg.svd(w, compute_uv=False) ** 2
        assert null.value == pytest.approx(s.sum() ** 2 / (s**2).sum())
    text = markdown(found)
    assert "Warning:** MUSCLE receives" in text
    assert "Without MUSCLE:" in text
    assert "1 of the nodes only receive: MUSCLE" in text


def run(*arguments):
    return CliRunner().invoke(cli.app, ["inspect", *map(str, arguments)])


def test_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("mine.npy", GAUSS)
    result = run("mine.npy", "--draws", 4, "--json", "deep/found.json", "--without", "3")
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "deep/found.json").read_text())
    assert found["nodes"] == 39
    assert found["prediction"] == "no different from"
    assert len(found["spectra"]["measured"]["singular_value"]) == 39
    names = ["gaussian", "places", "bare_degrees", "degrees", "reciprocity"]
    assert [rung["null"] for rung in found["ladder"]["rungs"]] == names
    assert "| degrees and out-strengths |" in (tmp_path / "out/inspect/inspect.md").read_text()
    assert (tmp_path / "out/inspect/inspect.png").read_bytes().startswith(b"\x89PNG")
    assert "mine.npy" in (tmp_path / "out/inspect/inspect.md").read_text()


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("pre,post,w\na,b,1\nb,a,nan\n", [], "line 3"),
        ("pre,post,w\na,b,1\na,b,2\n", [], "line 3"),
        ("pre,post,w\na,b,1\nb,a,2\nb,c,2\n", ["--nodes", "allowed.txt"], "line 4"),
        ("pre,post,w\na,b,1\nb,c,2\n", ["--signs", "signs.csv"], "signs.csv"),
        ("pre,post,w\na,b,1\nb,c,2\n", ["--without", "z"], "z"),
        ("pre,post,w\na,b,1\nb,a,2\n", [], "2 nodes"),
        ("pre,post,w\na,b,1\nb,c,2\n", ["--draws", "1"], "draws is 1"),
    ],
)
def test_bad_input(tmp_path, monkeypatch, content, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "edges.csv").write_text(content)
    (tmp_path / "allowed.txt").write_text("a\nb\n")
    (tmp_path / "signs.csv").write_text("name,sign\na,1\nb,1\n")
    result = run("edges.csv", *arguments)
    assert result.exit_code == 2, result.output
    assert message in result.output.replace("\n", " ")
