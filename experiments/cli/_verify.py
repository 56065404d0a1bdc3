"""`richlazy verify`."""

from pathlib import Path
from typing import Annotated

import jax
import typer
from rich.box import SIMPLE
from rich.table import Table

from .._signals import exit_code, tell_stopped
from .._whole import write_figure, write_text
from ..verify import CHECKS, Row, markdown, record, verify, write_json
from ._progress import progress_bar
from ._said import PlainConsole, plain, styled
from ._stops import usage_errors

# Of each verdict in a table.
STYLES = {"yes": "green", "NO": "bold red", "undecided": "yellow"}


def verify_command(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer settings, 400 seeds.")] = False,
    seeds: Annotated[
        int | None, typer.Option(help="Networks a row, each with its own start and task.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the rows to this file as well.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the figure and the table.")] = Path(
        "out/verify"
    ),
    random_seed: Annotated[int, typer.Option(help="All randomness follows from it.")] = 0,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show every row, and not only their summary.")
    ] = False,
    float64: Annotated[
        bool, typer.Option("--float64", help="Compute in double precision.")
    ] = False,
) -> None:
    """Train networks and set their kernels beside what each theorem predicts.

    Shows how many rows of each statement hold; table.md in the folder has every row. Exits with 1
    if a row does not hold. "Detects" is the smallest relative error of the formula
    that the row would catch with 95 % probability. Of true formulas, fewer than one choice of
    --random-seed in 1,000 has a false alarm in any row.
    """
    console = PlainConsole()
    if float64:
        jax.config.update("jax_enable_x64", True)
    progress = progress_bar(console)
    bar = progress.add_task("starting", total=len(CHECKS))

    def begun(name: str) -> None:
        progress.update(bar, description=name, completed=list(CHECKS).index(name))

    with usage_errors():
        to_come = verify(seeds, quick, random_seed, begun)
        _prepare(json, out)
    asked = {"quick": quick, "seeds": seeds, "random_seed": random_seed}
    rows: list[Row] = []
    complete, code = False, 130
    try:
        with progress:
            for row in to_come:
                rows.append(row)
                if json is not None:
                    write_json(json, record(rows, complete=False, **asked))
        complete = True
    except KeyboardInterrupt as error:
        code = exit_code(error)
        tell_stopped()
    console.print(summary(rows))
    if verbose:
        console.print(table(rows))
    if json is not None:
        write_json(json, record(rows, complete, **asked))
        console.print(f"Rows: {json}")
    write_text(out / "table.md", markdown(rows))
    console.print(f"Table: {out / 'table.md'}")
    for path in _save_figures(rows, out):
        console.print(f"Figure: {path}")
    failed = [row for row in rows if not row.holds]
    for row in failed:
        how = "is undecided" if row.undecided else "does not hold"
        console.print(styled((row.name, STYLES[row.verdict]), f" {how}: {row.failure}"))
    if any(row.undecided for row in failed):
        console.print("Next: the same command with more --seeds")
    if failed or not complete:
        raise typer.Exit(code if not complete else 1)
    console.print(styled((f"All {len(rows)} statements hold.", "bold green")))
    if not verbose:
        console.print("Next: the same command with --verbose shows every row")


def summary(rows: list[Row]) -> Table:
    """How many rows of each statement hold, a line each."""
    shown = Table(title="Theory beside trained networks", title_justify="left", box=SIMPLE)
    shown.add_column("statement", overflow="fold")
    for heading in ("rows", *STYLES, "largest z", "detects"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for statement in dict.fromkeys(row.statement for row in rows):
        of = [row for row in rows if row.statement == statement]
        z = [abs(row.z) for row in of if row.z is not None]
        counted = [sum(row.verdict == verdict for row in of) for verdict in STYLES]
        shown.add_row(
            plain(statement),
            str(len(of)),
            *(
                styled((str(n), style)) if n else ""
                for n, style in zip(counted, STYLES.values(), strict=True)
            ),
            f"{max(z):.2f}" if z else "",
            max(of, key=lambda row: row.detects).detects_shown,
        )
    return shown


def table(rows: list[Row]) -> Table:
    """Rows as a table that fits a terminal of 80 columns."""
    shown = Table(title="Theory beside trained networks", title_justify="left", box=SIMPLE)
    shown.add_column("statement and setting", overflow="fold")
    for heading in ("predicted", "measured", "z", "detects"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("holds")
    for row in rows:
        shown.add_row(
            styled(
                f"{row.statement}: {row.quantity}\n",
                (
                    f"{row.setting}, n = {row.runs}{f'; {row.numerical}' if row.numerical else ''}",
                    "dim",
                ),
            ),
            f"{row.predicted:.5g}",
            f"{row.measured:.5g}",
            row.z_shown,
            row.detects_shown,
            styled((row.verdict, STYLES[row.verdict])),
        )
    return shown


def _prepare(json: Path | None, out: Path) -> None:
    """Find out before any work that results could not be written."""
    out.mkdir(parents=True, exist_ok=True)
    if json is not None:
        if json.is_dir():
            raise ValueError(f"--json is {str(json)!r}, a folder; allowed is a file.")
        json.parent.mkdir(parents=True, exist_ok=True)


def _save_figures(rows: list[Row], out: Path) -> list[Path]:
    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..paper.fig4 import draw_verification
    from ..verify.draw_trajectories import draw_trajectories

    paths = [out / "fig4a.png"]
    write_figure(paths[0], draw_verification(rows))
    if any(row.curve is not None for row in rows):
        paths.append(out / "trajectories.png")
        write_figure(paths[1], draw_trajectories(rows))
    return paths
