"""`richlazy measure`."""

import json as json_format
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

import richlazy_jax as rj

from .._whole import write_figure, write_text
from ._options import whole_numbers
from ._own_network import (
    ACTIVATION,
    BALANCED,
    ENDS,
    HTML,
    INPUTS,
    LEAK,
    LEAK_FORM,
    MAP,
    STEPS,
    WRT,
    array_of,
    inputs_of,
    names_of,
    write_page,
)
from ._said import PlainConsole, plain
from ._stops import usage_errors


def measure_command(
    before: Annotated[
        Path, typer.Argument(metavar="BEFORE", help=f"The weights before training: {ENDS}.")
    ],
    after: Annotated[
        list[Path],
        typer.Argument(
            metavar="AFTER",
            help="Those after it; several are checkpoints on the way, in order.",
        ),
    ],
    inputs: Annotated[Path, INPUTS],
    targets: Annotated[
        Path | None,
        typer.Option(help="What the outputs should have been as .npy: classes, or numbers."),
    ] = None,
    outputs: Annotated[
        Path | None,
        typer.Option(
            help="The trained network's own outputs for these inputs as .npy, which prove that it "
            "is this network."
        ),
    ] = None,
    map: Annotated[list[str] | None, MAP] = None,
    activation: Annotated[str | None, ACTIVATION] = None,
    leak: Annotated[float | None, LEAK] = None,
    leak_form: Annotated[str | None, LEAK_FORM] = None,
    steps: Annotated[str, STEPS] = "all",
    balanced: Annotated[bool, BALANCED] = False,
    wrt: Annotated[list[str] | None, WRT] = None,
    json: Annotated[Path | None, typer.Option(help="Write all measures to this file.")] = None,
    html: Annotated[Path | None, HTML] = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw the measures through checkpoints to this .png, .pdf or .svg."),
    ] = None,
) -> None:
    """Was a trained network rich or lazy, and did its kernel turn towards the task?

    Reads recurrent networks (vanilla, GRU, LSTM) and fully connected ones of PyTorch, Keras, Flax
    and Haiku, and leaky ones of the NeuroGym tutorials and of PsychRNN, by the names of their
    arrays, and any other vanilla one by --map.
    """
    console = PlainConsole()
    with usage_errors():
        names = names_of(map or ())
        stated = {"activation": activation, "leak": leak, "leak_form": leak_form}
        networks = [
            rj.trained_network(rj.read_state(path), names=names, **stated)
            for path in (before, *after)
        ]
        given = {
            "targets": None if targets is None else array_of("--targets", targets),
            "outputs": steps if steps in ("all", "last") else whole_numbers("--steps", steps),
            "weights": "balanced" if balanced else None,
            "wrt": wrt or None,
        }
        known = None if outputs is None else array_of("--outputs", outputs)
        x = inputs_of(inputs)
        if figure is not None and len(after) < 2:
            raise ValueError("--figure is for several checkpoints; allowed are two or more.")
        for path in (json, figure, html):
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
        first, found = networks[0], {}
        for path, network in zip(after, networks[1:], strict=True):
            # The outputs are those of the network at its end.
            last = path == after[-1]
            found[str(path)] = rj.laziness(
                network.apply,
                first.params,
                network.params,
                x,
                activity=network.activity,
                known_outputs=known if last else None,
                **given,
            )
    measured = found[str(after[-1])]
    for said in networks[-1].said:
        console.print(said)
    if len(found) > 1:
        console.print(_through(found))
    console.print(str(measured))
    if json is not None:
        kept = {path: each.to_dict() for path, each in found.items()}
        write_text(json, json_format.dumps(kept, indent=1, allow_nan=False) + "\n")
        console.print(f"Measures: {json}")
    if figure is not None:
        # matplotlib takes a second to import, which `richlazy --help` need not wait for.
        from ..plot import through_checkpoints

        write_figure(figure, through_checkpoints(found))
        console.print(f"Figure: {figure}")
    if html is not None:
        from ..plot import through_checkpoints

        draw = {"Kernel alignment by checkpoint": lambda: through_checkpoints(found)}
        write_page(
            html,
            str(after[-1]),
            f"Was it rich or lazy? Its start is {before}.",
            measured,
            networks[-1].said,
            draw if len(found) > 1 else {},
        )
        console.print(f"Page: {html}")
    else:
        console.print("Next: the same command with --html PAGE.html makes a page of it")


def _through(found: Mapping[str, rj.Laziness]) -> Table:
    table = Table()
    named: list[tuple[str, Any]] = [
        ("kernel alignment", lambda of: of.kernel_alignment.alignment),
        ("target alignment", lambda of: of.target_alignment and of.target_alignment.after),
        ("loss", lambda of: of.loss and of.loss.after),
    ]
    table.add_column("checkpoint", overflow="fold")
    for name, _ in named:
        table.add_column(name, justify="right")
    for path, of in found.items():
        values = (get(of) for _, get in named)
        table.add_row(
            Text(plain(Path(path).name)), *("" if v is None else f"{float(v):.4g}" for v in values)
        )
    return table
