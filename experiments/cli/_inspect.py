"""`richlazy inspect`."""

import json as json_format
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.markdown import Markdown
from scipy.sparse import csr_array

import richlazy_jax as rj

from .._whole import write_figure, write_text
from ..inspection import Inspection, inspect_connectome, ladder, ladder_lines, markdown
from ._said import PlainConsole
from ._stops import usage_errors


def inspect_command(
    file: Annotated[
        str,
        typer.Argument(
            help="Edge list as .csv, matrix as .npy or .npz (rows receive), .graphml; or one of "
            f"{', '.join(rj.SHIPPED_CONNECTOMES)}."
        ),
    ],
    weight: Annotated[
        str | None, typer.Option(help="The column or edge attribute that holds the weights.")
    ] = None,
    signs: Annotated[
        Path | None, typer.Option(help="A .csv with columns name, sign: signs of what nodes send.")
    ] = None,
    nodes: Annotated[
        Path | None,
        typer.Option(help="A text file of allowed names, one a line; all others are refused."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A node to leave out; may repeat.")
    ] = None,
    draws: Annotated[int, typer.Option(help="Random matrices of each kind.")] = 20,
    json: Annotated[Path | None, typer.Option(help="Write the numbers to this file.")] = None,
    random_seed: Annotated[int, typer.Option(help="All randomness follows from it.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of the table and the figure.")] = Path(
        "out/inspect"
    ),
) -> None:
    """Is a connectome rich or lazy? Its spectrum, signs and motifs, and what theory predicts."""
    console = PlainConsole()
    with usage_errors():
        connectome = _read(file, weight, nodes)
        if without:
            connectome = connectome.without(*without)
        if signs is not None:
            connectome = connectome.signed(rj.read_signs(signs, connectome.names))
        out.mkdir(parents=True, exist_ok=True)
        if json is not None:
            json.parent.mkdir(parents=True, exist_ok=True)
        found = inspect_connectome(connectome, draws, random_seed)
        rungs = ladder(csr_array(connectome.weights), draws, random_seed)

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..inspection._draw import draw

    text = "\n".join([markdown(found), *ladder_lines(rungs), ""])
    write_text(out / "inspect.md", text)
    write_figure(out / "inspect.png", draw(found))
    if json is not None:
        write_text(json, json_format.dumps(_plain(found) | {"ladder": _plain(rungs)}, indent=1))
    console.print(Markdown(text))
    console.print(f"Table: {out / 'inspect.md'}\nFigure: {out / 'inspect.png'}")


def _read(file: str, weight: str | None, nodes: Path | None) -> rj.Connectome:
    if file in rj.SHIPPED_CONNECTOMES:
        if weight is not None or nodes is not None:
            raise ValueError(f"--weight and --nodes are for files; allowed with {file} is neither.")
        return rj.shipped_connectome(file)
    allowed = None
    if nodes is not None:
        lines = nodes.read_text(encoding="utf-8-sig").splitlines()
        allowed = [line.strip() for line in lines if line.strip()]
    return rj.read_connectome(Path(file), weight=weight, nodes=allowed)


def _plain(value: Any) -> Any:
    """Tuples with names as dictionaries, arrays as lists, and what is not a number as null."""
    if hasattr(value, "_asdict"):
        extra = {"prediction": value.prediction} if isinstance(value, Inspection) else {}
        return _plain(value._asdict() | extra)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(each) for each in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value
