"""The last error of a cell."""

import datetime
import errno
import os
import sys

import pytest

from richlazy_jax.studies import (
    BrokenCellWarning,
    cell_hash,
    create_study,
    failures,
    record_failure,
)

HASH = cell_hash({"a": 1})


@pytest.fixture
def study(tmp_path):
    create_study(tmp_path, "a: 1\n", {})
    return tmp_path


def raised(message):
    try:
        raise RuntimeError(message)
    except RuntimeError as error:
        return error


def test_the_last_error_is_kept_and_attempts_are_counted(study):
    assert failures(study) == {}
    record_failure(study, HASH, raised("first"))
    given = record_failure(str(study), HASH, raised("second é"))
    (found,) = failures(study).values()
    assert found == given
    assert (found.type, found.message, found.attempts) == ("RuntimeError", "second é", 2)
    assert "in raised" in found.traceback
    assert "raise RuntimeError(message)" in found.traceback
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(found.time)
    assert abs(age) < datetime.timedelta(minutes=1)
    other = cell_hash({"a": 2})
    record_failure(study, other, ValueError("never raised"))
    assert {hash: f.attempts for hash, f in failures(study).items()} == {HASH: 2, other: 1}


def test_folders_above_packages_are_not_told(study, tmp_path, monkeypatch):
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "some_module.py").write_text("def f():\n    raise ValueError\n")
    monkeypatch.syspath_prepend(tmp_path / "private")
    import some_module  # pyright: ignore[reportMissingImports]

    with pytest.raises(ValueError) as caught:  # noqa: PT011
        some_module.f()
    text = record_failure(study, HASH, caught.value).traceback
    del sys.modules["some_module"]
    assert 'File "some_module.py", line 2' in text
    assert "private" not in text


def test_a_full_disk_leaves_the_error_before(study, monkeypatch):
    record_failure(study, HASH, raised("first"))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            record_failure(study, HASH, raised("second"))
    assert failures(study)[HASH].message == "first"
    assert [p.name for p in (study / "failed").iterdir()] == [f"{HASH}.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"type": "a"}', '"\udcff"'])
def test_what_is_no_failure_is_left_out(study, text):
    (study / "failed" / f"{HASH}.json").write_bytes(text.encode(errors="surrogateescape"))
    (study / "failed" / "notes.json").write_text("not looked at")
    with pytest.warns(BrokenCellWarning, match=HASH):
        assert failures(study) == {}
    with pytest.warns(BrokenCellWarning, match=HASH):
        assert record_failure(study, HASH, raised("a")).attempts == 1
    assert failures(study)[HASH].message == "a"
