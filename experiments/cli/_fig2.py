"""`richlazy fig2`, `fig5` and `fig6`: one figure for each task."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markdown import Markdown

import richlazy_jax as rj

from .._whole import write_figure, write_text
from ..engine import starts_side_by_side
from ..kinds.recurrent import MEASURES, Setting, drawn_motifs
from ._connectome_file import FILE_HELP, read_file, reads_connectome, written
from ._kinds import grids_of
from ._options import BATCH_RUNS, OUT_HELP, WORKERS, measure_at_option, measured_at, option
from ._said import PlainConsole, tell_next
from ._stops import usage_errors
from ._study import run_grids

FIGURES = {"fig2": "2AF", "fig5": "DMS", "fig6": "CXT"}
# Those of a measured diagram that a null stands in for.
NULLS = {"em-shuffled": "places", "em-degrees": "degrees"}
STRUCTURES = ("cell-types", "em", "em-balanced", *NULLS, "dale", "chain-motifs")
WORM = "celegans_varshney2011"
# Chains, and what they cannot do without: senders and receivers that differ in how many they have.
CHAINS = {"probability": 0.1, "chain": 0.05, "convergent": 0.06, "divergent": 0.06}


@reads_connectome
def structured_command(
    task: Annotated[str, typer.Option(help="2AF, DMS or CXT.")] = "2AF",
    structures: Annotated[
        str,
        typer.Option(
            help=f"Some of {', '.join(STRUCTURES)}, with commas between; all by default.",
            show_default=False,
        ),
    ] = ",".join(STRUCTURES),
    connectome: Annotated[
        str,
        typer.Option(help=f"For em: {FILE_HELP}"),
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
            help="Bring em to --size units by its spectrum; otherwise em and a null of its own "
            "have as many units as the diagram has neurons.",
        ),
    ] = False,
    cell_types: Annotated[
        Path | None, typer.Option(help="For cell-types: a .csv table instead of the shipped one.")
    ] = None,
    seeds: Annotated[int, option("seeds")] = 10,
    iterations: Annotated[int, option("iterations")] = 10_000,
    size: Annotated[int, option("n_hidden")] = 300,
    measures: Annotated[
        str,
        typer.Option(
            help=f"Measures of laziness, with commas between; {', '.join(MEASURES)} by default.",
            show_default=False,
        ),
    ] = ",".join(MEASURES),
    measure_at: Annotated[str | None, measure_at_option()] = None,
    precision: Annotated[str, option("precision")] = "highest",
    keep: Annotated[str, option("keep")] = Setting.keep,
    frozen: Annotated[str, option("frozen")] = Setting.frozen,
    gains: Annotated[bool, option("gains")] = Setting.gains,
    workers: Annotated[int | None, WORKERS] = None,
    batch_runs: Annotated[int | None, BATCH_RUNS] = None,
    random_seed: Annotated[int, option("random_seed")] = 0,
    out: Annotated[Path | None, typer.Option(help=f"{OUT_HELP} out/FIGURE by default.")] = None,
    *,
    reading: Mapping[str, Any],
) -> None:
    """Structured starts against their Gaussian nulls; each figure has a task of its own."""
    console = PlainConsole()
    figure = {name: figure for figure, name in FIGURES.items()}.get(task, "fig2")
    out = Path("out") / figure if out is None else out
    with usage_errors():
        diagram = _diagram(structures, connectome, reading)
        for sentence in diagram.said if diagram else ():
            console.say(sentence)
        neurons = size if resample or diagram is None else len(diagram.names)
        source = {"source": connectome, **written(reading)}
        groups = _groups(structures, source, signs, resample, cell_types, size, neurons)
        shared = {
            "seeds": seeds,
            "iterations": iterations,
            "measures": measures.split(","),
            "precision": precision,
            "random_seed": random_seed,
            "keep": keep,
            "frozen": frozen,
            "gains": gains,
            **measured_at(measure_at),
        }
        grids = grids_of(
            [
                {"task": task, "n_hidden": n, "start": [{"kind": None}, *starts], **shared}
                for n, starts in groups.items()
            ]
        )
    found = run_grids(grids, out, console, name=figure, workers=workers, batch_runs=batch_runs)
    datasets = starts_side_by_side(found)

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..paper.fig2 import compared, draw, sentences, table

    motifs = [m for cell, _ in found if isinstance(cell, Setting) for m in drawn_motifs(cell)]
    write_text(out / "table.md", table(datasets, motifs))
    write_figure(out / f"{figure}.png", draw(datasets))
    console.print(Markdown("\n".join(sentences(datasets, compared(datasets)))))
    console.print(f"Table: {out / 'table.md'}\nFigure: {out / f'{figure}.png'}")
    tell_next(out, console)


def help_of(figure: str) -> str:
    """What the command of one of the figures says of itself."""
    return (
        f"Figure {figure[3:]}: structured starts against Gaussian nulls on {FIGURES[figure]}.\n\n"
        "It makes a study, with a figure and table.md in its folder. The same command does what is "
        "missing, and more seeds or structures make the study grow. The full figure takes about 15 "
        "minutes on 2 CPU cores."
    )


def _groups(
    structures: str,
    source: Mapping[str, Any],
    signs: str,
    resample: bool,
    cell_types: Path | None,
    size: int,
    neurons: int,
) -> dict[int, list[dict[str, Any]]]:
    """The starts by the size of their network, as a specification has them."""
    names = structures.split(",")
    groups: dict[int, list[dict[str, Any]]] = {}
    for name in dict.fromkeys(names):
        start: dict[str, Any] = {"kind": name.replace("-", "_")}
        if name.startswith("em"):
            start = {"kind": "connectome", **source}
            start |= {"resampled": resample, "null": NULLS.get(name)}
            if name == "em-balanced":
                start["signs"] = "balanced"
            elif signs:
                start["signs"] = signs.replace("as-given", "as_given")
        elif name == "cell-types" and cell_types is not None:
            start["table"] = str(cell_types)
        elif name == "chain-motifs":
            start = {"kind": "motifs", **CHAINS}
        groups.setdefault(neurons if name.startswith("em") else size, []).append(start)
    return groups


def _diagram(structures: str, connectome: str, reading: Mapping[str, Any]) -> rj.Connectome | None:
    """The diagram that some of the structures are, or None where none is.

    Raises:
        ValueError: there is no such structure, or the diagram cannot be read.
    """
    names = structures.split(",")
    for name in names:
        if name not in STRUCTURES:
            raise ValueError(
                f"--structures holds {name!r}; allowed are {', '.join(STRUCTURES)}, with commas "
                "between."
            )
    wired = any(name.startswith("em") for name in names)
    return read_file(connectome, reading) if wired else None
