"""`richlazy sweep`."""

import collections
import contextlib
import functools
from collections.abc import Generator
from pathlib import Path
from typing import Annotated

import jax
import typer
from rich.console import Console

import richlazy_jax as rj

from ..sweep import (
    SweepSpec,
    cell_axes,
    cells,
    counts,
    read_spec,
    run_distributed,
    run_sweep,
    seconds_per_update,
)
from ._progress import progress_bar
from ._recurrent import require_batch_runs, use_all_cores
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
    console = Console()
    use_all_cores()
    with usage_errors():
        require_batch_runs(batch_runs)
        spec = read_spec(spec_file)
        if dry_run:
            _show_counts(spec, console)
            return
        progress = progress_bar(console)
        bar = progress.add_task("cell", total=1)

        def moved(now: rj.Progress) -> None:
            going = ~now.diverged
            text = f"loss {now.losses[going].mean():.4f}" if going.any() else "diverged"
            lost = int(now.diverged.sum())
            text += f", {lost} diverged" if lost and going.any() else ""
            progress.update(bar, completed=now.step, total=now.steps, description=text)

        engine = run_sweep
        if workers is not None or scheduler is not None:
            engine = functools.partial(run_distributed, workers=workers, scheduler=scheduler)
        to_come = engine(
            spec,
            spec_file.read_text(encoding="utf-8-sig"),
            out,
            batch_runs=batch_runs,
            on_piece=moved,
        )

    counted: collections.Counter[str] = collections.Counter()
    whole = counts(spec)["cells"]
    try:
        with progress, contextlib.ExitStack() as closing:
            # At once, whatever happens, as worker processes may hang on it.
            if isinstance(to_come, Generator):
                closing.callback(to_come.close)
            over = progress.add_task("cells", total=whole)
            for done in to_come:
                counted[done.status] += 1
                progress.update(over, completed=counted.total())
                if done.status == "failed":
                    console.print(f"[bold red]{done.hash} failed:[/] {done.error}", highlight=False)
    except KeyboardInterrupt:
        console.print(
            f"Interrupted after {counted.total()} of {whole} cells. What is finished is kept in "
            f"{out}; the same command does the rest."
        )
        raise typer.Exit(130) from None
    except OSError as error:
        console.print(
            f"[bold red]Could not go on:[/] {error}. What is finished is kept in {out}; the same "
            "command does the rest.",
            highlight=False,
        )
        raise typer.Exit(1) from None
    said = ", ".join(f"{number} {status}" for status, number in sorted(counted.items()))
    console.print(f"{whole} cells: {said}. Study: {out}")
    if counted["failed"]:
        raise typer.Exit(1)


def _show_counts(spec: SweepSpec, console: Console) -> None:
    found = counts(spec)
    first = cells(spec)[0]
    each = seconds_per_update(first)
    hours = each * found["updates"] / jax.local_device_count() / 3600
    axes = ", ".join(cell_axes(spec)) or "none"
    console.print(
        f"{found['cells']} cells (varying: {axes}), {found['runs']} networks, "
        f"{found['updates']:,} updates",
        f"Memory: {found['cell_bytes'] / 2**20:.0f} MiB of weights and optimizer state in the "
        "largest cell",
        f"Time: about {hours:.2f} hours on {jax.local_device_count()} devices, from "
        f"{each * 1e3:.2f} ms measured for an update of the first cell; measures come on top",
        sep="\n",
        highlight=False,
    )
