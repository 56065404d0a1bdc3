"""Figures 2, 5 and 6 at a small size: what is run, found again, said and refused."""

import html

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli
from experiments.engine import USUAL
from experiments.kinds.recurrent import MEASURES, RANKS, Setting
from experiments.paper.fig2 import compared, sentences, table
from experiments.report import study_report

EDGES = "pre,post,synapses\n" + "".join(
    f"n{i},n{(i + k) % 9},{i + k}\n" for i in range(9) for k in (1, 2, 4)
)


def run(figure, *arguments):
    return CliRunner().invoke(cli.app, [figure, *map(str, arguments)])


def kept_in(study):
    """The finished cells of a study, byte for byte."""
    return {path.name: path.read_bytes() for path in (study / "cells").glob("*.nc")}


@pytest.mark.slow
def test_command_runs_each_cell_once(tmp_path):
    edges, out = tmp_path / "edges.csv", tmp_path / "out"
    edges.write_text(EDGES)
    small = ["--structures", "em,dale", "--connectome", edges, "--hidden", 12, "--seeds", 3]
    small += ["--iterations", 20, "--measures", "weight_change_norm", "--out", out]
    first = run("fig6", *small)
    assert first.exit_code == 0, first.output
    # Each size has a null of its own.
    assert "4 cells: 4 run" in first.output
    whole = rj.open_study(out)
    found = zip(whole["n_hidden"].values.tolist(), whole["start"].values.tolist(), strict=True)
    assert sorted(found) == [(9, "EM"), (9, "null"), (12, "Dale"), (12, "null")]
    assert set(whole["task"].values.ravel().tolist()) == {"CXT"}
    assert (out / "fig6.png").read_bytes().startswith(b"\x89PNG")
    text = (out / "table.md").read_text()
    assert "| EM | null | weight change norm |" in text
    kept = kept_in(out)
    second = run("fig6", *small)
    assert second.exit_code == 0, second.output
    assert "4 cells: 4 found" in second.output
    assert kept_in(out) == kept
    # Another diagram under the same name is another start, and the others are found.
    edges.write_text(EDGES.replace("n1,n3,3", "n1,n3,5"))
    third = run("fig6", *small)
    assert third.exit_code == 0, third.output
    assert "1 cell more than before" in third.output
    assert "1 cell no longer asked for, and kept where finished" in third.output
    assert "4 cells: 3 found, 1 run" in third.output
    now = kept_in(out)
    assert len(now) == 5
    assert now | kept == now
    assert (out / "table.md").read_text() != text


@pytest.mark.slow
def test_a_report_on_the_study_of_a_figure_gives_its_verdicts(tmp_path):
    edges, out = tmp_path / "edges.csv", tmp_path / "out"
    edges.write_text(EDGES)
    small = ["--structures", "em,dale", "--connectome", edges, "--hidden", 12, "--seeds", 9]
    small += ["--iterations", 20, "--measures", "weight_change_norm,kernel_alignment"]
    ran = run("fig2", *small, "--out", out)
    assert ran.exit_code == 0, ran.output
    lines = [line for line in (out / "table.md").read_text().splitlines() if " | null | " in line]
    assert len(lines) == 4
    page = html.unescape(study_report(out).html)
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert "".join(f"<td>{cell}</td>" for cell in cells) in page


@pytest.mark.slow
def test_a_figure_grows_to_what_one_run_of_all_gives(tmp_path, monkeypatch):
    asked, run_cell = [], Setting.run

    def counted(setting, first_seed=0, how=USUAL):
        asked.append((setting.starts[0].label, first_seed, setting.seeds))
        return run_cell(setting, first_seed, how)

    monkeypatch.setattr(Setting, "run", counted)
    small = ["--task", "2AF", "--size", 6, "--iterations", 20]
    grown, at_once = tmp_path / "grown", tmp_path / "at once"
    first = run("fig1", *small, "--ranks", "1,6", "--seeds", 2, "--out", grown)
    assert first.exit_code == 0, first.output
    before = rj.open_study(grown)
    assert before.sizes["cell"] == 2
    assert asked == [("rank 1", 0, 2), ("rank 6", 0, 2)]
    asked.clear()
    more = ["--ranks", "1,4,6", "--seeds", 3]
    second = run("fig1", *small, *more, "--out", grown)
    assert second.exit_code == 0, second.output
    assert "The study grows: 1 cell more than before." in second.output
    assert "The study grows: seed: 3 instead of 2 in 2 cells." in second.output
    assert "3 cells: 3 run" in second.output
    # What is there is not run again.
    assert asked == [("rank 1", 2, 1), ("rank 4", 0, 3), ("rank 6", 2, 1)]
    whole = run("fig1", *small, *more, "--out", at_once)
    assert whole.exit_code == 0, whole.output

    def by_start(study):
        found = rj.open_study(study) if not isinstance(study, xr.Dataset) else study
        return found.set_index(cell="start").sortby("cell")

    of_grown, of_all, of_before = by_start(grown), by_start(at_once), by_start(before)
    assert set(of_grown.data_vars) == set(of_all.data_vars)
    assert {*MEASURES, *RANKS, "loss", "first_loss", "accuracy"} <= set(of_all.data_vars)
    assert of_grown.sizes == of_all.sizes
    for name in of_all.data_vars:
        if of_all[name].dtype.kind not in "biuf":
            continue
        np.testing.assert_allclose(
            of_grown[name], of_all[name], rtol=1e-6, atol=1e-6, err_msg=str(name)
        )
        old = of_grown[name].sel(cell=of_before["cell"])
        old = old.sel(seed=of_before["seed"]) if "seed" in old.dims else old
        np.testing.assert_array_equal(old, of_before[name], err_msg=str(name))
    tables = [(study / "table.md").read_text() for study in (grown, at_once)]
    assert tables[0] == tables[1]
    asked.clear()
    assert "3 cells: 3 found" in run("fig1", *small, *more, "--out", grown).output
    assert asked == []


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


def test_a_structure_that_learned_slowly_is_judged_at_equal_loss():
    poor = made(-0.2, loss=0.08)
    # At a loss of 0.08 the null had kept 0.8 of its kernel, and the structure 0.3.
    losses = [[1, 0.3, 0.08, 0.03], [1, 0.5, 0.2, 0.08]]
    kept = [[1, 0.9, 0.8, 0.5], [1, 0.9, 0.5, 0.3]]
    noise = (poor["kernel_alignment"].values - [[0.5], [0.3]])[:, :, None]
    courses = np.array(kept)[:, None] + noise
    dims = ("start", "seed", "update")
    looked = poor.assign_coords(update=[1, 10, 100, 1000]).assign(
        kernel_alignment_through=(dims, courses),
        loss_through=(dims, np.broadcast_to(np.array(losses)[:, None], courses.shape)),
    )
    said = sentences([looked], compared([looked]))[0]
    assert "nothing can be said (em did not train as the others did" in said
    assert said.endswith("; at equal loss: richer by kernel alignment.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "3AF"], "3AF"),
        (["--measure-at", "5,x"], "'5,x'"),
        (["--measure-at", "20000"], "20000"),
        (["--structures", "em,eel"], "eel"),
        (["--connectome", "nowhere.csv"], "nowhere.csv"),
        (["--signs", "nowhere.csv"], "nowhere.csv"),
        (["--cell-types", "nowhere.csv"], "nowhere.csv"),
        (["--hidden", "10"], "L5E"),
        (["--seeds", "0"], "seeds is 0"),
        (["--batch-runs", "0"], "--batch-runs is 0"),
        (["--measures", "speed"], "speed"),
        (["--out", "taken"], "taken"),
    ],
)
def test_bad_input_is_refused_before_any_work(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setattr(Setting, "run", lambda *_, **__: pytest.fail("work was begun"))
    result = run("fig2", *arguments)
    assert result.exit_code == 2
    assert "".join(message.split()) in "".join(result.output.replace("│", "").split())
