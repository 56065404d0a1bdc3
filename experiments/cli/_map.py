"""`richlazy map`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from .._whole import write_figure, write_text
from ..engine import Grid
from ..rich_lazy_map import (
    MapCell,
    MapSetting,
    compared,
    map_table,
    part_of,
    quick_setting,
    verdict,
)
from ._options import BATCH_RUNS, OUT_HELP, WORKERS, option
from ._panels import require_networks
from ._said import PlainConsole
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
        if seeds is not None:
            require_networks(seeds, "--seeds")
        if quick:
            setting = quick_setting(seeds or QUICK_NETWORKS, random_seed)
        else:
            setting = MapSetting(networks=seeds or MapSetting.networks, random_seed=random_seed)
    parts = {part: setting.experiments(part) for part in setting.parts()}
    # A place of two parts is one cell.
    grids = [Grid.of(cell) for of in parts.values() for cell in of]
    found = run_grids(grids, out, console, name="map", workers=workers, batch_runs=batch_runs)
    by_hash = {cell.wanted().hash: dataset for cell, dataset in found}
    results = {
        part: compared(part_of([(cell, by_hash[cell.wanted().hash]) for cell in of]))
        for part, of in parts.items()
    }

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..rich_lazy_map._draw import draw

    write_text(out / "table.md", map_table(results))
    write_figure(out / "map.png", draw(results))
    console.print(Markdown(verdict(results["scale"])))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / 'map.png'}")
