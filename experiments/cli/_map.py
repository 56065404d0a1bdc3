"""`richlazy map`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from .._whole import write_figure, write_text
from ..engine import cells
from ..kinds.map_cell import MapCell
from ..paper.rich_lazy_map import compared, map_parts, map_table, part_of, verdict
from ._options import BATCH_RUNS, OUT_HELP, WORKERS, option, require_networks
from ._said import PlainConsole, tell_next
from ._stops import usage_errors
from ._study import run_grids

QUICK_NETWORKS = 100


def map_command(
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds", "--networks", help="Networks of each cell; 400, or 100 with --quick."
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer places on each axis.")] = False,
    workers: Annotated[int | None, WORKERS] = None,
    batch_runs: Annotated[int | None, BATCH_RUNS] = None,
    random_seed: Annotated[int, option("random_seed", MapCell)] = 0,
    out: Annotated[Path, typer.Option(help=OUT_HELP)] = Path("out/map"),
) -> None:
    """Rich or lazy over rank, scale, readout and alignment, and where a formula may be trusted.

    Linear networks are simulated in every cell of a study and set beside the formula for small
    starts. The same command does what is missing.
    """
    console = PlainConsole()
    with usage_errors():
        networks = (QUICK_NETWORKS if quick else MapCell.seeds) if seeds is None else seeds
        require_networks(networks, "--seeds")
        parts = map_parts(quick, seeds=networks, random_seed=random_seed)
    # A place of two parts is one cell.
    grids = list(parts.values())
    found = run_grids(grids, out, console, name="map", workers=workers, batch_runs=batch_runs)
    by_hash = {
        cell.wanted().hash: (cell, dataset) for cell, dataset in found if isinstance(cell, MapCell)
    }
    results = {
        part: compared(part_of([by_hash[cell.wanted().hash] for cell in cells([of])]))
        for part, of in parts.items()
    }

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..paper.rich_lazy_map.draw import draw

    write_text(out / "table.md", map_table(results))
    write_figure(out / "map.png", draw(results))
    console.print(Markdown(verdict(results["scale"])))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / 'map.png'}")
    tell_next(out, console)
