"""`richlazy sweep`."""

import collections
import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import jax
import typer
from rich.console import Console

from .._signals import exit_code, stopped, tell_stopped
from ..sweep import (
    CHECKPOINT_EVERY,
    CellDone,
    SweepSpec,
    cell_axes,
    cells,
    counts,
    pace,
    read_spec,
    run_distributed,
    run_sweep,
)
from ._progress import Shown, training_shown
from ._recurrent import require_batch_runs
from ._said import PlainConsole, styled
from ._stops import usage_errors


def sweep_command(
    spec_file: Annotated[
        Path, typer.Argument(metavar="SPEC.yaml", help="The sweep; README.md has an example.")
    ],
    out: Annotated[Path, typer.Option(help="The study: a folder of finished cells.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count and measure, and run nothing.")
    ] = False,
    batch_runs: Annotated[
        int | None, typer.Option(help="Networks a device trains side by side; bounds memory.")
    ] = None,
    checkpoint_every: Annotated[
        int, typer.Option(help="Updates between two checkpoints of a cell that is not finished.")
    ] = CHECKPOINT_EVERY,
    workers: Annotated[
        int | None, typer.Option(help="Run cells on so many processes of this machine, by dask.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Run cells on the workers of a dask scheduler, such as tcp://host:8786.",
        ),
    ] = None,
) -> None:
    """A grid of settings, kept cell by cell. The same command runs what is missing.

    Exits with 1 if a cell failed; the others are run all the same.
    """
    console = PlainConsole()
    with contextlib.ExitStack() as stack:
        with usage_errors():
            require_batch_runs(batch_runs)
            if checkpoint_every < 1:
                raise ValueError(
                    f"--checkpoint-every is {checkpoint_every}; allowed are numbers from 1."
                )
            spec = read_spec(spec_file)
            if dry_run:
                _show_counts(spec, console)
                return
            whole = counts(spec)["cells"]
            shown = stack.enter_context(training_shown(console, whole))
            engine = run_sweep
            if workers is not None or scheduler is not None:
                engine = functools.partial(run_distributed, workers=workers, scheduler=scheduler)
            to_come = engine(
                spec,
                spec_file.read_text(encoding="utf-8-sig"),
                out,
                batch_runs=batch_runs,
                checkpoint_every=checkpoint_every,
                on_piece=functools.partial(shown.moved, "training"),
            )
        # At once, whatever happens, as worker processes may hang on it.
        stack.enter_context(contextlib.closing(to_come))
        counted = run_all(to_come, shown, whole, out, console)
    said = ", ".join(f"{number} {status}" for status, number in sorted(counted.items()))
    console.print(f"{whole} cells: {said}. Study: {out}", soft_wrap=True)
    if counted["failed"]:
        raise typer.Exit(1)


def run_all(
    to_come: Iterator[CellDone], shown: Shown, whole: int, out: Path, console: Console
) -> collections.Counter[str]:
    """How many cells ended in which way, each told as it ends.

    Raises:
        typer.Exit: it was interrupted, or the study cannot be written.
    """
    counted: collections.Counter[str] = collections.Counter()
    kept = f"What is finished is kept in {out}; the same command does the rest."
    try:
        for done in to_come:
            counted[done.status] += 1
            shown.advanced(counted.total())
            if done.status == "failed":
                console.print(styled((f"{done.hash} failed:", "bold red"), f" {done.error}"))
            # A library may have made something else of it.
            if stopped():
                raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        tell_stopped()
        console.print(f"It came after {counted.total()} of {whole} cells. Study: {out}")
        raise typer.Exit(exit_code(error)) from None
    except OSError as error:
        console.print(styled(("Could not go on:", "bold red"), f" {error}. {kept}"))
        raise typer.Exit(1) from None
    return counted


def _show_counts(spec: SweepSpec, console: Console) -> None:
    found = counts(spec)
    first = cells(spec)[0]
    measured = pace(first)
    seconds = measured.seconds * found["updates"] / jax.local_device_count()
    whole = f"{seconds:#.3g} s" if seconds < 600 else f"{seconds / 3600:.2f} hours"
    axes = ", ".join(cell_axes(spec)) or "none"
    console.print(
        f"{found['cells']} cells (varying: {axes}), {found['runs']} networks, "
        f"{found['updates']:,} updates",
        f"Memory: {found['cell_bytes'] / 2**20:.0f} MiB of weights and optimizer state in the "
        "largest cell",
        f"Time: about {whole} on {jax.local_device_count()} devices, from "
        f"{measured.seconds * 1e3:#.3g} ms for an update of the first cell, the median of "
        f"{measured.times} measurements of {measured.updates} updates; measures come on top",
        sep="\n",
        highlight=False,
    )
