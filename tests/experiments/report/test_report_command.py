"""`richlazy report`, and studies that are broken in part."""

import io
import json
import shutil

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from rich.console import Console
from typer.testing import CliRunner

from experiments import cli
from experiments.cli._progress import progress_bar
from experiments.findings import _intervals
from experiments.report import study_report
from richlazy_jax.studies import (
    Wanted,
    _seal,
    checkpoint_folder,
    create_study,
    missing_cells,
    record_failure,
    write_cell,
)

VALUES = {"kernel_alignment": [0.5, 0.6]}


def run(*arguments):
    return CliRunner().invoke(cli.app, ["report", *map(str, arguments)])


@pytest.fixture
def study(made):
    study = made()
    study.add("one", VALUES)
    study.add("two", VALUES)
    return study


def test_the_page_lies_in_the_study_and_does_not_disturb_it(study, made):
    before = {file.name for file in study.path.iterdir()}
    result = run(study.path)
    assert result.exit_code == 0, result.output
    first, second, last = result.output.splitlines()
    assert first == f"Report: {study.path / 'report.html'}"
    assert "0 of 4 cells finished, 4 missing, 0 failed, 2 not asked for" in second
    assert last == "Next: open the report in a browser"
    assert {file.name for file in study.path.iterdir()} == before | {"report.html"}
    page = (study.path / "report.html").read_bytes()
    assert page.startswith(b"<!DOCTYPE html>")
    made()
    assert (study.path / "report.html").read_bytes() == page
    assert run(study.path).exit_code == 0
    assert (study.path / "report.html").read_bytes() == page


def test_another_file_may_be_named(study, tmp_path):
    file = tmp_path / "new" / "page.html"
    assert run(study.path, "--out", file).exit_code == 0
    assert file.is_file()
    assert not (study.path / "report.html").exists()


def test_figures_are_written_for_slides(study, tmp_path):
    file = tmp_path / "new" / "page.html"
    result = run(study.path, "--out", file, "--png")
    assert result.exit_code == 0, result.output
    written = sorted(tmp_path.glob("new/figures/*"))
    assert f"Figures: {len(written)} in {file.parent / 'figures'}" in result.output
    assert "kernel_alignment-0.png" in {path.name for path in written}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)
    # The page is the same with and without them.
    page = file.read_bytes()
    assert run(study.path, "--out", file).exit_code == 0
    assert file.read_bytes() == page


@pytest.mark.parametrize("name", ["spec.yaml", "environment.json", "cells/a.html", "failed/b"])
def test_what_the_study_is_is_not_written_over(study, name):
    before = sorted((f, f.read_bytes()) for f in study.path.rglob("*") if f.is_file())
    result = run(study.path, "--out", study.path / name)
    assert result.exit_code == 2
    assert "part of the study" in " ".join(result.output.split())
    assert sorted((f, f.read_bytes()) for f in study.path.rglob("*") if f.is_file()) == before


def test_what_is_no_study_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for name, message in (
        ("nothing", "does not exist"),
        ("file", "is no study"),
        ("folder", "is no study"),
    ):
        result = run(tmp_path / name)
        assert result.exit_code == 2
        assert message in " ".join(result.output.replace("│", " ").split())
    assert not list((tmp_path / "folder").iterdir())


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "studies of format 1"), ("{", "cannot be read"), ('{"format": 99}', "has format 99")],
)
def test_a_study_without_its_list_of_cells_is_refused(study, content, message):
    file = study.path / "wanted.json"
    file.unlink() if content is None else file.write_text(content)
    result = run(study.path)
    assert result.exit_code == 2
    said = " ".join(result.output.replace("│", " ").split())
    assert message in said
    # A long path may be broken anywhere.
    assert "wanted.json" in said.replace(" ", "")
    assert not (study.path / "report.html").exists()


def test_finished_failed_and_missing_cells_are_those_of_the_grid(made, read):
    spec = "task: 2AF\nstart:\n- {kind: low_rank, rank: [1, 2, 3, 4]}\nn_hidden: 6\nseeds: 2\n"
    study = made(spec=spec)
    records = [one.record for one in study.wanted]
    values = {name: ("seed", [0.5, 0.6]) for name in study.wanted[0].variables}
    one = xr.Dataset(values, {"seed": [0, 1], "start": "rank 1", "rank": 1})
    write_cell(study.path, records[0], one)
    broken = write_cell(study.path, records[1], one)
    (study.path / "cells" / f"{broken}.nc").write_bytes(b"no cell")
    failed = write_cell(study.path, records[2], one)
    (study.path / "cells" / f"{failed}.nc").unlink()
    record_failure(study.path, failed, RuntimeError("out of <luck>"))
    report = study_report(study.path)
    text = read(report.html).text
    assert report.line.startswith("1 of 4 cells finished, 2 missing, 1 failed.")
    assert f"{broken}.nc was renamed to {broken}.nc.broken-1" in text
    assert f"low_rank(rank=3, keep=frobenius) {failed}: RuntimeError: out of <luck>" in text
    assert f"low_rank(rank=2, keep=frobenius) {broken}" in text
    assert "low_rank(rank=4" in text
    again = read(study_report(study.path).html).text
    assert f"{broken}.nc.broken-1 was put aside when the study was read before" in again


def test_a_cell_that_lacks_what_is_asked_for_is_missing_and_shown(made, read):
    """As when more seeds or measures are asked for of a study that is there."""
    spec = "task: 2AF\nstart:\n- {kind: low_rank, rank: [1, 2, 3]}\nn_hidden: 6\nseeds: 2\n"
    study = made(spec=spec)
    whole = xr.Dataset(
        {name: ("seed", [0.5, 0.6]) for name in study.wanted[0].variables}, {"seed": [0, 1]}
    )
    write_cell(study.path, study.wanted[0].record, whole)
    few = write_cell(study.path, study.wanted[1].record, whole.isel(seed=[0]))
    less = write_cell(study.path, study.wanted[2].record, whole.drop_vars("sign_agreement"))
    report = study_report(study.path)
    assert report.line.startswith("1 of 3 cells finished, 2 missing, 0 failed.")
    assert missing_cells(study.path) == [few, less]
    page = read(report.html)
    assert "2 cells missing" in page.text
    assert len(page.cells) == 3
    record_failure(study.path, few, RuntimeError("out of luck"))
    assert study_report(study.path).line.startswith("1 of 3 cells finished, 1 missing, 1 failed.")


def test_cells_that_have_a_checkpoint_are_begun(made, read):
    spec = "task: 2AF\nstart:\n- {kind: low_rank, rank: [1, 2]}\nn_hidden: 6\nseeds: 2\n"
    study = made(spec=spec)
    first, _ = (one.hash for one in study.wanted)
    # A folder for each part of the seeds; a checkpoint that is being written has another name.
    for name in ("0-1/200", "0-1/1000", "1-2/400", "0-1/1200.partial", "0-1-looks"):
        (checkpoint_folder(study.path, first) / name).mkdir(parents=True)
    report = study_report(study.path)
    assert report.line == "0 of 2 cells finished, 2 missing (1 begun), 0 failed"
    text = read(report.html).text
    assert f"{first}, begun: 1000 updates done" in text
    assert text.count("begun:") == 1


def damage_environment(study):
    (study.path / "environment.json").write_text("{")
    return "environment.json could not be read"


def damage_environment_kind(study):
    (study.path / "environment.json").write_text("[1, 2]")
    return "What it was computed with is not known"


def remove_environment(study):
    (study.path / "environment.json").unlink()
    return "environment.json could not be read"


def damage_spec(study):
    (study.path / "spec.yaml").write_bytes(b"task: \xff\x00 [")
    # What is missing stands in the list of cells.
    assert "0 of 4 cells finished, 4 missing" in study_report(study.path).line
    return r"task: \xff"


def damage_failure(study):
    (study.path / "failed" / f"{'0' * 16}.json").write_text("[]")
    return "is no record of a failure"


def odd_failure(study):
    fields = {"type": 1, "message": None, "traceback": ["<x>"], "attempts": {}, "time": 0.5}
    (study.path / "failed" / f"{'0' * 16}.json").write_text(json.dumps(fields))
    # Where types are checked it is no record at all, which is said as well.
    return "0" * 16


def other_format(study):
    hash = study.add("three", VALUES)
    file = study.path / "cells" / f"{hash}.nc"
    content = file.read_bytes()
    said = _seal.opened(content)
    # The seal is behind the netCDF part, which readers of netCDF pass over.
    file.write_bytes(_seal.sealed(content, said | {"format": 99}))
    return "the study has format 99"


def no_folders(study):
    for folder in study.path.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    return "4 cells missing"


def odd_values(study):
    for start, value in (("nan", np.nan), ("inf", np.inf), ("huge", 1e300), ("zero", 0.0)):
        names = ("kernel_alignment", "loss", "accuracy", "first_loss", "weight_change_norm")
        study.add(start, {name: [value, value] for name in names}, rank=3)
    return "huge"


def single_seeds(study):
    study.add("single", {"kernel_alignment": [0.25]})
    study.add("none", {"kernel_alignment": np.zeros(0)})
    return "single"


def other_variables(study):
    more = {"matrix": (("seed", "x"), np.zeros((2, 3))), "name": ("seed", ["a", "b"])}
    dataset = xr.Dataset(
        {"kernel_alignment": (("x", "seed"), np.zeros((3, 2))), **more},
        {"start": ("x", ["p", "q", "r"]), "rank": np.nan},
    )
    write_cell(study.path, {"deep": {"a": [1, {"b": None}], "c": {}}, "task": None}, dataset)
    return "deep.a"


@pytest.mark.parametrize(
    "damage",
    [
        damage_environment,
        damage_environment_kind,
        remove_environment,
        damage_spec,
        damage_failure,
        odd_failure,
        other_format,
        no_folders,
        odd_values,
        single_seeds,
        other_variables,
    ],
)
def test_a_study_that_is_broken_in_part_has_a_page_that_says_so(study, read, damage):
    said = damage(study)
    page = read(study_report(study.path).html)
    assert page.faults == []
    assert said in page.text
    assert "ould not be drawn" not in page.text
    # A page that is passed on must not say where the study lay.
    assert str(study.path.parent) not in page.text
    if damage is not no_folders:
        assert {"one", "two"} <= {row["start"] for row in page.cells}


def test_a_study_without_cells_has_a_page(tmp_path, read):
    wanted = Wanted({"task": "2AF", "start": {"kind": "null"}})
    create_study(tmp_path / "new", "start: {kind: null}\n", {}, [wanted])
    report = study_report(tmp_path / "new")
    assert report.line == "0 of 1 cells finished, 1 missing, 0 failed"
    assert read(report.html).faults == []
    assert f"2AF, null() {wanted.hash}" in read(report.html).text


def test_a_report_takes_no_xarray_file_and_one_bootstrap_for_each_mean(made, monkeypatch):
    study = made()
    study.add_ranks({1: 0.5, 5: 0.6, 20: 0.7}, null=0.8)
    monkeypatch.setattr(xr, "open_dataset", lambda *_, **__: pytest.fail("it takes 40 ms a cell"))
    asked, bootstrap = [], _intervals._bca
    monkeypatch.setattr(_intervals, "_bca", lambda v: asked.append(v.tobytes()) or bootstrap(v))
    _intervals._of_finite.cache_clear()
    seen = []
    study_report(study.path, lambda *progress: seen.append(progress))
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4)]
    assert len(asked) == len(set(asked))
    # Four measures and what stands with them of each cell, and the contrasts of the whole.
    assert len(asked) <= 4 * 6 + 12


def test_a_panel_draws_dots_in_one_call_a_setting(made, monkeypatch):
    study = made()
    study.add_ranks({1: 0.5, 5: 0.6, 20: 0.7})
    calls, plot = [], Axes.plot
    monkeypatch.setattr(Axes, "plot", lambda *a, **how: calls.append(a) or plot(*a, **how))
    study_report(study.path)
    dots = [arguments for arguments in calls if isinstance(arguments[-1], str)]
    assert dots
    assert len(dots) == len({id(arguments[0]) for arguments in dots})


def test_a_terminal_sees_how_far_the_report_is(study):
    said = io.StringIO()
    console = Console(file=said, force_terminal=True, width=100)
    with progress_bar(console) as bars:
        bar = bars.add_task("cells", total=1)
        study_report(study.path, lambda done, of: bars.update(bar, completed=done + 1, total=of))
    assert "2/2" in said.getvalue()
