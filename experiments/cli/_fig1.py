"""`richlazy fig1`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from .._whole import write_figure, write_text
from ..recurrent import MEASURES, Setting, low_rank_starts
from ._images import IMAGES_HELP, SEQUENTIAL, batch_fields, image_fields
from ._numbers import whole_numbers
from ._recurrent import PRECISION_HELP, finished, require_batch_runs, run_missing
from ._said import PlainConsole
from ._stops import usage_errors

TASKS = ("2AF", "DMS", "CXT")


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
    seeds: Annotated[int, typer.Option(help="Networks for each rank.")] = 10,
    iterations: Annotated[int, typer.Option(help="Updates.")] = 10_000,
    hidden: Annotated[int, typer.Option(help="Hidden units.")] = 300,
    batch: Annotated[
        int | None, typer.Option(help="Trials of an update; 32 by default, 200 for sMNIST.")
    ] = None,
    images: Annotated[str, typer.Option(help=f"For sMNIST: {IMAGES_HELP}.")] = "auto",
    keep: Annotated[
        str, typer.Option(help="What ranks share: frobenius (norm) or leading (singular value).")
    ] = "frobenius",
    measures: Annotated[
        str, typer.Option(help="Measures of laziness, with commas between.")
    ] = ",".join(MEASURES),
    precision: Annotated[str, typer.Option(help=PRECISION_HELP)] = "highest",
    batch_runs: Annotated[
        int | None, typer.Option(help="Networks a device trains side by side; bounds memory.")
    ] = None,
    random_seed: Annotated[int, typer.Option(help="All randomness follows from it.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of data, table and figure.")] = Path("out/fig1"),
) -> None:
    """Figure 1: the rank of the start against how lazily recurrent networks learned.

    Writes TASK.nc for each task as soon as it is finished, then fig1.png and table.md. A task whose
    file is there already, of the same setting, is not run again. The full figure takes about 20
    minutes on 2 CPU cores.
    """
    console = PlainConsole()
    with usage_errors():
        settings = {
            out / f"{name}.nc": Setting(
                task=name,
                starts=low_rank_starts(_ranks(ranks, name, hidden), keep),
                seeds=seeds,
                n_hidden=hidden,
                iterations=iterations,
                **(image_fields(images, batch) if name == SEQUENTIAL else batch_fields(batch)),
                measures=tuple(measures.split(",")),
                precision=precision,
                random_seed=random_seed,
            )
            for name in dict.fromkeys(task or TASKS)
        }
        require_batch_runs(batch_runs)
        out.mkdir(parents=True, exist_ok=True)
        found = {path: finished(setting.record(), path) for path, setting in settings.items()}
    datasets = run_missing(settings, found, batch_runs, console)

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..fig1 import draw, table

    text = table(datasets)
    write_text(out / "table.md", text)
    write_figure(out / "fig1.png", draw(datasets))
    console.print(Markdown(text))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / 'fig1.png'}")


def _ranks(text: str | None, task: str, hidden: int) -> tuple[int, ...]:
    if text is not None:
        return whole_numbers("--ranks", text)
    usual = (5, 30) if task == SEQUENTIAL else (1, 30, 100)
    return (*(rank for rank in usual if rank < hidden), hidden)
