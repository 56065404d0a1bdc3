"""Studies whose processes are killed by SIGKILL dozens of times have the numbers of one that was
left alone, byte for byte.

Together, the two ways to run a study meet over 40 kills here, of which over 20 are in the middle of
training and over 5 in the middle of a checkpoint that is written.
"""

import collections
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.studies import failures, missing_cells

# 40 reports for each cell, one every 100 updates as there are looks on the way, and 19 checkpoints.
SPEC = """
task: 2AF
start:
  - {kind: low_rank, rank: [1, 2, 3]}
n_hidden: 6
iterations: 4000
measure_at: [0, 2000]
batch: 3
seeds: 2
measures: [weight_change_norm]
activity_trials: 5
"""
OPTIONS = ("--checkpoint-every", "200")
KILLING = Path(__file__).with_name("killing.py")
# No command takes as long, however slow the machine.
SECONDS = 240


def training(*reports):
    # Between two pieces of training, and then later and later in a piece.
    seconds = (0.0, 0.003, 0.006, 0.009)
    return [
        {"at": "training", "reports": number, "seconds": seconds[index % len(seconds)]}
        for index, number in enumerate(reports)
    ]


def checkpoint(*changes, writes=2):
    """Kills in the middle of a checkpoint. Orbax changes some 18 files until it is whole, and then
    removes an earlier one."""
    return [{"at": "checkpoint", "writes": writes, "change": change} for change in changes]


# In the order in which they come. Each life of a process trains for a few pieces.
IN_ONE_PROCESS = [
    *({"at": "study", "change": change} for change in (3, 6, 9)),
    # The first cell,
    *training(2, 4, 5),
    *checkpoint(3, 8),
    *training(4, 5, 6, 5),
    {"at": "cell", "change": 1},
    # whose file is on its way, and then there while its checkpoints are.
    {"at": "cell", "change": 2},
    {"at": "cell", "change": 5},
    # The second,
    *training(3, 5, 4),
    *checkpoint(5, 11, 24),
    *training(4, 5, 5),
    {"at": "cell", "change": 3},
    # and the third.
    *training(3, 5, 5),
    *checkpoint(14, 17),
    *training(5, 5, 4, 6, 5),
]
IN_WORKERS = [
    {"at": "start"},
    *training(3),
    {"at": "start"},
    *checkpoint(4),
    *training(4, 5, 3, 4),
    {"at": "training", "reports": 4, "seconds": 0.004, "whole": True},
    *checkpoint(10),
    *training(5, 4),
    {"at": "checkpoint", "writes": 3, "change": 7, "whole": True},
    *training(4, 5, 3),
    *checkpoint(15),
    {"at": "training", "reports": 4, "seconds": 0.0, "whole": True},
    *training(5, 6, 6, 5, 6, 6, 5, 6, 6),
    {"at": "cell", "change": 2},
    {"at": "cell", "change": 5},
]


@contextlib.contextmanager
def commands(folder, cache):
    """What runs a command, one at a time, and gives its exit code and what it said."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path[1:]]),
        "KILLS": str(folder),
        # As for users, of whom the next command takes what the last one compiled.
        "RICHLAZY_KEEP_COMPILED": "1",
        "XDG_CACHE_HOME": str(cache),
        # So that all processes round alike.
        "JAX_NUM_CPU_DEVICES": "1",
        "DASK_DISTRIBUTED__WORKER__PRELOAD": str(KILLING),
        "DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "forkserver",
    }
    for name in ("plan", "claimed"):
        (folder / name).mkdir(parents=True)
    (folder / "spec.yaml").write_text(SPEC)
    process = subprocess.Popen(
        [sys.executable, str(KILLING)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )
    asked, answered = process.stdin, process.stdout
    assert asked is not None
    assert answered is not None

    def run(*more):
        output = folder / "output"
        output.unlink(missing_ok=True)
        what = ["sweep", str(folder / "spec.yaml"), "--out", str(folder / "study"), *OPTIONS, *more]
        asked.write(f"{json.dumps([what, str(output)])}\n".encode())
        assert select.select([answered], [], [], SECONDS)[0], output.read_text()
        code, seconds = json.loads(answered.readline())
        said = output.read_text()
        print(f"exit code {code} after {seconds:.1f} s: {said[-300:]}")
        return code, said

    try:
        yield run
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def kills_in(folder):
    file = folder / "kills.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def put_back(folder):
    """Into the plan what was claimed by a process that ended before the moment came."""
    for file in (folder / "claimed").iterdir():
        moment = json.loads(file.read_text())
        met = [kill for kill in kills_in(folder) if kill.items() >= moment.items()]
        if not met:
            file.rename(folder / "plan" / file.name)


def files(study):
    """All of a study but its locks, which are empty."""
    return {
        str(file.relative_to(study)): file.read_bytes()
        for file in study.rglob("*")
        if file.is_file() and file.parent.name != "locks"
    }


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """The folder of compiled programs."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, cache):
    folder = tmp_path_factory.mktemp("undisturbed") / "kills"
    with commands(folder, cache) as run:
        code, said = run()
    assert code == 0, said
    assert not kills_in(folder)
    return folder / "study"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plan", "options", "least"),
    [
        (IN_ONE_PROCESS, (), {"all": 30, "training": 16, "half a checkpoint": 5}),
        (IN_WORKERS, ("--workers", "2"), {"all": 24, "training": 16, "half a checkpoint": 2}),
    ],
    ids=["in_one_process", "in_two_workers"],
)
def test_every_cell_survives_kills_at_any_moment(
    undisturbed, cache, tmp_path, plan, options, least
):
    folder = tmp_path / "kills"
    study = folder / "study"
    hashes = rj.open_study(undisturbed)["hash"].values.tolist()
    with commands(folder, cache) as run:
        for number, moment in enumerate(plan):
            file = folder / "plan" / f"{number:03}.json"
            file.write_text(json.dumps(moment | {"number": number}))
        codes, said = [], ""
        for _ in range(2 * len(plan)):
            code, said = run(*options)
            codes.append(code)
            put_back(folder)
            if (study / "spec.yaml").exists():
                # Known from the start, whatever is finished of it.
                assert rj.open_study(study)["hash"].values.tolist() == hashes
            # A worker whose command was killed may have had a cell for a moment longer.
            if code == 0 and not missing_cells(study):
                break
            # A command whose workers have died three times of the same cell says so.
            assert code in (-signal.SIGKILL, *([1] if options else [])), said
        # As is where a cell is whole and its way is not forgotten.
        last, said_last = run(*options)
    assert codes[-1] == last == 0, said + said_last
    kills = kills_in(folder)
    if not options:
        # Each command but the last was killed, and by what was planned.
        assert codes.count(-signal.SIGKILL) == len(kills)
    in_training = [k for k in kills if k["doing"] == "training" and 0 < k["step"] < k["steps"]]
    half_written = [k for k in kills if k["doing"] == "checkpoint" and k["half_written"]]
    counted = {
        "all": len(kills),
        "training": len(in_training),
        "half a checkpoint": len(half_written),
    }
    # So that the test does not pass because its kills came too late.
    print(f"{len(codes)} commands, {counted}")
    for name, number in least.items():
        assert counted[name] >= number, (counted, kills)
    # Each cell, and from its first to its last updates.
    of_cells = collections.Counter(kill["cell"] for kill in in_training)
    assert set(of_cells) == set(hashes)
    quarters = {4 * kill["step"] // kill["steps"] for kill in in_training}
    assert quarters == {0, 1, 2, 3}
    assert not failures(study)
    xr.testing.assert_identical(rj.open_study(study).load(), rj.open_study(undisturbed).load())
    assert files(study) == files(undisturbed)
