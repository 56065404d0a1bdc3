"""Commands that are stopped, at any moment."""

import os
import signal
import subprocess
import sys
import time

import pytest

from experiments import _signals
from experiments._signals import INTERRUPTED, after_this

# A shell without job control has what it starts in the background ignore SIGINT, and nohup has it
# ignore SIGHUP; commands respect both.
HEARD = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""
COMMAND = f"""{HEARD}
import sys
from experiments.cli import main
sys.argv[0] = "richlazy"
"""
CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 143}
SPEC = """
task: 2AF
start:
  - {kind: low_rank, rank: [1, 3]}
n_hidden: 6
iterations: 2000
batch: 3
seeds: 2
measures: [weight_change_norm]
activity_trials: 5
"""
# Where Python drops exceptions, so that one that is raised there is lost.
LOST = """
import os

class Lost:
    def __del__(self):
        os.kill(os.getpid(), signal.NAME)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "jax":
            Lost()

sys.meta_path.insert(0, Finder())
"""


def started(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", f"{code}main()", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("name", CODES)
def test_a_signal_while_jax_is_imported_is_heeded(name):
    process = started(COMMAND + LOST.replace("NAME", name), "sweep", "spec.yaml", "--out", "study")
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said) == (CODES[name], f"{INTERRUPTED}\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", CODES)
def test_a_sweep_is_stopped_at_any_moment_and_the_same_command_does_the_rest(name, tmp_path):
    spec, study = tmp_path / "spec.yaml", tmp_path / "study"
    spec.write_text(SPEC)
    arguments = ["sweep", spec, "--out", study, "--checkpoint-every", 200]

    def stopped_when(ready):
        process = started(COMMAND, *arguments)
        try:
            deadline = time.monotonic() + 120
            while not ready() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            assert process.poll() is None, process.communicate()[0]
            process.send_signal(getattr(signal, name))
            said, _ = process.communicate(timeout=30)
        finally:
            process.kill()
        assert process.returncode == CODES[name], said
        assert said.count(INTERRUPTED) == 1
        assert "Traceback" not in said
        return said

    for delay in (0.3, 1, 3):
        begun = time.monotonic()
        stopped_when(lambda begun=begun, delay=delay: time.monotonic() - begun > delay)
    stopped_when(lambda: list(study.glob("unfinished/*/*/[0-9]*")))
    said = stopped_when(lambda: list(study.glob("cells/[0-9a-f]*.nc")))
    assert "of 2 cells" in said
    process = started(COMMAND, *arguments)
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said
    assert "2 cells: 1 found, 1 run" in said


IGNORED = """
signal.signal(signal.SIGHUP, signal.SIG_IGN)
_signals.listen()
import os
os.kill(os.getpid(), signal.SIGHUP)
print("goes on", flush=True)
"""
# As a library may do with what is raised in its callbacks.
STUCK = """
_signals.GRACE_SECONDS = 0.5
_signals.listen()
import os, threading, time
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
with _signals.raised():
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass
"""
# As libraries do whose work was interrupted in the middle.
LOUD = """
_signals.listen()
import logging, os, time, warnings
class Half:
    def __del__(self):
        self.closed
async def unawaited():
    pass
try:
    with _signals.raised():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
except KeyboardInterrupt:
    Half()
    unawaited()
    warnings.warn("never awaited", RuntimeWarning)
    try:
        1 / 0
    except ZeroDivisionError:
        logging.getLogger("tornado.application").exception("in a callback")
    _signals.end(0)
"""
# The second signal of an impatient user.
TWICE = """
_signals.listen()
import os, time
try:
    with _signals.raised():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
finally:
    os.kill(os.getpid(), signal.SIGINT)
    print("cleaned up for long")
"""


@pytest.mark.parametrize(
    ("code", "exits"),
    [
        (IGNORED, (0, "goes on\n")),
        (STUCK, (143, None)),
        (LOUD, (130, None)),
        (TWICE, (130, None)),
    ],
)
def test_what_is_ignored_stays_so_and_what_is_stuck_ends(code, exits):
    run = subprocess.run(
        [sys.executable, "-c", f"{HEARD}from experiments import _signals\n{code}"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (run.returncode, run.stdout) == (exits[0], exits[1] or f"{INTERRUPTED}\n"), run.stderr
    assert run.stderr == ""


@pytest.mark.parametrize("name", CODES)
def test_a_write_is_finished_before_a_signal_is_heeded(name):
    number, done = getattr(signal, name), []

    def heed(number, frame):
        raise _signals.Stopped(CODES[name])

    def write():
        with after_this():
            os.kill(os.getpid(), number)
            done.append("written")

    before = signal.signal(number, heed)
    try:
        with pytest.raises(_signals.Stopped) as raised:
            write()
        assert signal.getsignal(number) is heed
    finally:
        signal.signal(number, before)
    assert done == ["written"]
    assert raised.value.code == CODES[name]
