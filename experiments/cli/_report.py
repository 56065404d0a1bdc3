"""`richlazy report`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from richlazy_jax.studies.folder import FILES, FOLDERS

from .._whole import write_figure, write_text
from ._progress import progress_bar
from ._said import PlainConsole
from ._stops import usage_errors

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def report_command(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY", help="A folder that `richlazy sweep` made.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="The page, FILE.html; report.html in the study by default."),
    ] = None,
    png: Annotated[
        bool,
        typer.Option(
            "--png", help="Each figure as a PNG for slides as well, in figures/ beside the page."
        ),
    ] = False,
) -> None:
    """A study as one HTML page: verdicts, figures, a table of all cells, and what is missing.

    The page works without the internet and without any other file. The study may be unfinished,
    and others may be writing to it.
    """
    console = PlainConsole()
    file = study / "report.html" if out is None else out
    with usage_errors():
        _require_apart(file, study)
        # matplotlib takes a second to import, which `richlazy --help` need not wait for.
        from ..report import study_report

        figures: list[str] = []
        folder = file.parent / "figures"

        def keep(name: str, figure: "Figure") -> None:
            if png:
                folder.mkdir(parents=True, exist_ok=True)
                write_figure(folder / f"{name}.png", figure)
                figures.append(name)

        with progress_bar(console) as bars:
            bar = bars.add_task("cells", total=1)
            made = study_report(
                study, lambda done, of: bars.update(bar, completed=done + 1, total=of), keep
            )
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, made.html)
    if png:
        console.print(f"Figures: {len(figures)} in {folder}")
    console.print(f"Report: {file}")
    console.say(made.line)
    console.print("Next: open the report in a browser")


def _require_apart(file: Path, study: Path) -> None:
    """Refuse to write over what the study is."""
    inside = file.resolve()
    kept = [study.resolve() / name for name in (*FILES, *FOLDERS)]
    if any(inside == each or each in inside.parents for each in kept):
        raise ValueError(
            f"--out is {file}, which is part of the study; allowed is any other file, such as "
            f"{study / 'report.html'}."
        )
