"""`richlazy fig4`."""

import functools
import zlib
from pathlib import Path
from typing import Annotated

import jax
import typer
from rich.markdown import Markdown

from .._whole import write_figure, write_text
from ..image_mlp import ImageSetting, run_images
from ..recurrent import save
from ..verify import Row, markdown
from ..verify._theorem1 import check_theorem_1
from ._images import IMAGES_HELP, images_of
from ._numbers import whole_numbers
from ._panels import chosen_panels, require_networks
from ._progress import training_shown
from ._recurrent import PRECISION_HELP, finished, require_batch_runs
from ._said import PlainConsole
from ._stops import kept_when_interrupted, usage_errors

PANELS = ("A", "B")


def fig4_command(
    panel: Annotated[list[str] | None, typer.Option(help="A or B; both by default.")] = None,
    networks: Annotated[int, typer.Option(help="A: linear networks for each rank.")] = 1000,
    ranks: Annotated[str, typer.Option(help="B: ranks of the first layer.")] = "1,10,30,100,300",
    seeds: Annotated[int, typer.Option(help="B: networks for each rank.")] = 10,
    hidden: Annotated[int, typer.Option(help="B: hidden units.")] = 300,
    iterations: Annotated[int, typer.Option(help="B: updates.")] = 3000,
    batch: Annotated[int, typer.Option(help="B: images of an update.")] = 200,
    kernel_images: Annotated[
        int, typer.Option(help="B: test images of the kernel, drawn at random.")
    ] = 200,
    images: Annotated[str, typer.Option(help=f"B: {IMAGES_HELP}.")] = "auto",
    precision: Annotated[str, typer.Option(help=f"B: {PRECISION_HELP}")] = "highest",
    batch_runs: Annotated[
        int | None, typer.Option(help="Networks a device trains side by side; bounds memory.")
    ] = None,
    random_seed: Annotated[int, typer.Option(help="All randomness follows from it.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of data, table and figure.")] = Path("out/fig4"),
) -> None:
    """Figure 4: rank against kernel alignment, linear networks and a ReLU network on images."""
    console = PlainConsole()
    path = out / "images.nc"
    with usage_errors():
        panels = chosen_panels(panel, PANELS)
        require_networks(networks)
        require_batch_runs(batch_runs)
        out.mkdir(parents=True, exist_ok=True)
        setting = dataset = None
        if "B" in panels:
            setting = ImageSetting(
                images=images_of(images),
                ranks=whole_numbers("--ranks", ranks),
                seeds=seeds,
                n_hidden=hidden,
                iterations=iterations,
                batch=batch,
                kernel_images=kernel_images,
                precision=precision,
                random_seed=random_seed,
            )
            dataset = finished(setting.record(), path)

    rows: list[Row] = []
    with kept_when_interrupted(console):
        if "A" in panels:
            with console.status("linear networks"):
                # As `richlazy verify` draws them.
                key = jax.random.fold_in(jax.random.key(random_seed), zlib.crc32(b"theorem 1"))
                rows = list(check_theorem_1(key, networks, False))
        if setting is not None and dataset is None:
            with training_shown(console) as shown:
                moved = functools.partial(shown.moved, setting.images.name)
                dataset = run_images(setting, batch_runs=batch_runs, on_piece=moved)
            save(dataset, path)

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..fig1 import table
    from ..fig4 import draw

    parts = ["## A: linear networks\n\n" + markdown(rows)] if rows else []
    parts += [] if dataset is None else [table([dataset])]
    text = "\n".join(parts)
    write_text(out / "table.md", text)
    write_figure(out / "fig4.png", draw(rows, dataset))
    console.print(Markdown(text))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / 'fig4.png'}")
