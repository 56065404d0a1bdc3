"""`richlazy atlas`."""

from pathlib import Path
from typing import Annotated

import typer

from .._whole import write_figure, write_text
from ..kinds.recurrent import COGNITIVE
from ..paper.atlas import (
    UNITS,
    as_csv,
    atlas_grids,
    atlas_sentences,
    atlas_table,
    beside_regime,
    judged,
    lacking,
    rows_of,
    verdict_table,
)
from ._options import BATCH_RUNS, OUT_HELP, WORKERS
from ._said import PlainConsole, tell_next
from ._stops import usage_errors
from ._study import run_grids


def atlas_command(
    tasks: Annotated[
        str, typer.Option(help=f"Some of {', '.join(COGNITIVE)}, with commas between.")
    ] = ",".join(COGNITIVE),
    units: Annotated[
        str, typer.Option(help=f"Some of {', '.join(UNITS)}, with commas between.")
    ] = "relu",
    kinds: Annotated[
        str, typer.Option(help="Kinds of start, such as null,low_rank; all without it.")
    ] = "",
    seeds: Annotated[
        int | None, typer.Option(help="Networks of each start; 20, or 2 with --quick.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="2 seeds and 100 updates: a look, and no result.")
    ] = False,
    workers: Annotated[int | None, WORKERS] = None,
    batch_runs: Annotated[int | None, BATCH_RUNS] = None,
    out: Annotated[Path, typer.Option(help=OUT_HELP)] = Path("out/atlas"),
) -> None:
    """Over a hundred starts on three tasks, from lazy to rich, beside what might explain it.

    Writes atlas.csv with a row for each start, task and kind of unit, atlas.md with the same as
    tables, and for each kind of unit a figure and, where all tasks and starts are there, the
    verdicts of results/atlas_plan.md. All that one folder was asked for is kept, and the
    same command does what is missing.
    """
    console = PlainConsole()
    with usage_errors():
        named = kinds.split(",") if kinds else None
        grids = atlas_grids(tasks.split(","), units.split(","), named, seeds=seeds, quick=quick)
    found = run_grids(
        grids, out, console, name="atlas", workers=workers, batch_runs=batch_runs, shared=True
    )
    rows = rows_of(found)

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..paper.atlas.draw import draw

    write_text(out / "atlas.csv", as_csv(rows))
    write_text(out / "atlas.md", atlas_table(rows))
    told = [f"Table: {out / 'atlas.md'}", f"Numbers: {out / 'atlas.csv'}"]
    for unit in dict.fromkeys(row.units for row in rows):
        figure = out / f"atlas_{unit}.png"
        write_figure(figure, draw([row for row in rows if row.units == unit]))
        told.append(f"Figure: {figure}")
    for sentence in atlas_sentences(rows):
        console.print(sentence)
    # A part of the atlas is a table and a figure, and answers no question.
    for unit in (each for each in units.split(",") if not lacking(rows, each)):
        verdicts, file = judged(rows, unit), out / f"verdicts_{unit}.md"
        partials = beside_regime([row for row in rows if row.units == unit])
        write_text(file, verdict_table(verdicts, partials))
        console.print("\n".join(f"{each.claim}: {each.verdict}" for each in verdicts))
        told.append(f"Verdicts: {file}")
    console.print("\n".join(told))
    tell_next(out, console)
