"""`richlazy inspect`."""

import json as json_format
import re
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import jax
import numpy as np
import typer
from rich.markdown import Markdown

import richlazy_jax as rj

from .._whole import write_figure, write_text
from ..inspection import (
    LARGEST_TRAINED,
    Inspection,
    affordable_draws,
    inspect_connectome,
    inspection_cost,
    ladder,
    ladder_seconds,
    markdown,
)
from ._bars import work_shown
from ._connectome_file import FILE_HELP, read_file, reads_connectome
from ._said import PlainConsole, tell_next
from ._stops import usage_errors

# What takes longer is told of beforehand.
TOLD_SECONDS = 10.0
_TRAINING = "With --train"


@reads_connectome
def inspect_command(
    file: Annotated[
        str,
        typer.Argument(metavar="CONNECTOME", help=FILE_HELP),
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
    train: Annotated[
        bool,
        typer.Option(
            "--train", help="Train from it as well, beside two nulls on three tasks: minutes."
        ),
    ] = False,
    sample: Annotated[
        int | None,
        typer.Option(
            help=f"Train from so many of its nodes, chosen by degree; asked for above "
            f"{LARGEST_TRAINED} nodes.",
            rich_help_panel=_TRAINING,
        ),
    ] = None,
    classes: Annotated[
        Path | None,
        typer.Option(
            help="A .csv with columns name, class: --input-nodes may name classes, and one of "
            "the nulls keeps which classes connect."
        ),
    ] = None,
    coordinates: Annotated[
        Path | None,
        typer.Option(
            help="A .csv with columns name, x, y, z in one unit: one of the nulls keeps how many "
            "connections there are at each distance."
        ),
    ] = None,
    input_nodes: Annotated[
        str | None,
        typer.Option(
            help="Names of the only nodes that get input, with commas between, or a file of them.",
            rich_help_panel=_TRAINING,
        ),
    ] = None,
    output_nodes: Annotated[
        str | None,
        typer.Option(help="The only nodes that are read out.", rich_help_panel=_TRAINING),
    ] = None,
    keep: Annotated[
        str,
        typer.Option(
            help="What the weights keep in training: nothing, zeros, signs or zeros+signs.",
            rich_help_panel=_TRAINING,
        ),
    ] = "nothing",
    seeds: Annotated[
        int, typer.Option(help="Networks of each start.", rich_help_panel=_TRAINING)
    ] = 10,
    iterations: Annotated[int, typer.Option(help="Updates.", rich_help_panel=_TRAINING)] = 1_500,
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
            console.say(sentence)
        of_nodes = None if classes is None else rj.read_classes(classes)
        labels = None
        if of_nodes is not None:
            labels = [_class_of(name, of_nodes, classes) for name in connectome.names]
        places = None if coordinates is None else rj.read_coordinates(coordinates, connectome.names)
        trained = _to_train(connectome, sample, of_nodes, random_seed) if train else None
        out.mkdir(parents=True, exist_ok=True)
        if json is not None:
            json.parent.mkdir(parents=True, exist_ok=True)
        drawn = affordable_draws(connectome.sparse.nnz, draws)
        cost = inspection_cost(connectome, draws)
        climb = ladder_seconds(connectome.sparse.nnz, drawn)
        cost = cost._replace(seconds=cost.seconds + climb)
        if cost.seconds > TOLD_SECONDS:
            console.say(f"{len(connectome.names):,} nodes take {cost}, on one core.")
        # It takes a second, which another core has while matrices are decomposed.
        threading.Thread(target=import_module, args=("matplotlib.figure",), daemon=True).start()
        with work_shown(console) as told:
            found = inspect_connectome(connectome, draws, random_seed, memory=memory, told=told)
            rungs = ladder(
                connectome.sparse,
                drawn,
                random_seed,
                classes=labels,
                coordinates=places,
                on_draw=lambda done, of: told("random matrices of each null", done, of),
            )
            found_of_trained = found
            if trained is not None and trained is not connectome:
                found_of_trained = inspect_connectome(trained, draws, random_seed, told=told)
        training = None
        if trained is not None:
            # It imports what training needs, for which nobody else should wait.
            from ._inspect_training import grids_to_train

            settings = {"seeds": seeds, "iterations": iterations, "random_seed": random_seed}
            chosen = {"input_nodes": input_nodes, "output_nodes": output_nodes}
            training = grids_to_train(trained, out, classes, chosen, {"keep": keep, **settings})

    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..inspection.draw import draw

    text = markdown(found, rungs)
    write_text(out / "inspect.md", _account(said) + text)
    write_figure(out / "inspect.png", draw(found, rungs))
    if json is not None:
        write_text(
            json,
            json_format.dumps(_plain(found) | {"ladder": _plain(rungs), "said": said}, indent=1),
        )
    console.print(Markdown(text))
    if training is not None:
        from ._inspect_training import train_and_say

        of_training = train_and_say(training, found_of_trained, out, console)
        write_text(out / "inspect.md", _account(said) + text + "\n" + of_training)
    console.print(f"Table: {out / 'inspect.md'}\nFigure: {out / 'inspect.png'}")
    if training is None:
        console.print("Next: the same command with --train trains networks that start from it")
    else:
        tell_next(out / "training", console)


def _to_train(
    connectome: rj.Connectome,
    sample: int | None,
    classes: Mapping[str, str] | None,
    random_seed: int,
) -> rj.Connectome:
    """What networks start from: all of the connectome, or some of its nodes."""
    if sample is not None:
        key = jax.random.key(random_seed)
        return rj.subsampled_connectome(key, connectome, sample, classes)
    nodes = len(connectome.names)
    if nodes > LARGEST_TRAINED:
        raise ValueError(
            f"--train is for up to {LARGEST_TRAINED:,} nodes, and {connectome.source} has "
            f"{nodes:,}; allowed is --sample 300, which trains from so many of them."
        )
    return connectome


def _class_of(name: str, classes: Mapping[str, str], path: Path | None) -> str:
    if name not in classes:
        raise ValueError(
            f"--classes is {path}, which lacks {name!r}; allowed is each node's class."
        )
    return classes[name]


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
