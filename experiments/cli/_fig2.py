"""`richlazy fig2`, `fig5` and `fig6`: one figure for each task."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.markdown import Markdown

import richlazy_jax as rj

from .._whole import write_figure, write_text
from ..recurrent import (
    MEASURES,
    CellTyped,
    Dale,
    Motifs,
    Null,
    Setting,
    Start,
    Wired,
    drawn_motifs,
)
from ._recurrent import PRECISION_HELP, finished, require_batch_runs, run_missing
from ._said import PlainConsole
from ._stops import usage_errors

FIGURES = {"fig2": "2AF", "fig5": "DMS", "fig6": "CXT"}
STRUCTURES = ("cell-types", "em", "em-balanced", "em-shuffled", "dale", "chain-motifs")
WORM = "celegans_varshney2011"
# Chains, and what they cannot do without: senders and receivers that differ in how many they have.
CHAINS = rj.MotifStatistics(probability=0.1, chain=0.05, convergent=0.06, divergent=0.06)


def structured_command(
    task: Annotated[str, typer.Option(help="2AF, DMS or CXT.")] = "2AF",
    structures: Annotated[
        str, typer.Option(help=f"Some of {', '.join(STRUCTURES)}, with commas between.")
    ] = ",".join(STRUCTURES),
    connectome: Annotated[
        str,
        typer.Option(
            help=f"For em: one of {', '.join(rj.SHIPPED_CONNECTOMES)}, or a file: edge list as "
            ".csv, matrix as .npy or .npz, .graphml."
        ),
    ] = WORM,
    signs: Annotated[
        str,
        typer.Option(
            help="For em: gabaergic (the worm's default), as-given, or a .csv file with columns "
            "name, sign."
        ),
    ] = "",
    resample: Annotated[
        bool,
        typer.Option(
            "--resample",
            help="Bring em to --hidden units by its spectrum; otherwise em and a null of its own "
            "have as many units as the diagram has neurons.",
        ),
    ] = False,
    cell_types: Annotated[
        Path | None, typer.Option(help="For cell-types: a .csv table instead of the shipped one.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Networks for each start.")] = 10,
    iterations: Annotated[int, typer.Option(help="Updates.")] = 10_000,
    hidden: Annotated[int, typer.Option(help="Hidden units.")] = 300,
    measures: Annotated[
        str, typer.Option(help="Measures of laziness, with commas between.")
    ] = ",".join(MEASURES),
    precision: Annotated[str, typer.Option(help=PRECISION_HELP)] = "highest",
    batch_runs: Annotated[
        int | None, typer.Option(help="Networks a device trains side by side; bounds memory.")
    ] = None,
    random_seed: Annotated[int, typer.Option(help="All randomness follows from it.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder of data, table and figure; out/FIGURE by default.")
    ] = None,
) -> None:
    """Structured starts against their Gaussian nulls; each figure has a task of its own."""
    console = PlainConsole()
    with usage_errors():
        figure = {name: figure for figure, name in FIGURES.items()}.get(task, "fig2")
        out = Path("out") / figure if out is None else out
        groups = _groups(structures, connectome, signs, resample, cell_types, hidden)
        settings = {
            out / f"{task}_{size}.nc": Setting(
                task=task,
                starts=(Null(), *starts),
                seeds=seeds,
                n_hidden=size,
                iterations=iterations,
                measures=tuple(measures.split(",")),
                precision=precision,
                random_seed=random_seed,
            )
            for size, starts in groups.items()
        }
        require_batch_runs(batch_runs)
        out.mkdir(parents=True, exist_ok=True)
        found = {path: finished(setting.record(), path) for path, setting in settings.items()}
    datasets = run_missing(settings, found, batch_runs, console)

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..fig2 import compared, draw, sentences, table

    motifs = [motif for setting in settings.values() for motif in drawn_motifs(setting)]
    write_text(out / "table.md", table(datasets, motifs))
    write_figure(out / f"{figure}.png", draw(datasets))
    console.print(Markdown("\n".join(sentences(datasets, compared(datasets)))))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / f'{figure}.png'}")


def help_of(figure: str) -> str:
    """What the command of one of the figures says of itself."""
    return (
        f"Figure {figure[3:]}: structured starts against Gaussian nulls on {FIGURES[figure]}.\n\n"
        "Writes one netCDF file for each network size as soon as it is finished, then a figure and "
        "table.md. What is there already, of the same setting, is not run again. The full figure "
        "takes about 15 minutes on 2 CPU cores."
    )


def _groups(
    structures: str,
    connectome: str,
    signs: str,
    resample: bool,
    cell_types: Path | None,
    hidden: int,
) -> dict[int, list[Start]]:
    """The starts by the size of their network."""
    names = structures.split(",")
    for name in names:
        if name not in STRUCTURES:
            raise ValueError(
                f"--structures holds {name!r}; allowed are {', '.join(STRUCTURES)}, with commas "
                "between."
            )
    groups: dict[int, list[Start]] = {}
    wired = any(name.startswith("em") for name in names)
    diagram, columns = _diagram(connectome, signs) if wired else (None, None)
    for name in dict.fromkeys(names):
        size = hidden
        if diagram is not None and name.startswith("em"):
            start = Wired(
                diagram,
                "balanced" if name == "em-balanced" else columns,
                resampled=resample,
                shuffled=name == "em-shuffled",
                label=name.replace("em", "EM").replace("-", " "),
            )
            size = hidden if resample else len(diagram.names)
        elif name == "cell-types":
            table = rj.potjans_diesmann() if cell_types is None else rj.read_cell_types(cell_types)
            start = CellTyped(table)
        else:
            start = Dale() if name == "dale" else Motifs(CHAINS)
        groups.setdefault(size, []).append(start)
    return groups


def _diagram(connectome: str, signs: str) -> tuple[rj.Connectome, np.ndarray | None]:
    """A connectome and the signs of its columns, None for weights as they are."""
    shipped = connectome in rj.SHIPPED_CONNECTOMES
    diagram = rj.shipped_connectome(connectome) if shipped else rj.read_connectome(Path(connectome))
    if signs == "as-given" or (not signs and not shipped):
        return diagram, None
    if not signs or signs == "gabaergic":
        return diagram, rj.gabaergic_signs(diagram.names)
    return diagram, rj.read_signs(Path(signs), diagram.names)
