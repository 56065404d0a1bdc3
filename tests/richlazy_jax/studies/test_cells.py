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
    Wanted,
    _seal,
    cell_hash,
    create_study,
    failures,
    missing_cells,
    open_study,
    read_cell,
    record_failure,
    write_cell,
)
from richlazy_jax.studies._decode import NoCell, decoded
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
    assert found.attrs.pop("study_format") == 2
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
    create_study(study, "a: 1\n", {}, [Wanted(RECORD), Wanted({"a": 1})])
    assert missing_cells(study) == [HASH, cell_hash({"a": 1})]
    write_cell(study, RECORD, made())
    assert missing_cells(study) == [cell_hash({"a": 1})]


def test_a_long_record_fits(study):
    record = {"weights": list(range(20_000))}
    hash = write_cell(study, record, made())
    assert json.loads(read_cell(study, hash).attrs["study_record"]) == record  # pyright: ignore[reportOptionalMemberAccess]


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

    for owner, name in ((os, "fsync"), (os, "replace")):
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


def flipped(content):
    """A number with one bit of another."""
    at = content.index(np.float64(4.0).tobytes())
    return content[: at + 5] + bytes([content[at + 5] ^ 1]) + content[at + 6 :]


def resealed(change):
    """The bytes of a cell of which something else is said, under a seal that is whole."""

    def function(content):
        said = _seal.opened(content)
        start = content.rindex(json.dumps(said, separators=(",", ":")).encode())
        change(said)
        return _seal.sealed(content[:start], said)

    return function


BROKEN = [
    (lambda content: content[:-1], "cut off"),
    (lambda content: content[: len(content) // 2], "cut off"),
    (lambda content: content[:20], "cut off"),
    (lambda content: b"", "cut off"),
    (lambda content: content + b"\0", "added to"),
    (lambda content: pickle.dumps({"a": 1}), "of another kind"),
    (lambda content: content[:9] + content[8:], "its bytes are not those"),
    (flipped, "its bytes are not those that were written"),
    (packed(lambda file: None), "its end is missing.*, or of format 1"),
    (packed(pickled_bytes), "its end is missing"),
    (resealed(lambda said: said["record"].update(a=1)), "the hash of its record is"),
]


def test_every_bit_counts(study):
    write_cell(study, RECORD, made())
    file = study / "cells" / f"{HASH}.nc"
    content = file.read_bytes()
    for at in np.random.default_rng(0).integers(0, 8 * len(content), 300):
        broken = bytearray(content)
        broken[at // 8] ^= 1 << (at % 8)
        with pytest.raises(NoCell):
            decoded(bytes(broken), HASH)
    assert decoded(content, HASH).record == RECORD


@pytest.mark.parametrize(("change", "message"), BROKEN)
def test_what_is_no_cell_is_put_aside(study, change, message):
    create_study(study, "a: 1\n", {}, [Wanted(RECORD)])
    write_cell(study, RECORD, made())
    file = study / "cells" / f"{HASH}.nc"
    broken = change(file.read_bytes())
    file.write_bytes(broken)
    with pytest.warns(BrokenCellWarning, match=rf"{HASH}\.nc was renamed.*{message}"):
        assert read_cell(study, HASH) is None
    assert files(study) == [f"{HASH}.nc.broken-1"]
    file.write_bytes(broken)
    with pytest.warns(BrokenCellWarning, match=r"broken-2"):
        assert missing_cells(study) == [HASH]
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
    file.write_bytes(resealed(lambda said: said.update(format=3))(file.read_bytes()))
    for read in (lambda: read_cell(study, HASH), lambda: open_study(study)):
        with pytest.raises(ValueError, match="format 3; allowed is 2"):
            read()
    assert files(study) == [f"{HASH}.nc"]


def test_a_hash_is_no_path(study):
    with pytest.raises(ValueError, match="16 hexadecimal digits"):
        read_cell(study, "../../etc/passwd")


def test_there_must_be_a_study(tmp_path):
    for call in (
        lambda path: write_cell(path, RECORD, made()),
        lambda path: read_cell(path, HASH),
        missing_cells,
        lambda path: record_failure(path, HASH, ValueError()),
        failures,
        open_study,
    ):
        with pytest.raises(FileNotFoundError, match="does not exist; allowed is the folder"):
            call(tmp_path / "none")
        with pytest.raises(ValueError, match=r"is no study, as it has no spec\.yaml"):
            call(tmp_path)
    assert list(tmp_path.iterdir()) == []
