"""What a command says of a connectome's file: the options of `richlazy_jax.read_connectome`."""

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

import richlazy_jax as rj

FILE_HELP = (
    "A table (.csv, .tsv, .xlsx, .parquet and more), a matrix (.npy, .npz, .mat, .mtx) or a graph "
    f"(.graphml, .gexf, .gml, .json), also packed; or one of {', '.join(rj.SHIPPED_CONNECTOMES)}."
)
_PANEL = "What the file holds"


def _option(help_text: str) -> Any:
    return typer.Option(help=help_text, rich_help_panel=_PANEL)


# In the order of the help. What may repeat is a list.
_OPTIONS: dict[str, Any] = {
    "pre": Annotated[str | None, _option("The column of the sender.")],
    "post": Annotated[str | None, _option("The column of the receiver.")],
    "weight": Annotated[
        str | None,
        _option("The column, edge attribute or array of the weights; 1 takes all alike."),
    ],
    "sign": Annotated[
        str | None, _option("The column, attribute or array of signs or of transmitters.")
    ],
    "transmitter": Annotated[
        list[str] | None, _option("What one does, such as glutamate=-1; may repeat.")
    ],
    "where": Annotated[
        list[str] | None, _option("Rows or edges that count, such as type=chemical; may repeat.")
    ],
    "duplicates": Annotated[
        str | None, _option("Several edges of a connection: error, sum, mean or max.")
    ],
    "rows": Annotated[str | None, _option("What rows of a matrix do: receive or send.")],
    "ignore": Annotated[
        list[str] | None,
        _option('A name that is no node, such as NA; may repeat. "" takes all as nodes.'),
    ],
    "names": Annotated[
        str | None, _option("The attribute, array or text file with the names of the nodes.")
    ],
    "nodes": Annotated[
        Path | None, _option("A text file of allowed names, one a line; all others are refused.")
    ],
    "sheet": Annotated[str | None, _option("The sheet of a workbook.")],
    "delimiter": Annotated[str | None, _option("What separates fields: tab, space, ; and so on.")],
    "header": Annotated[int | None, _option("The line of the header; 0 for none.")],
}


def reads_connectome(command: Callable[..., None]) -> Callable[..., None]:
    """A command with options for the file of a connectome, which it gets as `reading`.

    The command has a keyword `reading`, a mapping of the options that were given.
    """
    parameters = [
        each
        for each in inspect.signature(command, eval_str=True).parameters.values()
        if each.name != "reading"
    ]
    keyword = inspect.Parameter.KEYWORD_ONLY
    # typer makes options of parameters alone.
    added = [
        inspect.Parameter(name, keyword, default=None, annotation=kind)
        for name, kind in _OPTIONS.items()
    ]

    @functools.wraps(command)
    def with_options(*args: Any, **kwargs: Any) -> None:
        given = {name: kwargs.pop(name, None) for name in _OPTIONS}
        command(*args, reading={n: v for n, v in given.items() if v not in (None, [])}, **kwargs)

    signature = inspect.Signature([*parameters, *added])
    with_options.__signature__ = signature  # type: ignore[attr-defined]
    with_options.__annotations__ = {each.name: each.annotation for each in [*parameters, *added]}
    return with_options


def read_file(file: str, reading: Mapping[str, Any]) -> rj.Connectome:
    """The connectome of a file, or a shipped one.

    Args:
        file: its path, or the name of a shipped one.
        reading: as a command got it.

    Raises:
        ValueError: it cannot be read, or a shipped one comes with options for files.
        OSError: there is no such file.
    """
    if file in rj.SHIPPED_CONNECTOMES:
        if reading:
            options = ", ".join(f"--{name}" for name in reading)
            raise ValueError(f"{options} say what a file holds; allowed with {file} are none.")
        return rj.shipped_connectome(file)
    # Networks take seconds to import, for which nobody should wait whose file says all.
    from ..kinds.recurrent import reading_arguments

    return rj.read_connectome(Path(file), **reading_arguments(written(reading)))


def written(reading: Mapping[str, Any]) -> dict[str, Any]:
    """The options as a specification has them, where several values have commas between them."""
    found: dict[str, Any] = {}
    for name, value in reading.items():
        if isinstance(value, list):
            # A comma alone is none.
            value = ", ".join(value) or ","
        found["transmitters" if name == "transmitter" else name] = (
            value if isinstance(value, int) else str(value)
        )
    return found
