"""Studies run by commands: what is missing is run, and each cell told as it ends."""

import collections
import contextlib
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
import xarray as xr
from rich.console import Console

from richlazy_jax.studies import Wanted, study_changes, wanted_cells

from .._signals import exit_code, stopped, tell_stopped
from ..engine import (
    CHECKPOINT_EVERY,
    CellDone,
    Experiment,
    Grid,
    SpecError,
    cells,
    finished,
    run_distributed,
    run_study,
    to_yaml,
)
from ..findings import counted
from ._kinds import read_grids
from ._progress import Shown, training_shown
from ._said import styled
from ._stops import usage_errors


def run_grids(
    grids: Sequence[Grid],
    out: Path,
    console: Console,
    *,
    name: str = "training",
    text: str | None = None,
    batch_runs: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    checkpoint_every: int = CHECKPOINT_EVERY,
    shared: bool = False,
) -> list[tuple[Experiment, xr.Dataset]]:
    """Run what a study lacks of some grids, and give all that is finished of them.

    Args:
        grids: what is asked for.
        out: the folder of the study.
        console: where to tell of it.
        name: what is trained, for the progress.
        text: the specification that the study keeps; None stands for that of the grids.
        batch_runs, workers, scheduler, checkpoint_every: as `richlazy sweep` has them.
        shared: whether others share the study, which then asks for their cells as well.

    Raises:
        typer.BadParameter: the folder is something else, or an argument is not allowed.
        typer.Exit: it was interrupted, the study cannot be written, a cell failed, or another
            process has one in hand of which a figure is to be made.
    """
    with contextlib.ExitStack() as stack:
        with usage_errors():
            require_counts(batch_runs, workers, checkpoint_every)
            experiments = cells(grids)
            also = _others(out, experiments) if shared else []
            if not shared:
                tell_changes(out, experiments, console)
            shown = stack.enter_context(training_shown(console, len(experiments)))
            how = {
                "batch_runs": batch_runs,
                "checkpoint_every": checkpoint_every,
                "on_piece": functools.partial(shown.moved, name),
                "also": also,
            }
            kept = to_yaml([*grids, *_grids_of_others(out, grids, also)]) if text is None else text
            if workers is None and scheduler is None:
                to_come = run_study(experiments, kept, out, **how)
            else:
                dask = {"workers": workers, "scheduler": scheduler}
                to_come = run_distributed(experiments, kept, out, **dask, **how)
        # At once, whatever happens, as worker processes may hang on it.
        stack.enter_context(contextlib.closing(to_come))
        ended = run_all(to_come, shown, len(experiments), out, console)
    said = ", ".join(f"{number} {status}" for status, number in sorted(ended.items()))
    console.print(f"{counted(len(experiments), 'cell')}: {said}. Study: {out}")
    if ended["elsewhere"]:
        console.print(
            "Another process has what is elsewhere in hand. When it has ended, the same command "
            "does what it left, with all that is made of the whole."
        )
    # A figure of a part would look like one of the whole. A sweep draws none, and many share one.
    if ended["failed"] or (ended["elsewhere"] and text is None):
        raise typer.Exit(1)
    return finished(out, experiments)


def _others(out: Path, experiments: Sequence[Experiment]) -> list[Wanted]:
    """What a study asks for besides."""
    if not (out / "spec.yaml").is_file():
        return []
    own = {each.wanted().hash for each in experiments}
    return [wanted for hash, wanted in wanted_cells(out).items() if hash not in own]


def _grids_of_others(out: Path, grids: Sequence[Grid], also: Sequence[Wanted]) -> list[Grid]:
    if not also:
        return []
    # Where somebody has changed the text, the list of cells alone is kept.
    asked = {wanted.hash for wanted in also}
    with contextlib.suppress(SpecError, OSError):
        there = [of for of in read_grids(out / "spec.yaml") if of not in grids]
        # Those of the same cells with another number of seeds are asked for anew.
        return [of for of in there if any(c.wanted().hash in asked for c in cells([of]))]
    return []


def tell_changes(out: Path, experiments: Sequence[Experiment], console: Console) -> None:
    """Say what a study that is there is asked for beyond what it was."""
    for said in study_changes(out, [each.wanted() for each in experiments]):
        console.print(f"The study grows: {said}.")


def run_all(
    to_come: Iterator[CellDone], shown: Shown, whole: int, out: Path, console: Console
) -> collections.Counter[str]:
    """How many cells ended in which way, each told as it ends.

    Raises:
        typer.Exit: it was interrupted, or the study cannot be written.
    """
    ended: collections.Counter[str] = collections.Counter()
    kept = f"What is finished is kept in {out}; the same command does the rest."
    try:
        for done in to_come:
            ended[done.status] += 1
            shown.advanced(ended.total())
            if done.status == "failed":
                console.print(styled((f"{done.hash} failed:", "bold red"), f" {done.error}"))
            # A library may have made something else of it.
            if stopped():
                raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        tell_stopped()
        console.print(f"It came after {ended.total()} of {whole} cells. Study: {out}")
        raise typer.Exit(exit_code(error)) from None
    except OSError as error:
        console.print(styled(("Could not go on:", "bold red"), f" {error}. {kept}"))
        raise typer.Exit(1) from None
    return ended


def require_counts(
    batch_runs: int | None, workers: int | None = None, checkpoint_every: int = 1
) -> None:
    """Refuse what cannot be a number of runs, of processes or of updates."""
    for name, value in (
        ("batch-runs", batch_runs),
        ("workers", workers),
        ("checkpoint-every", checkpoint_every),
    ):
        if value is not None and value < 1:
            raise ValueError(f"--{name} is {value}; allowed are numbers from 1.")
