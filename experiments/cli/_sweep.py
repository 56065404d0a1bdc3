"""`richlazy sweep`."""

from pathlib import Path
from typing import Annotated

import jax
import typer

from ..engine import (
    CHECKPOINT_EVERY,
    Grid,
    cells,
    counts,
    finished,
    pace,
    spec_grids,
    spec_text,
)
from ._bars import duration
from ._kinds import EXPERIMENTS
from ._options import BATCH_RUNS, WORKERS
from ._said import PlainConsole, tell_next
from ._stops import usage_errors
from ._study import require_counts, run_grids, tell_changes


def sweep_command(
    spec_file: Annotated[
        Path,
        typer.Argument(metavar="SPEC.yaml", help="The sweep (docs/howto/sweep.md)."),
    ],
    out: Annotated[Path, typer.Option(help="The study: a folder of finished cells.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count and measure, and run nothing.")
    ] = False,
    batch_runs: Annotated[int | None, BATCH_RUNS] = None,
    checkpoint_every: Annotated[
        int, typer.Option(help="Updates between two checkpoints of a cell that is not finished.")
    ] = CHECKPOINT_EVERY,
    workers: Annotated[int | None, WORKERS] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Run cells on the workers of a dask scheduler, such as tcp://host:8786.",
        ),
    ] = None,
) -> None:
    """A grid of experiments, kept cell by cell. The same command runs what is missing.

    A specification that asks for more, such as more seeds, more values or more measures, makes the
    study grow. Exits with 1 if a cell failed; the others are run all the same.
    """
    console = PlainConsole()
    with usage_errors():
        require_counts(batch_runs, workers, checkpoint_every)
        if spec_file.is_dir() or not spec_file.exists():
            what = "a folder" if spec_file.is_dir() else "not there"
            raise ValueError(
                f"SPEC.yaml is {spec_file}, which is {what}; allowed is a file with a sweep."
            )
        text, name, folder = spec_text(spec_file)
        grids = spec_grids(text, EXPERIMENTS, name, folder)
        if dry_run:
            _show_counts(grids, out, console)
            return
    run_grids(
        grids,
        out,
        console,
        text=text,
        batch_runs=batch_runs,
        workers=workers,
        scheduler=scheduler,
        checkpoint_every=checkpoint_every,
    )
    tell_next(out, console)


def _show_counts(grids: tuple[Grid, ...], out: Path, console: PlainConsole) -> None:
    experiments = cells(grids)
    tell_changes(out, experiments, console)
    found = counts(experiments)
    measured = pace(experiments[0])
    seconds = measured.seconds * found["updates"] / jax.local_device_count()
    axes = ", ".join(dict.fromkeys(name for of in grids for name in of.varying)) or "none"
    lines = [
        f"{found['cells']} cells (varying: {axes}), {found['runs']} networks, "
        f"{found['updates']:,} updates",
        f"Memory: {found['cell_bytes'] / 2**20:.0f} MiB of weights and optimizer state in the "
        "largest cell",
        f"Time: about {duration(seconds)} on {jax.local_device_count()} devices, from "
        f"{measured.seconds * 1e3:#.3g} ms for an update of the first cell, the median of "
        f"{measured.times} measurements of {measured.updates} updates; measures come on top",
    ]
    if (out / "spec.yaml").is_file():
        there = len(finished(out, experiments))
        lines.append(f"Of these, {there} are finished in {out}")
    lines.append("Next: the same command without --dry-run")
    for line in lines:
        console.say(line)
