"""`richlazy fig4`."""

import zlib
from pathlib import Path
from typing import Annotated

import jax
import typer

from .._whole import write_figure, write_text
from ..engine import Grid, starts_side_by_side
from ..kinds.image_mlp import ImageSetting
from ..verify import CHECKS, markdown
from ._kinds import grids_of
from ._means import tell_means
from ._options import (
    BATCH,
    BATCH_RUNS,
    IMAGES_HELP,
    OUT_HELP,
    WORKERS,
    chosen_panels,
    option,
    require_networks,
    whole_numbers,
)
from ._said import PlainConsole, tell_next
from ._stops import kept_when_interrupted, usage_errors
from ._study import run_grids
from ._verify import table as verification_table

PANELS = ("A", "B")


def fig4_command(
    panel: Annotated[list[str] | None, typer.Option(help="A or B; both by default.")] = None,
    networks: Annotated[int, typer.Option(help="A: linear networks for each rank.")] = 1000,
    ranks: Annotated[str, typer.Option(help="B: ranks of the first layer.")] = "1,10,30,100,300",
    seeds: Annotated[int, option("seeds", ImageSetting, "B: ")] = 10,
    size: Annotated[int, option("n_hidden", ImageSetting, "B: ")] = 300,
    iterations: Annotated[int, option("iterations", ImageSetting, "B: ")] = 3000,
    batch: Annotated[int, option("batch", ImageSetting, "B: ")] = BATCH,
    kernel_images: Annotated[int, option("kernel_images", ImageSetting, "B: ")] = 200,
    images: Annotated[str, typer.Option(help=f"B: {IMAGES_HELP}.")] = "auto",
    precision: Annotated[str, option("precision", ImageSetting, "B: ")] = "highest",
    workers: Annotated[int | None, WORKERS] = None,
    batch_runs: Annotated[int | None, BATCH_RUNS] = None,
    random_seed: Annotated[int, option("random_seed")] = 0,
    out: Annotated[Path, typer.Option(help=OUT_HELP)] = Path("out/fig4"),
) -> None:
    """Figure 4: rank against kernel alignment, linear networks and a ReLU network on images."""
    console = PlainConsole()
    dataset, rows = None, []
    grids: tuple[Grid, ...] = ()
    with usage_errors():
        panels = chosen_panels(panel, PANELS)
        require_networks(networks)
        if "B" in panels:
            chosen = list(whole_numbers("--ranks", ranks))
            grids = grids_of(
                [
                    {
                        "experiment": ImageSetting.KIND,
                        "images": images,
                        "start": {
                            "kind": "low_rank",
                            "rank": chosen,
                        },
                        "seeds": seeds,
                        "n_hidden": size,
                        "iterations": iterations,
                        "batch": batch,
                        "kernel_images": kernel_images,
                        "precision": precision,
                        "random_seed": random_seed,
                    }
                ]
            )
        out.mkdir(parents=True, exist_ok=True)
    if "B" in panels:
        found = run_grids(grids, out, console, name="fig4", workers=workers, batch_runs=batch_runs)
        (dataset,) = starts_side_by_side(found)
    if "A" in panels:
        with kept_when_interrupted(console), console.status("linear networks"):
            # As `richlazy verify` draws them.
            key = jax.random.fold_in(jax.random.key(random_seed), zlib.crc32(b"theorem 1"))
            rows = list(CHECKS["theorem 1"](key, networks, False))

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..paper.fig1 import summary, table
    from ..paper.fig4 import draw

    parts = ["## A: linear networks\n\n" + markdown(rows)] if rows else []
    parts += [] if dataset is None else [table([dataset])]
    write_text(out / "table.md", "\n".join(parts))
    write_figure(out / "fig4.png", draw(rows, dataset))
    if rows:
        # In Markdown it is wider than a terminal.
        console.print(verification_table(rows))
    if dataset is not None:
        tell_means(console, dataset, summary(dataset))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / 'fig4.png'}")
    if dataset is not None:
        tell_next(out, console)
