"""Commands that kill themselves by SIGKILL at chosen moments. `test_kills.py` starts them.

As a program, it runs the commands that its input names, each in a process of its own. These are
forked from a process that has made all imports, which take longer than what is tested. Dask runs
`dask_setup` in every worker that starts.

The folder in the variable `KILLS` holds `plan/`, one file for each kill to come. A process claims
the first, and dies at the moment that it describes:

- `{"at": "study", "change": n}`: at the n-th change to files of the study that are of no cell.
- `{"at": "training", "reports": n, "seconds": s}`: s after the n-th report of progress.
- `{"at": "checkpoint", "writes": m, "change": n}`: at the n-th change by the m-th checkpoint.
- `{"at": "cell", "change": n}`: at the n-th change to files from where a cell's own is written.
- `{"at": "start"}`: at once, in a worker before the scheduler has heard of it.

With `"whole": true` a worker kills the command first. What each kill met becomes a line of
`kills.jsonl`.
"""

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from pathlib import Path

IMPORTS = ["experiments.cli._sweep", "experiments.engine._dask", "orbax.checkpoint"]
# What Python tells of before it does it. All but the first change something in any case.
CHANGES = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir")


class State:
    """What the process is doing, for the record of its kill."""

    def __init__(self, moment):
        self.moment, self.study = moment, Path(os.environ["KILLS"]) / "study"
        self.doing, self.cell, self.folder = "other", "", self.study
        self.step = self.steps = self.reports = self.writes = self.changes = 0

    def kill(self):
        """End the process here, and the command as well if the moment says so."""
        kills = Path(os.environ["KILLS"])
        met = {name: getattr(self, name) for name in ("doing", "cell", "step", "steps")}
        # Orbax has this name for what is not whole yet.
        met["half_written"] = bool(list(self.folder.glob("*.orbax-checkpoint-tmp")))
        line = json.dumps(self.moment | met) + "\n"
        descriptor = os.open(kills / "kills.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, line.encode())
        if self.moment.get("whole"):
            os.kill(int((kills / "command").read_text()), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    def counts(self, path):
        """Whether a change to this path is one of those that the moment counts."""
        at, inside = self.moment["at"], str(path).startswith(f"{self.study}{os.sep}")
        if at == "checkpoint":
            return self.doing == "checkpoint" and self.writes == self.moment["writes"]
        if at == "cell":
            # What comes after the first is the end of the cell, wherever it is.
            return self.changes > 0 or str(path).startswith(f"{self.study / 'cells'}{os.sep}")
        return at == "study" and inside and "unfinished" not in str(path)

    def audited(self, event, arguments):
        """Count a change to files, before it is made."""
        if event not in CHANGES or self.changes >= self.moment.get("change", 0):
            return
        path, how = arguments[0], arguments[1]
        if event == "open" and not (isinstance(how, str) and set(how) & set("wxa")):
            return
        if self.counts(path):
            self.changes += 1
            if self.changes == self.moment["change"]:
                self.kill()


def claimed():
    """The first kill of the plan, which no other process then has; None where none is left."""
    kills = Path(os.environ["KILLS"])
    for file in sorted((kills / "plan").iterdir()):
        try:
            taken = file.rename(kills / "claimed" / file.name)
        except FileNotFoundError:
            continue
        return json.loads(taken.read_text())
    return None


def arm():
    """Claim a kill, and have this process die of it."""
    import richlazy_jax as rj
    from richlazy_jax.training import _runs

    moment = claimed()
    if moment is None:
        return
    state = State(moment)
    if moment["at"] == "start":
        state.kill()
    train_runs, save = rj.train_runs, _runs.save

    def trained(*arguments, on_piece, checkpoints, **how):
        state.doing, state.folder = "training", Path(checkpoints.folder)
        state.cell = state.folder.parent.name

        def reported(progress):
            on_piece(progress)
            state.step, state.steps = int(progress.step), int(progress.steps)
            state.reports += 1
            if state.reports == moment.get("reports"):
                if progress.step < progress.steps:
                    threading.Timer(moment["seconds"], state.kill).start()
                else:
                    # Training of this cell is over, and that of the next will do.
                    state.reports -= 1

        try:
            return train_runs(*arguments, on_piece=reported, checkpoints=checkpoints, **how)
        finally:
            state.doing = "other"

    def saved(*arguments):
        state.doing, state.writes = "checkpoint", state.writes + 1
        save(*arguments)
        state.doing = "training"

    rj.train_runs, _runs.save = trained, saved
    sys.addaudithook(state.audited)


def dask_setup(worker):
    arm()


def command(arguments, output):
    """Be the command `richlazy` with these arguments, and write what it says to a file."""
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    from distributed.utils import get_mp_context

    from experiments.cli import main

    (Path(os.environ["KILLS"]) / "command").write_text(str(os.getpid()))
    sys.argv = ["richlazy", *arguments]
    if "--workers" in arguments:
        # Workers die instead. They are forked as well, from a process of this command.
        get_mp_context().set_forkserver_preload(IMPORTS)
    else:
        arm()
    main()


if __name__ == "__main__":
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(IMPORTS)
    for text in sys.stdin:
        process = forked.Process(target=command, args=json.loads(text))
        begun = time.monotonic()
        process.start()
        process.join()
        print(json.dumps([process.exitcode, time.monotonic() - begun]), flush=True)
