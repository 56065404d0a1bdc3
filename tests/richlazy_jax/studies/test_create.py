"""The folder of a study: made once, for one spec."""

import json
import os
import threading
import time

import pytest
import xarray as xr

from richlazy_jax.studies import (
    Wanted,
    _durable,
    checkpoint_folder,
    claim_cell,
    create_study,
    failures,
    missing_cells,
    open_study,
    record_failure,
    study_changes,
    wanted_cells,
    write_cell,
)

SPEC = "task: 2AF\r\nranks: [1, 3]\n# é\n"


def contents(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_the_spec_is_kept_byte_for_byte(tmp_path):
    study = tmp_path / "deep" / "study"
    create_study(str(study), SPEC, {"b": 1, "a": [1.5, None]})
    assert (study / "spec.yaml").read_bytes() == SPEC.encode()
    assert json.loads((study / "environment.json").read_text()) == {"a": [1.5, None], "b": 1}
    assert {p.name for p in study.iterdir()} == {
        *("spec.yaml", "environment.json", "wanted.json"),
        *("cells", "locks", "failed", "unfinished"),
    }
    before = contents(study)
    create_study(study, SPEC, {"another": "machine"})
    assert contents(study) == before


def test_empty_folders_that_were_lost_come_back(tmp_path):
    create_study(tmp_path, SPEC, {})
    (tmp_path / "cells").rmdir()
    (tmp_path / "failed").rmdir()
    create_study(tmp_path, SPEC, {})
    assert (tmp_path / "cells").is_dir()
    assert (tmp_path / "failed").is_dir()


def wanted(*numbers, seeds=2, variables=("loss",), **more):
    return [
        Wanted({"task": "2AF", "n": n, **more}, variables, {"seed": range(seeds)}) for n in numbers
    ]


def test_a_study_grows_and_says_how(tmp_path):
    create_study(tmp_path, SPEC, {}, wanted(1, 2))
    write_cell(tmp_path, {"task": "2AF", "n": 1}, xr.Dataset({"loss": ("seed", [0.5, 0.25])}))
    assert study_changes(tmp_path, wanted(1, 2)) == []
    more = wanted(2, 3, 4, seeds=3, variables=("loss", "accuracy"))
    before = contents(tmp_path)
    assert study_changes(tmp_path, more) == [
        "2 cells more than before",
        "1 cell no longer asked for, and kept where finished",
        "more measured (accuracy) in 1 cell",
        "seed: 3 instead of 2 in 1 cell",
    ]
    assert contents(tmp_path) == before
    create_study(tmp_path, "another: spec\n", {}, more)
    assert (tmp_path / "spec.yaml").read_text() == "another: spec\n"
    assert list(wanted_cells(tmp_path)) == [one.hash for one in more]
    (cell,) = (tmp_path / "cells").iterdir()
    assert contents(tmp_path)[f"cells/{cell.name}"] == before[f"cells/{cell.name}"]
    assert study_changes(tmp_path / "none", more) == []


@pytest.mark.parametrize(
    ("then", "now", "message"),
    [
        (
            {"start": {"kind": "own:A", "digest": "aa"}},
            {"start": {"kind": "own:A", "digest": "bb"}},
            r"start\.digest is 'bb', and was 'aa' when the study .* was made",
        ),
        ({}, {"dtype": "float64"}, r"dtype is 'float64', and was None"),
    ],
)
def test_other_code_under_the_same_name_is_refused(tmp_path, then, now, message):
    create_study(tmp_path, SPEC, {}, wanted(1, **then))
    before = contents(tmp_path)
    for grow in (study_changes, lambda path, asked: create_study(path, "b: 1\n", {}, asked)):
        with pytest.raises(ValueError, match=message):
            grow(tmp_path, wanted(1, 2, **now))
    assert contents(tmp_path) == before
    # Both at once are two things that are asked for, and not one that changed.
    create_study(tmp_path, SPEC, {}, [*wanted(1, **then), *wanted(1, **now)])


def test_another_precision_is_refused(tmp_path):
    create_study(tmp_path, SPEC, {"x64": False}, wanted(1))
    with pytest.raises(ValueError, match=r"jax_enable_x64 is True, and the study .* float32"):
        create_study(tmp_path, SPEC, {"x64": True}, wanted(1))
    create_study(tmp_path, SPEC, {"x64": False}, wanted(1))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "studies of format 1 have none; allowed is format 2.* another folder"),
        (b"{", "wanted.json cannot be read"),
        (b'{"format": 9, "cells": {}}', "has format 9; allowed is 2"),
        (b'{"format": 2, "cells": [1]}', "wanted.json cannot be read"),
    ],
)
def test_a_list_that_cannot_be_read_is_said(tmp_path, content, message):
    create_study(tmp_path, SPEC, {}, wanted(1))
    (tmp_path / "wanted.json").unlink()
    if content is not None:
        (tmp_path / "wanted.json").write_bytes(content)
    for read in (wanted_cells, open_study, missing_cells):
        with pytest.raises(ValueError, match=message):
            read(tmp_path)
    if "cannot be read" in message:
        # Who asks again writes it anew.
        create_study(tmp_path, SPEC, {}, wanted(1))
        assert list(wanted_cells(tmp_path)) == [wanted(1)[0].hash]
    else:
        with pytest.raises(ValueError, match=message):
            create_study(tmp_path, SPEC, {}, wanted(1))


@pytest.mark.parametrize("name", ["thesis.tex", "cells/precious.nc"])
def test_a_folder_of_something_else_is_refused_untouched(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("x")
    with pytest.raises(ValueError, match=f"no study and not empty, as it holds '{name}'"):
        create_study(tmp_path, SPEC, {})
    assert contents(tmp_path) == {name: b"x"}
    with pytest.raises(FileExistsError):
        create_study(tmp_path / name, SPEC, {})


def test_an_environment_that_json_cannot_hold_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match=r"environment\.a is nan"):
        create_study(tmp_path / "study", SPEC, {"a": float("nan")})
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize("at", ["environment.json", "spec.yaml"])
def test_a_creation_that_was_cut_off_is_taken_up(tmp_path, monkeypatch, at):
    with monkeypatch.context() as patched:
        replace = os.replace

        def cut_off(source, target):
            if target.name == at:
                raise KeyboardInterrupt
            replace(source, target)

        patched.setattr(os, "replace", cut_off)
        with pytest.raises(KeyboardInterrupt):
            create_study(tmp_path, SPEC, {})
    assert not (tmp_path / "spec.yaml").exists()
    create_study(tmp_path, SPEC, {"b": 2})
    assert json.loads((tmp_path / "environment.json").read_text()) == {"b": 2}


def at_once(functions):
    """Run each in a thread, all together, and give what each raised."""
    barrier, raised = threading.Barrier(len(functions)), []

    def run(function):
        barrier.wait()
        try:
            function()
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=[f]) for f in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_many_at_once_make_one_study(tmp_path):
    assert at_once([lambda: create_study(tmp_path / "a", SPEC, {})] * 6) == []
    different = [lambda i=i: create_study(tmp_path / "b", f"n: {i}\n", {}) for i in range(6)]
    assert at_once(different) == []
    assert (tmp_path / "b" / "spec.yaml").read_text() in {f"n: {i}\n" for i in range(6)}


def test_what_killed_writers_left_is_swept(tmp_path):
    create_study(tmp_path, SPEC, {})
    here, dead, hour = _durable._this_host(), 2**22 + 1, 3600
    left = {
        f".a.nc.{here}-{dead}-00000000.tmp": (0, False),
        f".a.nc.{here}-{os.getpid()}-00000000.tmp": (0, True),
        f".a.nc.{here}-{os.getpid()}-11111111.tmp": (25 * hour, False),
        f".a.nc.00000000-{dead}-00000000.tmp": (hour, True),
        f".a.nc.00000000-{dead}-11111111.tmp": (25 * hour, False),
        ".a.nc.tmp": (25 * hour, True),
    }
    for name, (age, _) in left.items():
        file = tmp_path / "cells" / name
        file.write_bytes(b"half")
        os.utime(file, (time.time() - age, time.time() - age))
    create_study(tmp_path, SPEC, {})
    there = {p.name for p in (tmp_path / "cells").iterdir()}
    assert there == {name for name, (_, stays) in left.items() if stays}


def test_the_way_to_a_finished_cell_is_swept_and_that_to_one_that_grows_is_not(tmp_path):
    asked = wanted(1, 2, 3)
    create_study(tmp_path, SPEC, {}, asked)
    for n in (1, 2):
        dataset = xr.Dataset({"loss": ("seed", [0.5, 0.25])}, {"seed": [0, 1]})
        write_cell(tmp_path, {"task": "2AF", "n": n}, dataset)
    # As where writers are killed before they have forgotten it.
    for one in asked:
        checkpoint_folder(tmp_path, one.hash).mkdir()
        record_failure(tmp_path, one.hash, ValueError("once"))
    finished, grows, begun = asked[0], *wanted(2, seeds=3), asked[2]
    now = [finished, grows, begun]
    with claim_cell(tmp_path, grows) as mine:
        assert mine
        create_study(tmp_path, SPEC, {}, now)
    create_study(tmp_path, SPEC, {}, now)
    left = {grows.hash, begun.hash}
    assert {folder.name for folder in (tmp_path / "unfinished").iterdir()} == left
    assert failures(tmp_path).keys() == left
