"""Figures 2, 5 and 6 at a small size: what is run, found again, said and refused."""

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from experiments import cli
from experiments.fig2 import compared, sentences, table
from experiments.recurrent import MEASURES, RANKS, load

EDGES = "pre,post,synapses\n" + "".join(
    f"n{i},n{(i + k) % 9},{i + k}\n" for i in range(9) for k in (1, 2, 4)
)


def run(figure, *arguments):
    return CliRunner().invoke(cli.app, [figure, *map(str, arguments)])


@pytest.mark.slow
def test_command_runs_each_size_once(tmp_path):
    edges = tmp_path / "edges.csv"
    edges.write_text(EDGES)
    small = ["--structures", "em,dale", "--connectome", edges, "--hidden", 12, "--seeds", 3]
    small += ["--iterations", 20, "--measures", "weight_change_norm", "--out", tmp_path / "out"]
    first = run("fig6", *small)
    assert first.exit_code == 0, first.output
    kept = {p.name: p.read_bytes() for p in (tmp_path / "out").glob("*.nc")}
    assert set(kept) == {"CXT_9.nc", "CXT_12.nc"}
    assert list(load(tmp_path / "out/CXT_9.nc")["start"].values) == ["null", "EM"]
    assert (tmp_path / "out/fig6.png").read_bytes().startswith(b"\x89PNG")
    text = (tmp_path / "out/table.md").read_text()
    assert "| EM | null | weight change norm |" in text
    second = run("fig6", *small)
    assert second.exit_code == 0, second.output
    assert second.output.count("found in") == 2
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").glob("*.nc")} == kept
    # Another diagram under the same names is another setting.
    edges.write_text(EDGES.replace("n1,n3,3", "n1,n3,5"))
    third = run("fig6", *small)
    assert third.exit_code == 2
    assert "another setting" in third.output


def made(shift, label="em", size=5, loss=0.03):
    """A null and a structure whose measures differ by `shift`, over ten seeds."""
    rng = np.random.default_rng(size)
    null = 0.5 + 0.01 * rng.standard_normal(10)
    values = np.stack([null, null + shift + 0.001 * rng.standard_normal(10)])
    names = [*MEASURES, *RANKS, "accuracy"]
    data = {name: (("start", "seed"), values) for name in names}
    data |= {
        "loss": (("start", "seed"), np.array([[0.03] * 10, [loss] * 10])),
        "first_loss": (("start", "seed"), np.ones((2, 10))),
        "diverged": (("start", "seed"), np.zeros((2, 10), bool)),
    }
    attrs = {"task": "2AF", "seeds": 10, "iterations": 7, "n_hidden": size, "starts": ["a", "b"]}
    return xr.Dataset(data, {"start": ["null", label], "seed": range(10)}, attrs)


def test_structures_of_two_sizes_are_one_table():
    # Each with the null of its own size, and all measures of both taken together.
    both = compared([made(-0.2), made(0.0, "other", 6)]).contrasts
    taken = {c.start: c.verdict for c in both if c.measure == "kernel_alignment"}
    assert taken["em"].said == "richer"
    assert taken["em"].p_holm == pytest.approx(8 * 2 / 1024)
    assert taken["other"].said == "no clear difference"


def test_sentences_say_what_held_and_who_did_not_learn():
    (said,) = sentences([made(-0.2)], compared([made(-0.2)]))
    assert said.startswith(
        "- em: effective rank lower than the null's (participation ratio times 0.6"
    )
    assert "richer by kernel alignment, representation alignment" in said
    assert "did not" not in said
    poor = made(-0.2, loss=0.08)
    said = sentences([poor], compared([poor]))
    assert (
        "nothing can be said (em did not train as the others did (loss 0.08, lowest 0.03)) by "
        "kernel alignment" in said[0]
    )
    assert said[1].startswith("- Not trained alike: em")
    assert "effective rank higher" in sentences([made(0.2)], compared([made(0.2)]))[0]
    assert "did not train" in table([poor])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "3AF"], "3AF"),
        (["--structures", "em,eel"], "eel"),
        (["--connectome", "nowhere.csv"], "nowhere.csv"),
        (["--signs", "nowhere.csv"], "nowhere.csv"),
        (["--cell-types", "nowhere.csv"], "nowhere.csv"),
        (["--hidden", "10"], "L5E"),
        (["--seeds", "0"], "seeds holds 0"),
        (["--batch-runs", "0"], "--batch-runs is 0"),
        (["--measures", "speed"], "speed"),
        (["--out", "taken"], "taken"),
    ],
)
def test_bad_input_is_refused_before_any_work(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setattr(cli._recurrent, "run_task", lambda *_, **__: pytest.fail("work was begun"))  # pyright: ignore[reportAttributeAccessIssue]
    result = run("fig2", *arguments)
    assert result.exit_code == 2
    assert message in result.output
