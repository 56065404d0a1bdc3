"""`richlazy fig1`."""

from pathlib import Path
from typing import Annotated

import typer

from .._whole import write_figure, write_text
from ..engine import starts_side_by_side
from ..kinds.recurrent import COGNITIVE, MEASURES, SEQUENTIAL
from ._kinds import grids_of
from ._means import tell_means
from ._options import (
    BATCH,
    BATCH_RUNS,
    HELD,
    IMAGES_HELP,
    OUT_HELP,
    WORKERS,
    measure_at_option,
    measured_at,
    option,
    whole_numbers,
)
from ._said import PlainConsole, tell_next
from ._stops import usage_errors
from ._study import run_grids


def fig1_command(
    task: Annotated[
        list[str] | None,
        typer.Option(help="2AF, DMS, CXT or sMNIST; may repeat. All but sMNIST by default."),
    ] = None,
    ranks: Annotated[
        str | None,
        typer.Option(
            help="Ranks of the start; 1,30,100 and full by default, 5,30 and full for sMNIST."
        ),
    ] = None,
    seeds: Annotated[int, option("seeds")] = 10,
    iterations: Annotated[int, option("iterations")] = 10_000,
    size: Annotated[int, option("n_hidden")] = 300,
    batch: Annotated[
        int | None, typer.Option(help="Trials in an update; 32 by default, 200 for sMNIST.")
    ] = None,
    images: Annotated[str, typer.Option(help=f"For sMNIST: {IMAGES_HELP}.")] = "auto",
    keep: Annotated[
        str, typer.Option(help="What ranks share: frobenius (norm) or leading (singular value).")
    ] = "frobenius",
    measures: Annotated[
        str,
        typer.Option(
            help=f"Measures of laziness, with commas between; {', '.join(MEASURES)} by default.",
            show_default=False,
        ),
    ] = ",".join(MEASURES),
    measure_at: Annotated[str | None, measure_at_option()] = None,
    precision: Annotated[str, option("precision")] = "highest",
    workers: Annotated[int | None, WORKERS] = None,
    batch_runs: Annotated[int | None, BATCH_RUNS] = None,
    random_seed: Annotated[int, option("random_seed")] = 0,
    out: Annotated[Path, typer.Option(help=OUT_HELP)] = Path("out/fig1"),
) -> None:
    """Figure 1: the rank of the start against how lazily recurrent networks learned.

    It makes a study, with fig1.png and table.md in its folder. The same command does what is
    missing, and more seeds, ranks or tasks make the study grow. The full figure takes about 20
    minutes on 2 CPU cores.
    """
    console = PlainConsole()
    shared = {
        "seeds": seeds,
        "iterations": iterations,
        "n_hidden": size,
        "measures": measures.split(","),
        "precision": precision,
        "random_seed": random_seed,
    }
    with usage_errors():
        shared |= measured_at(measure_at)
        grids = grids_of(
            [
                {
                    "task": name,
                    "start": {
                        "kind": "low_rank",
                        "rank": list(_ranks(ranks, name, size)),
                        "keep": keep,
                    },
                    **_of_task(name, batch, images),
                    **shared,
                }
                for name in dict.fromkeys(task or COGNITIVE)
            ]
        )
    found = run_grids(grids, out, console, name="fig1", workers=workers, batch_runs=batch_runs)
    datasets = starts_side_by_side(found)

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..paper.fig1 import draw, summary, table

    write_text(out / "table.md", table(datasets))
    write_figure(out / "fig1.png", draw(datasets))
    for of in datasets:
        tell_means(console, of, summary(of))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / 'fig1.png'}")
    tell_next(out, console)


def _of_task(name: str, batch: int | None, images: str) -> dict:
    """What a task has of its own, as the paper has it."""
    if name != SEQUENTIAL:
        return {} if batch is None else {"batch": batch}
    return {
        "images": images,
        "batch": BATCH if batch is None else batch,
        "kernel_trials": HELD,
        "activity_trials": HELD,
    }


def _ranks(text: str | None, task: str, size: int) -> tuple[int, ...]:
    if text is not None:
        return whole_numbers("--ranks", text)
    usual = (5, 30) if task == SEQUENTIAL else (1, 30, 100)
    return (*(rank for rank in usual if rank < size), size)
