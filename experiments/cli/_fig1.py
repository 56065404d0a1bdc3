"""`richlazy fig1`."""

import contextlib
import os
from pathlib import Path
from typing import Annotated

import jax
import typer
import xarray as xr
from rich.console import Console
from rich.markdown import Markdown

from richlazy_jax import Progress

from .._whole import write_text
from ..recurrent import MEASURES, Setting, load, run_task, save, setting_differences
from ._progress import progress_bar

TASKS = ("2AF", "DMS", "CXT")


def fig1_command(
    task: Annotated[list[str] | None, typer.Option(help="2AF, DMS or CXT; may repeat.")] = None,
    ranks: Annotated[str, typer.Option(help="Ranks of the start.")] = "1,30,100,300",
    seeds: Annotated[int, typer.Option(help="Networks for each rank.")] = 10,
    iterations: Annotated[int, typer.Option(help="Updates.")] = 10_000,
    hidden: Annotated[int, typer.Option(help="Hidden units.")] = 300,
    keep: Annotated[
        str, typer.Option(help="What ranks share: frobenius (norm) or leading (singular value).")
    ] = "frobenius",
    measures: Annotated[
        str, typer.Option(help="Measures of laziness, with commas between.")
    ] = ",".join(MEASURES),
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
    console = Console()
    _use_all_cores()
    try:
        settings = [
            Setting(
                task=name,
                ranks=_numbers(ranks),
                seeds=seeds,
                n_hidden=hidden,
                iterations=iterations,
                keep=keep,
                measures=tuple(measures.split(",")),
                random_seed=random_seed,
            )
            for name in dict.fromkeys(task or TASKS)
        ]
        if batch_runs is not None and batch_runs < 1:
            raise ValueError(f"--batch-runs is {batch_runs}; allowed are numbers from 1.")
        out.mkdir(parents=True, exist_ok=True)
        found = {s.task: _finished(s, out / f"{s.task}.nc") for s in settings}
    except (ValueError, OSError) as error:
        # Shown by typer as a usage error, with exit code 2.
        raise typer.BadParameter(str(error)) from error
    try:
        for setting in settings:
            path = out / f"{setting.task}.nc"
            if found[setting.task] is None:
                dataset = _run(setting, batch_runs, console)
                save(dataset, path)
                found[setting.task] = dataset
                console.print(f"{setting.task}: {path}")
            else:
                console.print(f"{setting.task}: found in {path}")
    except KeyboardInterrupt:
        console.print("Interrupted. Finished tasks are kept; the same command does the others.")
        raise typer.Exit(130) from None

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..fig1 import draw, table

    datasets = [dataset for dataset in found.values() if dataset is not None]
    text = table(datasets)
    write_text(out / "table.md", text)
    draw(datasets).savefig(out / "fig1.png", dpi=150)
    console.print(Markdown(text))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / 'fig1.png'}")


def _run(setting: Setting, batch_runs: int | None, console: Console) -> xr.Dataset:
    with progress_bar(console) as bars:
        bar = bars.add_task(setting.task, total=setting.iterations)

        def moved(progress: Progress) -> None:
            lost = int(progress.diverged.sum())
            going = ~progress.diverged
            loss, right = (
                values[going].mean() for values in (progress.losses, progress.metrics["accuracy"])
            )
            text = f"{setting.task} loss {loss:.4f} accuracy {right:.2f}"
            text += f", {lost} diverged" if lost else ""
            bars.update(bar, completed=progress.step, description=text)

        return run_task(setting, batch_runs=batch_runs, on_piece=moved)


def _finished(setting: Setting, path: Path) -> xr.Dataset | None:
    if not path.exists():
        return None
    dataset = load(path)
    different = setting_differences(dataset, setting)
    if different:
        raise ValueError(
            f"{path} is of another setting ({different}); allowed is another --out, or this one "
            "without that file."
        )
    return dataset


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"--ranks is {text!r}; allowed are whole numbers with commas between."
        ) from None


def _use_all_cores() -> None:
    """As many CPU devices as cores, each with runs of its own; other platforms are as they are."""
    if "device_count" in os.environ.get("XLA_FLAGS", ""):
        return
    # An older JAX, or one that was used in this process before, refuses: one device serves as well.
    with contextlib.suppress(AttributeError, RuntimeError):
        jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)
