"""`richlazy predict`."""

import json as json_format
import shlex
from pathlib import Path
from typing import Annotated

import typer

import richlazy_jax as rj

from .._whole import write_text
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
from ._said import PlainConsole
from ._stops import usage_errors


def predict_command(
    start: Annotated[
        Path, typer.Argument(metavar="START", help=f"The weights at the start: {ENDS}.")
    ],
    inputs: Annotated[Path, INPUTS],
    targets: Annotated[
        Path, typer.Option(help="What outputs should become as .npy: classes, or numbers.")
    ],
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Of gradient descent; leave it and --updates out for other optimizers."),
    ] = None,
    updates: Annotated[int | None, typer.Option(help="How many updates there will be.")] = None,
    momentum: Annotated[float, typer.Option(help="Of gradient descent.")] = 0.0,
    map: Annotated[list[str] | None, MAP] = None,
    activation: Annotated[str | None, ACTIVATION] = None,
    leak: Annotated[float | None, LEAK] = None,
    leak_form: Annotated[str | None, LEAK_FORM] = None,
    steps: Annotated[str, STEPS] = "all",
    balanced: Annotated[bool, BALANCED] = False,
    wrt: Annotated[list[str] | None, WRT] = None,
    json: Annotated[Path | None, typer.Option(help="Write all numbers to this file.")] = None,
    html: Annotated[Path | None, HTML] = None,
) -> None:
    """Will a network learn richly or lazily? An estimate before it is trained.

    A short descent on the trials given stands in for training. How good it is, and where it fails,
    is in docs/predictions.md. Networks are read as by `richlazy measure`.
    """
    console = PlainConsole()
    with usage_errors():
        network = rj.trained_network(
            rj.read_state(start),
            names=names_of(map or ()),
            activation=activation,
            leak=leak,
            leak_form=leak_form,
        )
        x, wanted = inputs_of(inputs), array_of("--targets", targets)
        for path in (json, html):
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
        forecast = rj.fast_forward(
            network.apply,
            network.params,
            x,
            wanted,
            learning_rate=learning_rate,
            updates=updates,
            momentum=momentum,
            outputs=steps if steps in ("all", "last") else whole_numbers("--steps", steps),
            weights="balanced" if balanced else None,
            wrt=wrt or None,
        )
    for said in network.said:
        console.print(said)
    console.print(str(forecast))
    if json is not None:
        text = json_format.dumps(forecast.to_dict(), indent=1, allow_nan=False)
        write_text(json, text + "\n")
        console.print(f"Numbers: {json}")
    if html is not None:
        write_page(html, str(start), "Will it learn richly or lazily?", forecast, network.said)
        console.print(f"Page: {html}")
    then = shlex.join(["richlazy", "measure", str(start), "AFTER", "--inputs", str(inputs)])
    console.print(f"Next: once the trained weights are in AFTER, {then}")
