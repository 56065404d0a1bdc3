"""Files that are written whole, through links, to pipes and devices, and on a full disk."""

import errno
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from experiments import cli, engine
from experiments._whole import write_text, written_whole
from experiments.cli._kinds import EXPERIMENTS
from experiments.cli._stops import usage_errors
from richlazy_jax.studies import create_study

SPEC = "task: 2AF\nstart: {kind: low_rank, rank: [1, 3]}\nn_hidden: 6\n"


def create(study):
    """A study in which nothing was run."""
    experiments = engine.cells(engine.spec_grids(SPEC, EXPERIMENTS))
    create_study(study, SPEC, {}, [each.wanted() for each in experiments])


def test_a_link_stays_and_its_target_is_written(tmp_path):
    (tmp_path / "there").mkdir()
    for target in (tmp_path / "there" / "old", tmp_path / "there" / "new"):
        link = tmp_path / f"link-{target.name}"
        link.symlink_to(target)
        if target.name == "old":
            target.write_text("before")
        write_text(link, "after")
        assert link.is_symlink()
        assert target.read_text() == "after"
    assert {file.name for file in (tmp_path / "there").iterdir()} == {"old", "new"}


def test_a_link_to_itself_is_refused_and_stays(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(OSError, match="link"):
        write_text(link, "text")
    assert link.is_symlink()


def test_a_pipe_and_a_device_are_written_to_and_stay(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "through")
    reader.join(10)
    assert read == ["through"]
    assert pipe.is_fifo()
    write_text(Path("/dev/null"), "away")
    assert Path("/dev/null").is_char_device()


@pytest.mark.slow
def test_the_report_may_go_through_a_pipe(tmp_path):
    create(tmp_path / "study")
    code = "from experiments.cli import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", code, "report", str(tmp_path / "study"), "--out", "/dev/stdout"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("<!DOCTYPE html>")
    assert "0 of 2 cells finished" in run.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_is_no_fault_of_what_was_asked_for(tmp_path):
    create(tmp_path / "study")
    result = CliRunner().invoke(cli.app, ["report", str(tmp_path / "study"), "--out", "/dev/full"])
    assert result.exit_code == 1
    said = " ".join(result.output.split())
    assert "Could not go on: [Errno 28] No space left on device: '/dev/full'" in said
    assert "Usage" not in said


def test_only_faults_of_what_was_asked_for_are_usage_errors():
    for fault in (FileNotFoundError(errno.ENOENT, "none", "a"), ValueError("b is 1")):
        with pytest.raises(typer.BadParameter), usage_errors():
            raise fault
    for number in (errno.ENOSPC, errno.EFBIG, errno.EIO):
        with pytest.raises(OSError, match="full"), usage_errors():
            raise OSError(number, "full")


def test_an_error_names_the_file_and_not_the_one_beside_it(tmp_path):
    def full():
        with written_whole(tmp_path / "table.md"):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match=r"table\.md'$") as raised:
        full()
    assert raised.value.filename == str(tmp_path / "table.md")
    assert not list(tmp_path.iterdir())


# What is larger than so many bytes cannot be written, as on a disk that is nearly full.
LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from experiments.cli import main
main()
"""
SMALL = ["--seeds", "2", "--hidden", "6", "--iterations", "4", "--measures", "weight_change_norm"]
COMMANDS = [
    (["sweep", "spec.yaml", "--out", "out"], 0, "'out'"),
    (["sweep", "spec.yaml", "--out", "out"], 4000, "'out'"),
    (["fig1", "--task", "2AF", "--ranks", "1,3", *SMALL, "--out", "out"], 4000, "'out'"),
    (["inspect", "edges.csv", "--draws", "2", "--out", "out"], 10, "inspect.md"),
    (["inspect", "edges.csv", "--draws", "2", "--out", "out"], 9000, "inspect.png"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("command", "most", "named"), COMMANDS)
def test_a_full_disk_ends_every_command_in_a_sentence(tmp_path, command, most, named):
    (tmp_path / "spec.yaml").write_text(
        f"{SPEC}iterations: 4\nseeds: 2\nmeasures: [weight_change_norm]\nactivity_trials: 5\n"
    )
    edges = [(a, b) for a in range(6) for b in range(6) if a != b]
    lines = ["pre,post,weight", *(f"n{a},n{b},{a + 1}" for a, b in edges)]
    (tmp_path / "edges.csv").write_text("\n".join(lines))
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(most), *command],
        cwd=tmp_path,
        env=os.environ
        | {"PYTHONPATH": str(Path(__file__).parents[2]), "MPLCONFIGDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    said = " ".join((run.stdout + run.stderr).split())
    assert run.returncode == 1, said
    assert "Could not go on: [Errno 27] File too large" in said
    assert named in said.partition("Could not go on")[2]
    assert "Traceback" not in said
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != most
