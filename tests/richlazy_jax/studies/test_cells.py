"""Cells on disk: what is written comes back, and what is no cell is put aside."""

import errno
import io
import json
import os
import pickle
import resource
import shutil

import h5py
import numpy as np
import pytest
import xarray as xr

from richlazy_jax.studies import (
    BrokenCellWarning,
    cell_hash,
    create_study,
    failures,
    missing_cells,
    open_study,
    read_cell,
    record_failure,
    write_cell,
)
from richlazy_jax.studies._lock import held_if_free

RECORD = {"task": "2AF", "rank": 3}
HASH = cell_hash(RECORD)


@pytest.fixture
def study(tmp_path):
    create_study(tmp_path / "study", "a: 1\n", {})
    return tmp_path / "study"


def made(starts=3, seeds=2):
    shape = (starts, seeds)
    values = np.arange(float(starts * seeds)).reshape(shape)
    return xr.Dataset(
        {
            "loss": (("start", "seed"), np.where(values == 1, np.nan, values), {"long_name": "é"}),
            "small": (("start", "seed"), values.astype(np.float32)),
            "diverged": (("start", "seed"), values > 2),
            "count": (("start", "index"), np.arange(4 * starts).reshape(starts, 4) - 1),
            "kind": ("start", np.array(["a", "", "ü"])[:starts]),
            "objects": ("start", np.array(["a", "bb", "c"], object)[:starts]),
            "alone": ((), 1.5),
            "word": ((), "x"),
            "none": ("empty", np.zeros(0)),
        },
        coords={
            "start": [f"rank {i}" for i in range(starts)],
            "seed": range(seeds),
            "rank": ("start", np.arange(starts)),
            "both": (("start", "seed"), values),
            "scalar": 3,
        },
        attrs={"task": "2AF", "sizes": [1, 2], "rate": 0.5, "words": ["a", "b"]},
    )


def files(study):
    return sorted(p.name for p in (study / "cells").iterdir())


def test_a_cell_comes_back(study):
    before = made()
    before["loss"].encoding = {"scale_factor": 2.0, "dtype": "int16", "_FillValue": -1}
    kept = before.copy(deep=True)
    assert write_cell(str(study), RECORD, before) == HASH
    xr.testing.assert_identical(before, kept)
    found = read_cell(study, HASH)
    assert found is not None
    assert json.loads(found.attrs.pop("study_record")) == RECORD
    assert found.attrs.pop("study_hash") == HASH
    assert found.attrs.pop("study_format") == 1
    assert {name: np.array(value).tolist() for name, value in found.attrs.items()} == before.attrs
    xr.testing.assert_identical(found.drop_attrs(), before.drop_attrs())
    assert found["loss"].attrs == {"long_name": "é"}
    for name in ("small", "diverged", "count"):
        assert found[name].dtype == before[name].dtype
    assert files(study) == [f"{HASH}.nc"]
    # As anyone reads it who knows nothing of studies.
    with xr.open_dataset(study / "cells" / f"{HASH}.nc", engine="h5netcdf") as opened:
        xr.testing.assert_identical(opened.load().drop_attrs(), before.drop_attrs())
    os.chmod(study / "cells" / f"{HASH}.nc", 0o644)
    write_cell(study, RECORD, made(2))
    assert dict(read_cell(study, HASH).sizes)["start"] == 2  # pyright: ignore[reportOptionalMemberAccess]


def test_what_is_missing_is_none(study):
    assert read_cell(study, HASH) is None
    records = [RECORD, {"a": 1}, RECORD]
    assert missing_cells(study, records) == [HASH, cell_hash({"a": 1})]
    write_cell(study, RECORD, made())
    assert missing_cells(study, iter(records)) == [cell_hash({"a": 1})]


def test_a_long_record_fits(study):
    record = {"weights": list(range(20_000))}
    hash = write_cell(study, record, made())
    assert json.loads(read_cell(study, hash).attrs["study_record"]) == record  # pyright: ignore[reportOptionalMemberAccess]


def test_dimensions_are_known_without_their_numbers(study):
    write_cell(study, RECORD, made())
    before = open_study(study)
    file = study / "cells" / f"{HASH}.nc"
    file.write_bytes(packed(without_ids)(file.read_bytes()))
    xr.testing.assert_identical(open_study(study), before)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (xr.Dataset({"a": ("x", np.array([{}], object))}), r"'a' has dtype object"),
        (xr.Dataset({"a": ("x", np.array(["b", None], object))}), r"'a' has dtype object"),
        (xr.Dataset({"a": ("x", np.array([1j]))}), r"'a' has dtype complex128"),
        (xr.Dataset({"a": ("x", np.array([b"x"]))}), r"'a' has dtype \|S1"),
        (xr.Dataset({"a": ("x", np.zeros(1, np.float16))}), r"'a' has dtype float16"),
        (xr.Dataset({"a": ("x", np.array(["2020"], "M8[ns]"))}), r"'a' has dtype datetime"),
        (xr.Dataset({"hash": 1}), r"has 'hash'; allowed is any other"),
        (xr.Dataset({"a": ("cell", [1])}), r"has 'cell'; allowed is any other"),
        (xr.Dataset(attrs={"a": None}), r"attribute of the dataset is 'a': None"),
        (xr.Dataset(attrs={"a": True}), r"attribute of the dataset is 'a': True"),
        (xr.Dataset({"b": ((), 1.0, {"a": {}})}), r"attribute of 'b' is 'a': \{\}"),
    ],
)
def test_what_netcdf_should_not_hold_is_refused(study, dataset, message):
    with pytest.raises(ValueError, match=message):
        write_cell(study, RECORD, dataset)
    assert files(study) == []


@pytest.mark.parametrize("there", [False, True])
def test_a_full_disk_leaves_what_was_there(study, monkeypatch, there):
    if there:
        write_cell(study, RECORD, made(2))
    record_failure(study, HASH, RuntimeError("first"))
    before = files(study)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    for owner, name in ((os, "fsync"), (os, "replace"), (xr.Dataset, "dump_to_store")):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, full)
            with pytest.raises(OSError, match="No space left") as raised:
                write_cell(study, RECORD, made())
            assert raised.value.errno == errno.ENOSPC
        assert files(study) == before
    # The system itself stops the writing within the file.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
        with pytest.raises(OSError, match="too large"):
            write_cell(study, RECORD, made())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(study) == before
    assert failures(study)[HASH].message == "first"
    found = read_cell(study, HASH)
    assert (found is not None) == there
    write_cell(study, RECORD, made())
    assert read_cell(study, HASH).sizes["start"] == 3  # pyright: ignore[reportOptionalMemberAccess]
    assert failures(study) == {}


def packed(change):
    """The bytes of a cell that was changed behind our back."""

    def function(content):
        buffer = io.BytesIO(content)
        with h5py.File(buffer, "r+") as file:
            change(file)
        return buffer.getvalue()

    return function


def pickled_bytes(file):
    content = np.void(pickle.dumps({"a": 1}))
    file.create_dataset("x", data=content)


def pickled_numbers(file):
    numbers = np.frombuffer(pickle.dumps({"a": 1}), np.uint8)
    rows = file.create_dataset("x", (1,), h5py.vlen_dtype(np.uint8))
    rows[0] = numbers


def compound(file):
    file.create_dataset("x", data=np.zeros(2, [("a", int), ("b", float)]))


def without_ids(file):
    """Without what h5netcdf adds to the standard."""
    for each in file.values():
        for name in ("_Netcdf4Coordinates", "_Netcdf4Dimid"):
            each.attrs.pop(name, None)


BROKEN = [
    (lambda content: content[:-1], "cut off"),
    (lambda content: content[: len(content) // 2], "cut off"),
    (lambda content: content[:20], "cut off"),
    (lambda content: b"", ""),
    (lambda content: pickle.dumps({"a": 1}), "no netCDF file"),
    (packed(pickled_bytes), "'x' has dtype .*allowed are numbers"),
    (packed(pickled_numbers), "'x' has dtype object; allowed are numbers"),
    (packed(compound), "'x' has dtype .*allowed are numbers"),
    (packed(lambda file: file.attrs.pop("study_record")), ""),
    (packed(lambda file: file.attrs.modify("study_record", '{"a":1}')), "hash of its record"),
    (packed(lambda file: file.attrs.modify("study_record", '{"a":NaN}')), "finite"),
    (packed(lambda file: file.attrs.modify("study_hash", "0" * 16)), "hash of its attribute is 0"),
    (packed(lambda file: file.__delitem__("start")), ""),
]


@pytest.mark.parametrize(("change", "message"), BROKEN)
def test_what_is_no_cell_is_put_aside(study, change, message):
    write_cell(study, RECORD, made())
    file = study / "cells" / f"{HASH}.nc"
    broken = change(file.read_bytes())
    file.write_bytes(broken)
    with pytest.warns(BrokenCellWarning, match=rf"{HASH}\.nc was renamed.*{message}"):
        assert read_cell(study, HASH) is None
    assert files(study) == [f"{HASH}.nc.broken-1"]
    file.write_bytes(broken)
    with pytest.warns(BrokenCellWarning, match=r"broken-2"):
        assert missing_cells(study, [RECORD]) == [HASH]
    assert (study / "cells" / f"{HASH}.nc.broken-1").read_bytes() == broken
    write_cell(study, RECORD, made())
    assert read_cell(study, HASH) is not None
    assert open_study(study).sizes["cell"] == 1


def test_a_cell_under_the_name_of_another_is_put_aside(study):
    other = write_cell(study, {"rank": 4}, made())
    shutil.copy(study / "cells" / f"{other}.nc", study / "cells" / f"{HASH}.nc")
    with pytest.warns(BrokenCellWarning, match=f"the hash of its record is {other}"):
        assert read_cell(study, HASH) is None
    assert read_cell(study, other) is not None


def test_a_broken_cell_stays_where_another_process_or_nobody_may_move_it(study, monkeypatch):
    (study / "cells" / f"{HASH}.nc").write_bytes(b"x")
    with (
        held_if_free(study / "locks" / f"{HASH}.lock"),
        pytest.warns(BrokenCellWarning, match="stays where it is"),
    ):
        assert read_cell(study, HASH) is None

    def read_only(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    # Of the cells alone, and of the locks.
    for name in ("rename", "open"):
        with monkeypatch.context() as patched:
            patched.setattr(os, name, read_only)
            with pytest.warns(BrokenCellWarning, match="stays where it is"):
                assert read_cell(study, HASH) is None
    assert files(study) == [f"{HASH}.nc"]


def test_a_cell_that_cannot_be_looked_at_is_not_put_aside(study):
    (study / "cells" / f"{HASH}.nc").mkdir()
    with pytest.raises(IsADirectoryError):
        read_cell(study, HASH)
    assert files(study) == [f"{HASH}.nc"]


def test_a_cell_of_another_format_is_not_put_aside(study):
    write_cell(study, RECORD, made())
    file = study / "cells" / f"{HASH}.nc"
    file.write_bytes(packed(lambda f: f.attrs.modify("study_format", 2))(file.read_bytes()))
    for read in (lambda: read_cell(study, HASH), lambda: open_study(study)):
        with pytest.raises(ValueError, match="format 2; allowed is 1"):
            read()
    assert files(study) == [f"{HASH}.nc"]


def test_a_hash_is_no_path(study):
    with pytest.raises(ValueError, match="16 hexadecimal digits"):
        read_cell(study, "../../etc/passwd")


def test_there_must_be_a_study(tmp_path):
    for call in (
        lambda path: write_cell(path, RECORD, made()),
        lambda path: read_cell(path, HASH),
        lambda path: missing_cells(path, [RECORD]),
        lambda path: record_failure(path, HASH, ValueError()),
        failures,
        open_study,
    ):
        with pytest.raises(FileNotFoundError, match="does not exist; allowed is the folder"):
            call(tmp_path / "none")
        with pytest.raises(ValueError, match=r"is no study, as it has no spec\.yaml"):
            call(tmp_path)
    assert list(tmp_path.iterdir()) == []
