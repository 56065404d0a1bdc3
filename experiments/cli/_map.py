"""`richlazy map`."""

from pathlib import Path
from typing import Annotated

import typer
import xarray as xr
from rich.console import Console
from rich.markdown import Markdown

from .._whole import write_figure, write_text
from ..recurrent import save
from ..rich_lazy_map import MapSetting, compared, map_table, quick_setting, simulate, verdict
from ._panels import require_networks
from ._progress import progress_bar
from ._recurrent import finished
from ._said import PlainConsole
from ._stops import kept_when_interrupted, usage_errors

QUICK_NETWORKS = 100


def map_command(
    networks: Annotated[
        int | None, typer.Option(help="Networks for each cell; 400, or 100 with --quick.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer places on each axis.")] = False,
    random_seed: Annotated[int, typer.Option(help="All randomness follows from it.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of data, table and figure.")] = Path("out/map"),
) -> None:
    """Rich or lazy over rank, scale, readout and alignment, and where a formula may be trusted.

    Linear networks are simulated in every cell and set beside the formula for small starts. Each of
    the three parts is kept when it is finished, and found again.
    """
    console = PlainConsole()
    with usage_errors():
        if networks is not None:
            require_networks(networks)
        if quick:
            setting = quick_setting(networks or QUICK_NETWORKS, random_seed)
        else:
            setting = MapSetting(networks=networks or MapSetting.networks, random_seed=random_seed)
        out.mkdir(parents=True, exist_ok=True)
        parts = setting.parts()
        found = {part: finished(setting.record(), out / f"{part}.nc") for part in parts}

    results = {}
    with kept_when_interrupted(console):
        for part, dataset in found.items():
            path = out / f"{part}.nc"
            if dataset is None:
                dataset = _simulated(setting, part, console)
                save(dataset, path)
                console.print(f"{part}: {path}")
            else:
                console.print(f"{part}: found in {path}")
            results[part] = compared(dataset)

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..rich_lazy_map._draw import draw

    write_text(out / "table.md", map_table(results))
    write_figure(out / "map.png", draw(results))
    console.print(Markdown(verdict(results["scale"])))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / 'map.png'}")


def _simulated(setting: MapSetting, part: str, console: Console) -> xr.Dataset:
    with progress_bar(console) as bars:
        bar = bars.add_task(part, total=len(setting.parts()[part]))
        return simulate(setting, part, lambda done: bars.update(bar, completed=done))
