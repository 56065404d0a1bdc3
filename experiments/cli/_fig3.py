"""`richlazy fig3`."""

from pathlib import Path
from typing import Annotated

import typer
import xarray as xr
from rich.console import Console
from rich.markdown import Markdown

import richlazy_jax as rj

from .._whole import write_figure, write_text
from ..fig3 import (
    KAPPAS,
    linear_alignment,
    linear_record,
    linear_table,
    run_students,
    student_table,
)
from ..recurrent import Setting, low_rank_starts, save
from ._images import IMAGES_HELP, SEQUENTIAL, image_fields
from ._panels import chosen_panels, require_networks
from ._progress import training_shown
from ._recurrent import PRECISION_HELP, finished, require_batch_runs
from ._said import PlainConsole
from ._stops import kept_when_interrupted, usage_errors

PANELS = ("B", "C")


def fig3_command(
    panel: Annotated[list[str] | None, typer.Option(help="B or C; both by default.")] = None,
    networks: Annotated[int, typer.Option(help="B: networks for each start and kappa.")] = 1000,
    seeds: Annotated[int, typer.Option(help="C: teachers, each with three students.")] = 10,
    rank: Annotated[int, typer.Option(help="C: rank of the starts.")] = 10,
    hidden: Annotated[int, typer.Option(help="C: hidden units.")] = 300,
    iterations: Annotated[int, typer.Option(help="C: updates of the students.")] = 10_000,
    teacher_iterations: Annotated[int, typer.Option(help="C: updates of the teachers.")] = 10_000,
    gain: Annotated[
        float, typer.Option(help="C: gain of the recurrent weights at the start.")
    ] = Setting.gain,
    batch: Annotated[int, typer.Option(help="C: images of an update.")] = 200,
    images: Annotated[str, typer.Option(help=f"C: {IMAGES_HELP}.")] = "auto",
    precision: Annotated[str, typer.Option(help=f"C: {PRECISION_HELP}")] = "highest",
    batch_runs: Annotated[
        int | None, typer.Option(help="Networks a device trains side by side; bounds memory.")
    ] = None,
    random_seed: Annotated[int, typer.Option(help="All randomness follows from it.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of data, table and figure.")] = Path("out/fig3"),
) -> None:
    """Figure 3: low-rank starts that are aligned with their task learn lazily.

    B takes about two minutes on 2 CPU cores. C at its full size takes hours there; what is finished
    is kept and found again.
    """
    console = PlainConsole()
    students_path = out / "students.nc"
    with usage_errors():
        panels = chosen_panels(panel, PANELS)
        require_networks(networks)
        require_batch_runs(batch_runs)
        out.mkdir(parents=True, exist_ok=True)
        setting = students = linear = None
        if "B" in panels:
            record = linear_record(KAPPAS, networks, random_seed)
            linear = finished(record, out / "linear.nc")
        if "C" in panels:
            if rank < 2:
                raise ValueError(f"--rank is {rank}; allowed are whole numbers from 2.")
            if teacher_iterations < 1:
                raise ValueError(
                    f"--teacher-iterations is {teacher_iterations}; allowed are numbers from 1."
                )
            setting = Setting(
                task=SEQUENTIAL,
                seeds=seeds,
                n_hidden=hidden,
                gain=gain,
                iterations=iterations,
                precision=precision,
                random_seed=random_seed,
                starts=low_rank_starts([rank]),
                **image_fields(images, batch),
            )
            record = setting.record() | {"teacher_iterations": teacher_iterations}
            students = finished(record, students_path)

    with kept_when_interrupted(console):
        if "B" in panels and linear is None:
            with console.status("linear students"):
                linear = linear_alignment(KAPPAS, networks, random_seed)
                save(linear, out / "linear.nc")
        if setting is not None and students is None:
            students = _students(setting, teacher_iterations, batch_runs, console)
            save(students, students_path)

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..fig3._draw import draw

    parts = [] if linear is None else [linear_table(linear)]
    parts += [] if students is None else [student_table(students)]
    text = "\n".join(parts)
    write_text(out / "table.md", text)
    write_figure(out / "fig3.png", draw(linear, students))
    console.print(Markdown(text))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / 'fig3.png'}")


def _students(
    setting: Setting, teacher_iterations: int, batch_runs: int | None, console: Console
) -> xr.Dataset:
    with training_shown(console) as shown:
        learning = ["teachers", "students"]

        def moved(progress: rj.Progress) -> None:
            shown.moved(learning[0], progress)
            if progress.step == progress.steps:
                learning.pop(0)

        return run_students(setting, teacher_iterations, batch_runs=batch_runs, on_piece=moved)
