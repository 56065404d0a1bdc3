"""`richlazy control`."""

from pathlib import Path
from typing import Annotated

import typer

from .._whole import write_figure, write_text
from ..findings import sentences, warnings_of
from ..paper.controls import (
    CONTROLS,
    THROUGH,
    control_datasets,
    overall_verdict,
    table,
    through_dataset,
    variant_findings,
    variant_grids,
    variant_notes,
)
from ._options import BATCH_RUNS, WORKERS, measure_at_option, measured_at
from ._said import PlainConsole, tell_next
from ._stops import usage_errors
from ._study import run_grids


def control_command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="CONTROL", help="Which control; without it, all are listed."),
    ] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="The paper's size: N = 300, 10,000 updates, ranks 1, 30, 100 and 300."
        ),
    ] = False,
    seeds: Annotated[int | None, typer.Option(help="Networks for each start; 10.")] = None,
    size: Annotated[
        int | None,
        typer.Option("--size", "--hidden", help="Hidden units; 100, or 300 with --full."),
    ] = None,
    iterations: Annotated[
        int | None, typer.Option(help="Updates; 3,000, or 10,000 with --full.")
    ] = None,
    measure_at: Annotated[str | None, measure_at_option()] = None,
    workers: Annotated[int | None, WORKERS] = None,
    batch_runs: Annotated[int | None, BATCH_RUNS] = None,
    out: Annotated[
        Path, typer.Option(help="Folder of the study that controls share, tables and figures.")
    ] = Path("out/controls"),
) -> None:
    """Does higher rank still learn more lazily when one thing is changed?

    Trains 2AF from starts of rank 1, 10 and full, some minutes on 2 CPU cores. All controls share
    one study, so that what two of them ask for is computed once. Writes NAME.md and NAME.png.
    """
    console = PlainConsole()
    if name is None:
        width = max(map(len, CONTROLS))
        for each, control in CONTROLS.items():
            console.print(f"{each:{width}}  {control.line}", highlight=False, soft_wrap=True)
        console.print("Next: richlazy control CONTROL, with one of these names")
        return
    control = CONTROLS.get(name)
    with usage_errors():
        given = {"seeds": seeds, "iterations": iterations, **measured_at(measure_at)}
        grids = variant_grids(name, full=full, hidden=size, **given)
    run_grids(
        list(grids.values()),
        out,
        console,
        name=name,
        workers=workers,
        batch_runs=batch_runs,
        shared=True,
    )
    datasets = control_datasets(name, grids, out)
    if datasets and control is not None:
        found = variant_findings(datasets)
        told = [overall_verdict(control, found)]
        told += [
            f"{variant}: {said}"
            for variant, of in found.items()
            for said in (*(sentence.text for sentence in sentences(of)), *warnings_of(of))
        ]
        for said in told:
            console.say(said)
        write_text(out / f"{name}.md", table(name, control, datasets, found, variant_notes(name)))

        # matplotlib takes a second to import, which `richlazy --help` need not wait for.
        from ..paper.controls.draw import draw_through, draw_variants

        through = through_dataset(grids, out) if name == THROUGH else None
        figure = draw_variants(name, datasets) if through is None else draw_through(through)
        write_figure(out / f"{name}.png", figure)
        told = f"Table: {out / f'{name}.md'}\nFigure: {out / f'{name}.png'}"
        console.print(told)
    tell_next(out, console)
