"""`richlazy fig3`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from .._whole import write_figure, write_text
from ..engine import Grid
from ..kinds.recurrent import SEQUENTIAL
from ..kinds.students import KAPPAS, STARTS, LinearStudents, Students, linear_side_by_side
from ..paper.fig3 import linear_table, student_summary, student_table
from ._kinds import grids_of
from ._means import tell_means
from ._options import (
    BATCH,
    BATCH_RUNS,
    HELD,
    IMAGES_HELP,
    OUT_HELP,
    WORKERS,
    chosen_panels,
    measure_at_option,
    measured_at,
    option,
    require_networks,
)
from ._said import PlainConsole, tell_next
from ._stops import usage_errors
from ._study import run_grids

PANELS = ("B", "C")


def fig3_command(
    panel: Annotated[
        list[str] | None, typer.Option(help="B, or C, which takes hours; B alone by default.")
    ] = None,
    networks: Annotated[int, typer.Option(help="B: networks for each start and kappa.")] = 1000,
    seeds: Annotated[int, typer.Option(help="C: teachers, each with three students.")] = 10,
    rank: Annotated[int, typer.Option(help="C: rank of the starts.")] = 10,
    size: Annotated[int, option("n_hidden", before="C: ")] = 300,
    iterations: Annotated[int, option("iterations", before="C: students. ")] = 10_000,
    teacher_iterations: Annotated[int, option("teacher_iterations", Students, "C: ")] = 10_000,
    gain: Annotated[float, option("gain", before="C: ")] = 1.25,
    batch: Annotated[int, option("batch", before="C: ")] = BATCH,
    images: Annotated[str, typer.Option(help=f"C: {IMAGES_HELP}.")] = "auto",
    measure_at: Annotated[str | None, measure_at_option("C: ")] = None,
    precision: Annotated[str, option("precision", before="C: ")] = "highest",
    workers: Annotated[int | None, WORKERS] = None,
    batch_runs: Annotated[int | None, BATCH_RUNS] = None,
    random_seed: Annotated[int, option("random_seed")] = 0,
    out: Annotated[Path, typer.Option(help=OUT_HELP)] = Path("out/fig3"),
) -> None:
    """Figure 3: low-rank starts that are aligned with their task learn lazily.

    Panel B, linear networks, takes about two minutes on 2 CPU cores. Panel C, recurrent students of
    a teacher, is trained with --panel C alone: at its full size it takes hours there. What is
    finished is kept and found again.
    """
    console = PlainConsole()
    with usage_errors():
        # C takes hours, which nobody should start without asking for it.
        panels = chosen_panels(panel or ["B"], PANELS)
        require_networks(networks)
        if rank < 2:
            raise ValueError(f"--rank is {rank}; allowed are whole numbers from 2.")
        grids: list[Grid] = []
        if "B" in panels:
            axes = {"aligned": STARTS, "kappa": KAPPAS, "random_seed": (random_seed,)}
            grids.append(Grid(LinearStudents, axes, {"seeds": networks}))
        if "C" in panels:
            grids += grids_of(
                [
                    {
                        "experiment": Students.KIND,
                        "task": SEQUENTIAL,
                        "images": images,
                        "start": {"kind": "low_rank", "rank": rank},
                        "seeds": seeds,
                        "n_hidden": size,
                        "gain": gain,
                        "iterations": iterations,
                        "teacher_iterations": teacher_iterations,
                        "batch": batch,
                        "kernel_trials": HELD,
                        "activity_trials": HELD,
                        "precision": precision,
                        "random_seed": random_seed,
                        **measured_at(measure_at),
                    }
                ]
            )
    found = run_grids(grids, out, console, name="fig3", workers=workers, batch_runs=batch_runs)
    of_linear = [(c, d) for c, d in found if isinstance(c, LinearStudents)]
    linear = linear_side_by_side(of_linear) if of_linear else None
    students = next((d for c, d in found if isinstance(c, Students)), None)

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..paper.fig3.draw import draw

    parts = [] if linear is None else [linear_table(linear)]
    parts += [] if students is None else [student_table(students)]
    write_text(out / "table.md", "\n".join(parts))
    write_figure(out / "fig3.png", draw(linear, students))
    if linear is not None:
        console.print(Markdown(parts[0]))
    if students is not None:
        tell_means(console, students, student_summary(students))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / 'fig3.png'}")
    tell_next(out, console)
