"""`richlazy inspect`."""

import json as json_format
import re
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.markdown import Markdown

import richlazy_jax as rj

from .._whole import write_figure, write_text
from ..inspection import (
    Inspection,
    inspect_connectome,
    inspection_cost,
    ladder,
    ladder_lines,
    markdown,
)
from ._bars import work_shown
from ._connectome_file import FILE_HELP, read_file, reads_connectome
from ._said import PlainConsole
from ._stops import usage_errors

# What takes longer is told of beforehand.
TOLD_SECONDS = 10.0


@reads_connectome
def inspect_command(
    file: Annotated[
        str,
        typer.Argument(help=FILE_HELP),
    ],
    signs: Annotated[
        str,
        typer.Option(
            help="Signs of what nodes send: gabaergic (the shipped worms' default), as-given (that "
            "of files), or a .csv with columns name, sign."
        ),
    ] = "",
    without: Annotated[
        list[str] | None, typer.Option(help="A node to leave out; may repeat.")
    ] = None,
    memory: Annotated[
        float, typer.Option(help="GiB that it may take; what would take more is refused.")
    ] = 8.0,
    draws: Annotated[int, typer.Option(help="Random matrices of each kind.")] = 20,
    json: Annotated[Path | None, typer.Option(help="Write the numbers to this file.")] = None,
    random_seed: Annotated[int, typer.Option(help="All randomness follows from it.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of the table and the figure.")] = Path(
        "out/inspect"
    ),
    *,
    reading: Mapping[str, Any],
) -> None:
    """Is a connectome rich or lazy? Its spectrum, signs and motifs, and what theory predicts."""
    console = PlainConsole()
    with usage_errors():
        connectome = read_file(file, reading)
        said = list(connectome.said)
        if without:
            connectome = connectome.without(*without)
            said.append(f"Left out: {', '.join(without)}.")
        connectome, of_signs = _signed(connectome, signs, shipped=file in rj.SHIPPED_CONNECTOMES)
        said += [of_signs] if of_signs else []
        for sentence in said:
            console.print(sentence)
        out.mkdir(parents=True, exist_ok=True)
        if json is not None:
            json.parent.mkdir(parents=True, exist_ok=True)
        cost = inspection_cost(connectome, draws)
        if cost.seconds > TOLD_SECONDS:
            console.print(f"{len(connectome.names):,} nodes take {cost}, on one core.")
        # It takes a second, which another core has while matrices are decomposed.
        threading.Thread(target=import_module, args=("matplotlib.figure",), daemon=True).start()
        with work_shown(console) as told:
            found = inspect_connectome(connectome, draws, random_seed, memory=memory, told=told)
            rungs = ladder(connectome.sparse, draws, random_seed)

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..inspection._draw import draw

    text = "\n".join([markdown(found), *ladder_lines(rungs), ""])
    write_text(out / "inspect.md", _account(said) + text)
    write_figure(out / "inspect.png", draw(found))
    if json is not None:
        write_text(
            json,
            json_format.dumps(_plain(found) | {"ladder": _plain(rungs), "said": said}, indent=1),
        )
    console.print(Markdown(text))
    console.print(f"Table: {out / 'inspect.md'}\nFigure: {out / 'inspect.png'}")


def _account(said: Sequence[str]) -> str:
    """What was read, as the beginning of a page."""
    if not said:
        return ""
    lines = [re.sub(r"([\\`*_<>\[\]|])", r"\\\1", each) for each in said]
    return "\n".join(["What was read:", "", *(f"- {line}" for line in lines), "", ""])


def _signed(connectome: rj.Connectome, signs: str, shipped: bool) -> tuple[rj.Connectome, str]:
    """The connectome with its signs, and in words which they are; empty where none are given."""
    if not signs:
        signs = "gabaergic" if shipped else "as-given"
    if signs == "as-given":
        return connectome, "Weights have the signs that they are given with." if shipped else ""
    if signs == "gabaergic":
        known = rj.gabaergic_signs(connectome.names)
        inhibit = int((known < 0).sum())
        words = f"the {inhibit} classical GABAergic neurons here inhibit, all others excite"
        return connectome.signed(known), f"Signs: {words} (--signs as-given leaves them out)."
    return connectome.signed(rj.read_signs(signs, connectome.names)), f"Signs: those of {signs}."


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
