"""A user's own matrix: what `richlazy inspect` finds, warns of, predicts and refuses."""

import json
import subprocess
import sys

import jax
import numpy as np
import pytest
from scipy.sparse import csr_array
from typer.testing import CliRunner

import richlazy_jax as rj
from benchmarks.whole_brain import whole_brain  # pyright: ignore[reportMissingImports]
from experiments import cli
from experiments.cli._app import COMMANDS, app_for
from experiments.inspection import inspect_connectome, inspection_cost, ladder, markdown
from experiments.inspection.draw import draw
from richlazy_jax.spectra import participation_ratio, whole_spectra

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


@pytest.mark.slow
def test_a_gaussian_matrix_is_seldom_different_from_others():
    rng = np.random.default_rng(1)
    drawn = [made(rng.standard_normal((12, 12))) for _ in range(40)]
    found = [inspect_connectome(each, draws=60, random_seed=i) for i, each in enumerate(drawn)]
    different = sum(each.prediction != "no different from" for each in found)
    # The range of 60 draws leaves out about 7 %, here 3 of 40; more than 9 is one in a thousand.
    assert different <= 9


def test_the_worm_and_what_is_left_to_its_wiring():
    found = inspect_connectome(rj.shipped_connectome("celegans_varshney2011"), draws=3)
    ratio = found.ranks["Gaussian"]["participation_ratio"]
    assert ratio.value == pytest.approx(29.11, abs=0.01)
    # The mean over Gaussian matrices is near n / 2, which their spread of about 1 leaves room for.
    assert ratio.mean == pytest.approx(140, abs=2)
    shuffled = found.ranks["shuffled"]["participation_ratio"]
    assert shuffled.high < ratio.low
    assert found.dominating == []
    climbed = ladder(rj.shipped_connectome("celegans_varshney2011").sparse, draws=6)
    assert climbed.measured == pytest.approx(ratio.value)
    text = markdown(found, climbed)
    assert "is left for what wires whom" in text
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


def large(size=620, connections=9000, seed=0):
    w = whole_brain(jax.random.key(seed), size, connections)
    return rj.Connectome(tuple(f"n{i}" for i in range(size)), w, "a large one")


def test_a_large_connectome_is_never_dense_and_has_the_same_numbers(monkeypatch):
    connectome, told = large(), []
    monkeypatch.setattr("scipy.sparse.csr_array.toarray", lambda *_: pytest.fail("it was dense"))
    found = inspect_connectome(connectome, draws=6, told=lambda *now: told.append(now))
    monkeypatch.undo()
    assert told[0] == ("the connectome", 0, 2)
    assert told[-1] == ("shuffled matrices", 6, 6)
    assert {what for what, done, of in told if done == of} == {
        "the connectome",
        "Gaussian matrices",
        "shuffled matrices",
    }
    exact = whole_spectra(connectome.sparse.toarray()[None])
    for beside in found.ranks.values():
        assert set(beside) == {"participation_ratio", "exponential_entropy", "stable_rank"}
        for kind, null in beside.items():
            assert abs(null.value - exact[kind][0]) <= 4 * null.error + 1e-8 * null.value
            assert null.low < null.mean < null.high
            assert null.error < 0.03 * null.value
    curves = found.spectra["measured"]
    np.testing.assert_allclose(
        curves["leading_singular_value"], exact["singular_value"][0][:10], rtol=1e-8
    )
    text = markdown(found)
    assert "The eigenvalue area is left out" in text
    assert f"± {found.ranks['Gaussian']['exponential_entropy'].error:.1f}" in text
    climbed = ladder(connectome.sparse, 3)
    left, right, nulls = draw(found, climbed).axes
    drawn = [np.asarray(line.get_xdata()).tolist() for line in nulls.lines]
    assert [each for each in drawn if len(each) == 1] == [[rung.mean] for rung in climbed.rungs]
    assert left.get_ylabel() == "leading singular value / largest"
    assert right.get_ylabel() == "singular value (estimated) / largest"
    assert len(left.lines) == len(right.lines) == 3


def test_both_ways_agree(monkeypatch):
    """Whole spectra and estimates, of the same matrices of one size."""
    connectome = large(240, 4000)
    whole = inspect_connectome(connectome, draws=30)
    for module in ("_inspect", "_random", "_cost"):
        monkeypatch.setattr(f"experiments.inspection.{module}.WHOLE", 100)
    large_way = inspect_connectome(connectome, draws=30)
    for null, ranks in large_way.ranks.items():
        for kind, found in ranks.items():
            other = whole.ranks[null][kind]
            assert abs(found.value - other.value) <= 4 * found.error + 1e-8 * found.value
            # 4 standard errors of a mean of 30, the range being about 4 standard deviations wide.
            room = 4 * (other.high - other.low + found.high - found.low) / 4 / np.sqrt(30)
            assert abs(found.mean - other.mean) <= room, (null, kind)
    assert large_way.motifs["chain"].value == whole.motifs["chain"].value


@pytest.mark.parametrize("gaps", [False, True])
def test_null_means_are_those_of_many_draws(gaps):
    rng = np.random.default_rng(2)
    w = rng.lognormal(size=(15, 15)) * (rng.random((15, 15)) < 0.4)
    w = w if gaps else w * (1 - np.eye(15))
    found = inspect_connectome(made(w), draws=400)
    places = np.flatnonzero(np.ones_like(w) if gaps else 1 - np.eye(15))
    ratios, chains = [], []
    for _ in range(2000):
        drawn = np.zeros(225)
        drawn[places] = rng.permutation(w.ravel()[places])
        ratios.append(participation_ratio(drawn.reshape(15, 15)))
        chains.append(rj.measured_motifs(csr_array(drawn.reshape(15, 15))).chain)
    for null, draws in (
        (found.ranks["shuffled"]["participation_ratio"], ratios),
        (found.motifs["chain"], chains),
    ):
        # The part of the mean that comes from 400 draws has a small error of its own.
        error = np.std(draws) / np.sqrt(2000) * 1.5
        assert abs(null.mean - np.mean(draws)) < 4.5 * error


def test_what_cannot_be_done_is_refused_before_it_begins():
    connectome = large()
    cost = inspection_cost(connectome, 20)
    assert 0 < cost.memory < 8
    assert str(cost).startswith("about ")
    with pytest.raises(ValueError, match=r"memory is 0.001 GiB, and a large one takes about"):
        inspect_connectome(connectome, memory=0.001)
    with pytest.raises(ValueError, match="memory is nan"):
        inspect_connectome(connectome, memory=float("nan"))
    n = 1_000_001
    far = csr_array(([1.0, 1.0], ([0, 5], [7, n - 1])), (n, n))
    with pytest.raises(ValueError, match=r"1,000,001 nodes; allowed are up to 1,000,000"):
        inspect_connectome(rj.Connectome([str(i) for i in range(n)], far, "too many"))


def test_costs_grow_with_the_connectome():
    small, more = inspection_cost(large(620), 20), inspection_cost(large(6000, 200_000), 20)
    assert small.seconds < more.seconds
    assert small.memory < more.memory


def run(*arguments):
    return CliRunner().invoke(cli.app, ["inspect", *map(str, arguments)])


def test_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("mine.npy", GAUSS)
    result = run("mine.npy", "--draws", 4, "--json", "deep/found.json", "--without", "3")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1].startswith("Next: the same command with --train ")
    found = json.loads((tmp_path / "deep/found.json").read_text())
    assert found["nodes"] == 39
    assert found["prediction"] in ("richer than", "no different from", "lazier than")
    assert found["ranks"]["Gaussian"]["participation_ratio"]["error"] == 0
    assert len(found["spectra"]["measured"]["singular_value"]) == 39
    names = ["gaussian", "places", "bare_degrees", "degrees", "reciprocity"]
    assert [rung["null"] for rung in found["ladder"]["rungs"]] == names
    assert "| degrees and out-strengths |" in (tmp_path / "out/inspect/inspect.md").read_text()
    assert (tmp_path / "out/inspect/inspect.png").read_bytes().startswith(b"\x89PNG")
    assert "mine.npy" in (tmp_path / "out/inspect/inspect.md").read_text()


def test_the_worm_has_its_gabaergic_signs_and_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    worm = "celegans_witvliet2021_adult8"
    texts, columns = [], []
    for more in ((), ("--signs", "gabaergic"), ("--signs", "as-given")):
        result = run(worm, "--draws", 2, "--json", "found.json", *more)
        assert result.exit_code == 0, result.output
        columns.append(json.loads((tmp_path / "found.json").read_text())["columns"])
        texts.append((tmp_path / "out/inspect/inspect.md").read_text())
    diagram = rj.shipped_connectome(worm)
    sending = (diagram.weights != 0).any(axis=0)
    inhibiting = int((sending & (rj.gabaergic_signs(diagram.names) < 0)).sum())
    assert inhibiting > 0
    assert [each["inhibitory"] for each in columns] == [inhibiting, inhibiting, 0]
    assert texts[0] == texts[1]
    inhibits = int((rj.gabaergic_signs(diagram.names) < 0).sum())
    assert f"the {inhibits} classical GABAergic neurons here inhibit" in texts[0]
    assert "signs that they are given with" in texts[2]
    # A node that only receives is no muscle because of it.
    assert "only receive: AVAL" in texts[0]
    assert "Motor neurons, which send little or nothing to neurons" in texts[0]


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("pre,post,w\na,b,1\nb,a,nan\n", [], "line 3"),
        ("pre,post,w\na,b,1\na,b,2\n", [], "line 3"),
        ("pre,post,w\na,b,1\nb,a,2\nb,c,2\n", ["--nodes", "allowed.txt"], "line 4"),
        ("pre,post,w\na,b,1\nb,c,2\n", ["--signs", "signs.csv"], "signs.csv"),
        ("pre,post,w\na,b,1\nb,c,2\n", ["--signs", "gabaergic"], "names holds none of the 26"),
        ("pre,post,w\na,b,1\nb,c,2\n", ["--signs", "given"], "given does not exist"),
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


def test_the_answer_begins_with_what_was_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = ["A B 5 x ACH", "A B 2 y ACH", "B C 3 x GABA", "C A 1 x ACH", "NA A 1 x ACH"]
    (tmp_path / "t.txt").write_text("\n".join(["made by hand", "a b n kind nt", *rows]))
    options = ["--pre", "a", "--post", "b", "--weight", "n", "--header", 2, "--delimiter", "space"]
    options += ["--duplicates", "sum", "--ignore", "NA", "--sign", "nt", "--transmitter", "ACH=-1"]
    options += ["--where", "kind=x", "--where", "kind=y", "--draws", 2, "--json", "found.json"]
    result = run("t.txt", *options)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Its fields are separated by spaces.\n'a' sends, 'b' receives")
    assert "Signs are from 'nt', with nothing as excitatory" in result.output
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["nodes"] == 3
    assert found["total"] == 11
    assert found["positive"] == 0
    assert any("1 row left out by ignore='NA'" in each for each in found["said"])
    page = (tmp_path / "out/inspect/inspect.md").read_text()
    assert page.startswith("What was read:\n\n- Its fields")
    for wrong in (["--where", "kind"], ["--transmitter", "ACH=2"], ["--rows", "both"]):
        assert run("t.txt", *options, *wrong).exit_code == 2
    result = run("celegans_varshney2011", "--weight", "n")
    assert result.exit_code == 2
    assert "--weight say what a file holds" in " ".join(result.output.split())


IMPORTED = """
import sys
from experiments.cli._app import app_for
app_for(["--cores", "2", "inspect", "my.csv"])
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_inspect_waits_for_no_import_that_it_does_not_need():
    run = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True, timeout=60
    )
    found = set(run.stdout.split())
    assert {"typer", "experiments"} <= found
    assert not found & {"flax", "optax", "diffrax", "xarray", "dask", "matplotlib", "orbax"}


def test_all_commands_are_there_for_help():
    for arguments in ([], ["--help"], ["nonsense"]):
        assert len(app_for(arguments).registered_commands) == len(COMMANDS)
    assert [each.name for each in app_for(["map", "inspect"]).registered_commands] == ["map"]


def test_coordinates_add_their_rung_and_nodes_without_are_named(tmp_path):
    rng = np.random.default_rng(0)
    matrix = (rng.random((12, 12)) < 0.4) * 1.0
    np.fill_diagonal(matrix, 0)
    np.savez(tmp_path / "w.npz", weights=matrix, names=np.array([f"n{i}" for i in range(12)]))
    lines = [f"n{i},{i % 4},{i // 4},0" for i in range(12)]
    (tmp_path / "places.csv").write_text("\n".join(["name,x,y,z", *lines]))
    (tmp_path / "fewer.csv").write_text("\n".join(["name,x,y,z", *lines[1:]]))
    given = ["inspect", str(tmp_path / "w.npz"), "--rows", "receive", "--draws", "2"]
    given += ["--out", str(tmp_path / "out"), "--coordinates"]
    app = app_for(["inspect"])
    ran = CliRunner().invoke(app, [*given, str(tmp_path / "places.csv")])
    assert ran.exit_code == 0, ran.output
    assert "| degrees at distances |" in (tmp_path / "out" / "inspect.md").read_text()
    ran = CliRunner().invoke(app, [*given, str(tmp_path / "fewer.csv")])
    assert ran.exit_code == 2
    assert "'n0'" in ran.output
