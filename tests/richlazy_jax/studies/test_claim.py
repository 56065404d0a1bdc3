"""One process for each cell, with processes that are really killed."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import richlazy_jax
from richlazy_jax.studies import (
    BrokenCellWarning,
    Wanted,
    cell_hash,
    claim_cell,
    create_study,
    missing_cells,
    open_study,
    read_cell,
    write_cell,
)

RECORDS = [{"number": i} for i in range(20)]
WANTED = [Wanted(record) for record in RECORDS]
HASH = cell_hash(RECORDS[0])

# A process that does not wait for JAX, as a study needs none of it.
PRELUDE = f"""
import os, sys, types
package = types.ModuleType("richlazy_jax")
package.__path__ = [{str(Path(richlazy_jax.__file__).parent)!r}]
sys.modules["richlazy_jax"] = package
import numpy as np, xarray as xr
from richlazy_jax.studies import Wanted, claim_cell, create_study, write_cell
path = sys.argv[1]
print("ready", flush=True)
sys.stdin.readline()
"""

ALL_CELLS = """
wanted = [Wanted({"number": i}) for i in range(20)]
create_study(path, "a: 1\\n", {}, wanted)
for record, one in [(one.record, one) for one in wanted]:
    with claim_cell(path, one) as mine:
        if mine:
            with open(path + ".log", "a") as log:
                log.write(f"{record['number']}\\n")
            write_cell(path, record, xr.Dataset({"a": ("x", np.full(3, record["number"]))}))
"""

# Killed between the writing and the new name.
KILLED = """
import signal
with claim_cell(path, Wanted({"number": 0})) as mine:
    print(mine, flush=True)
    sys.stdin.readline()
    os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    write_cell(path, {"number": 0}, xr.Dataset({"a": ("x", np.zeros(3))}))
"""


def started(script, path):
    child = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return child


def hears(child, line):
    assert child.stdout.readline() == line + "\n"


def go_on(child):
    child.stdin.write("\n")
    child.stdin.flush()


def ended(child):
    """What a child ended with, its pipes closed."""
    child.communicate(timeout=60)
    return child.returncode


def claimed(path, wanted=WANTED[0]):
    with claim_cell(path, wanted) as mine:
        return mine


def made():
    return xr.Dataset({"a": ("x", np.zeros(3))})


@pytest.mark.slow
def test_two_processes_compute_each_cell_once(tmp_path):
    study = tmp_path / "study"
    children = [started(ALL_CELLS, study) for _ in range(2)]
    for child in children:
        hears(child, "ready")
    for child in children:
        go_on(child)
    assert [ended(child) for child in children] == [0, 0]
    numbers = (tmp_path / "study.log").read_text().split()
    assert sorted(map(int, numbers)) == list(range(20))
    assert missing_cells(study) == []
    found = open_study(study)
    np.testing.assert_array_equal(found["a"], np.repeat(found["number"].values[:, None], 3, 1))
    assert not list((study / "cells").glob(".*"))


def test_a_killed_process_leaves_neither_a_cell_nor_a_claim(tmp_path):
    create_study(tmp_path, "a: 1\n", {}, WANTED[:2])
    write_cell(tmp_path, RECORDS[1], made())
    child = started(KILLED, tmp_path)
    hears(child, "ready")
    go_on(child)
    hears(child, "True")
    assert not claimed(tmp_path)
    assert claimed(tmp_path, WANTED[2])
    go_on(child)
    assert ended(child) == -signal.SIGKILL
    (left,) = (tmp_path / "cells").glob(".*.tmp")
    assert left.stat().st_size > 0
    assert read_cell(tmp_path, HASH) is None
    assert open_study(tmp_path)["finished"].values.tolist() == [False, True]
    create_study(tmp_path, "a: 1\n", {}, WANTED[:2])
    assert not left.exists()
    assert missing_cells(tmp_path) == [HASH]
    with claim_cell(tmp_path, WANTED[0]) as mine:
        assert mine
        write_cell(tmp_path, RECORDS[0], made())
    assert missing_cells(tmp_path) == []


def test_a_claim_is_for_one_alone(tmp_path):
    create_study(tmp_path, "a: 1\n", {})
    seen = []
    with claim_cell(str(tmp_path), WANTED[0]) as mine:
        assert mine
        assert not claimed(tmp_path)
        thread = threading.Thread(target=lambda: seen.append(claimed(tmp_path)))
        thread.start()
        thread.join()
    assert seen == [False]
    assert claimed(tmp_path)


def test_an_error_ends_a_claim(tmp_path):
    create_study(tmp_path, "a: 1\n", {})
    with pytest.raises(RuntimeError, match="mine"), claim_cell(tmp_path, WANTED[0]):
        raise RuntimeError("mine")
    assert claimed(tmp_path)


def test_a_written_cell_is_no_longer_to_be_computed(tmp_path):
    create_study(tmp_path, "a: 1\n", {})
    write_cell(tmp_path, RECORDS[0], made())
    assert not claimed(tmp_path)
    (tmp_path / "cells" / f"{HASH}.nc").write_bytes(b"x")
    with pytest.warns(BrokenCellWarning, match="was renamed"):
        assert claimed(tmp_path)


def test_a_cell_that_lacks_something_is_to_be_computed(tmp_path):
    create_study(tmp_path, "a: 1\n", {})
    write_cell(tmp_path, RECORDS[0], made().assign_coords(seed=("x", [0, 1, 2])))
    assert not claimed(tmp_path, Wanted(RECORDS[0], ["a"], {"seed": [2, 0]}))
    assert claimed(tmp_path, Wanted(RECORDS[0], ["a"], {"seed": [0, 3]}))
    assert claimed(tmp_path, Wanted(RECORDS[0], ["a", "b"], {"seed": [0]}))
    assert claimed(tmp_path, Wanted(RECORDS[0], ["a"], {"update": [0]}))


def test_a_claim_needs_a_study(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        claimed(tmp_path / "none")
    with pytest.raises(ValueError, match="is no study"):
        claimed(tmp_path)


def test_a_file_system_without_locks_is_an_error(tmp_path, monkeypatch):
    import errno
    import fcntl

    create_study(tmp_path, "a: 1\n", {})

    def missing(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", missing)
    with pytest.raises(OSError, match="not implemented"):
        claimed(tmp_path)
