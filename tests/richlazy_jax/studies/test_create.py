"""The folder of a study: made once, for one spec."""

import json
import os
import threading
import time

import pytest

from richlazy_jax.studies import _durable, create_study

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
        *("spec.yaml", "environment.json", "cells", "locks", "failed", "unfinished")
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


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("a: 1\nb: 3\nc\n", r"line 2 is 'b: 2' there and 'b: 3' in the one given\. Allowed"),
        ("a: 1\nc\n", r"line 2 is 'b: 2' there and missing in the one given\. Allowed"),
        ("a: 1\nb: 2\nc\nd\n", r"line 4 is 'd' in the one given and missing there"),
        ("a: 1\r\nb: 2\nc\n", r"line 1 is 'a: 1' there and 'a: 1\\r'"),
        ("a: 1\nb: 2\nc", r"line 4 is '' there and missing"),
        ("\n".join("xyzuvwklm"), r"line 1 is .*; and 4 more\. Allowed .* another folder"),
    ],
)
def test_another_spec_is_refused_with_its_lines(tmp_path, spec, message):
    create_study(tmp_path, "a: 1\nb: 2\nc\n", {})
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=message):
        create_study(tmp_path, spec, {})
    assert contents(tmp_path) == before


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
    raised = at_once(different)
    assert [type(error) for error in raised] == [ValueError] * 5
    assert "is not the spec given" in str(raised[0])


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
