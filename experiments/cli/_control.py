"""`richlazy control`."""

import functools
from pathlib import Path
from typing import Annotated

import typer

from .._whole import write_figure, write_text
from ..controls import (
    CONTROLS,
    THROUGH,
    control_datasets,
    overall_verdict,
    run_control,
    table,
    through_dataset,
    variant_findings,
    variant_notes,
    variant_specs,
)
from ..findings import sentences, warnings_of
from ..sweep import counts
from ._progress import training_shown
from ._said import PlainConsole
from ._stops import usage_errors
from ._sweep import run_all


def control_command(
    name: Annotated[
        str | None, typer.Argument(help="Which control; without it, all are listed.")
    ] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="The paper's size: N = 300, 10,000 updates, ranks 1, 30, 100 and 300."
        ),
    ] = False,
    seeds: Annotated[int | None, typer.Option(help="Networks for each start; 10.")] = None,
    hidden: Annotated[
        int | None, typer.Option(help="Hidden units; 100, or 300 with --full.")
    ] = None,
    iterations: Annotated[
        int | None, typer.Option(help="Updates; 3,000, or 10,000 with --full.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of studies, table and figure; out/controls/NAME by default."),
    ] = None,
) -> None:
    """Does higher rank still learn more lazily when one thing is changed?

    Trains 2AF from starts of rank 1, 10 and full, some minutes on 2 CPU cores. Keeps a study for
    each variant, which the same command takes up again, and writes table.md and NAME.png. Exits
    with 1 if a cell failed.
    """
    console = PlainConsole()
    if name is None:
        width = max(map(len, CONTROLS))
        for each, control in CONTROLS.items():
            console.print(f"{each:{width}}  {control.line}", highlight=False, soft_wrap=True)
        return
    control = CONTROLS.get(name)
    with usage_errors():
        specs = variant_specs(name, full=full, seeds=seeds, hidden=hidden, iterations=iterations)
        out = Path("out/controls") / (f"{name}-full" if full else name) if out is None else out
        whole = sum(counts(spec)["cells"] for spec in specs.values())
    with training_shown(console, whole) as shown:
        with usage_errors():
            moved = functools.partial(shown.moved, name)
            to_come = run_control(name, specs, out, on_piece=moved)
        counted = run_all(to_come, shown, whole, out, console)
    datasets = control_datasets(name, specs, out)
    if datasets and control is not None:
        found = variant_findings(datasets)
        told = [overall_verdict(control, found)]
        told += [
            f"{variant}: {said}"
            for variant, of in found.items()
            for said in (*(sentence.text for sentence in sentences(of)), *warnings_of(of))
        ]
        for said in told:
            console.print(said, soft_wrap=True, highlight=False, markup=False)
        write_text(out / "table.md", table(name, control, datasets, found, variant_notes(name)))

        # matplotlib takes a second to import, which `richlazy --help` need not wait for.
        from ..controls._draw import draw_through, draw_variants

        through = through_dataset(specs, out) if name == THROUGH else None
        figure = draw_variants(name, datasets) if through is None else draw_through(through)
        write_figure(out / f"{name}.png", figure)
        console.print(f"Table: {out / 'table.md'}\nFigure: {out / f'{name}.png'}", soft_wrap=True)
    said = ", ".join(f"{number} {status}" for status, number in sorted(counted.items()))
    console.print(f"{whole} cells: {said}. Studies: {out}", soft_wrap=True)
    if counted["failed"]:
        raise typer.Exit(1)
