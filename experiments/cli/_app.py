"""The commands and their names."""

import os
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import typer

from ._help import Command
from ._machine import machine_options
from ._stops import stoppable

# In the order in which help names them, each with its module, its function there and what help
# says of it. Modules are imported when their command is made: together they take seconds, and one
# command waits for no other, and the list of all waits for none.
COMMANDS = {
    "verify": (
        "_verify",
        "verify_command",
        "Train networks and set their kernels beside what each theorem predicts.",
    ),
    "control": (
        "_control",
        "control_command",
        "Does higher rank still learn more lazily when one thing is changed?",
    ),
    "fig1": (
        "_fig1",
        "fig1_command",
        "Figure 1: the rank of the start against how lazily recurrent networks learned.",
    ),
    "fig2": (
        "_fig2",
        "structured_command",
        "Figure 2: structured starts against Gaussian nulls on 2AF.",
    ),
    "fig3": (
        "_fig3",
        "fig3_command",
        "Figure 3: low-rank starts that are aligned with their task learn lazily.",
    ),
    "fig4": (
        "_fig4",
        "fig4_command",
        "Figure 4: rank against kernel alignment, linear networks and a ReLU network on images.",
    ),
    "fig5": (
        "_fig2",
        "structured_command",
        "Figure 5: structured starts against Gaussian nulls on DMS.",
    ),
    "fig6": (
        "_fig2",
        "structured_command",
        "Figure 6: structured starts against Gaussian nulls on CXT.",
    ),
    "inspect": (
        "_inspect",
        "inspect_command",
        "Is a connectome rich or lazy? Its spectrum, signs and motifs, and what theory predicts.",
    ),
    "map": (
        "_map",
        "map_command",
        "Rich or lazy over rank, scale, readout and alignment, and where a formula may be trusted.",
    ),
    "atlas": (
        "_atlas",
        "atlas_command",
        "Over a hundred starts on three tasks, from lazy to rich, beside what might explain it.",
    ),
    "measure": (
        "_measure",
        "measure_command",
        "Was a trained network rich or lazy, and did its kernel turn towards the task?",
    ),
    "predict": (
        "_predict",
        "predict_command",
        "Will a network learn richly or lazily? An estimate before it is trained.",
    ),
    "compare": (
        "_compare",
        "compare_command",
        "Two studies side by side, cell by cell: means over seeds, and what differs.",
    ),
    "report": (
        "_report",
        "report_command",
        "A study as one HTML page: verdicts, figures, a table of all cells, and what is missing.",
    ),
    "sweep": (
        "_sweep",
        "sweep_command",
        "A grid of experiments, kept cell by cell. The same command runs what is missing.",
    ),
}


def app_of(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The program with some of its commands."""
    app = _program()
    for name in names:
        place, function, line = COMMANDS[name]
        module = import_module(f".{place}", __package__)
        how = _structured(module, name) if place == "_fig2" else {}
        app.command(name, cls=Command, short_help=line, **how)(stoppable(getattr(module, function)))
    return app


def outline() -> typer.Typer:
    """The program with the names of all commands, and none that runs."""
    app = _program()
    for name, (_, _, line) in COMMANDS.items():
        app.command(name, help=line, short_help=line)(_not_loaded)
    return app


def app_for(arguments: Iterable[str]) -> typer.Typer:
    """The program with the command that these arguments begin with, or the outline if with none."""
    # Before it stand options of the machine alone, whose values are no names of commands.
    first = next((each for each in arguments if each in COMMANDS or each == "--help"), "--help")
    return outline() if first == "--help" else app_of([first])


def completed_words() -> list[str]:
    """The words of the command line that a shell wants completed; none where it wants nothing."""
    # What typer's scripts of shells set: bash in one way, zsh, fish and PowerShell in another.
    line = os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")
    return line.split()[1:]


def _program() -> typer.Typer:
    app = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Does a network start rich or lazy? Theory beside trained networks.",
    )
    app.callback()(machine_options)
    return app


def _not_loaded() -> None:
    raise AssertionError("a command of the outline was run")


def _structured(module: Any, figure: str) -> dict[str, Any]:
    # One command under three names, each with a task for its default.
    settings = {"default_map": {"task": module.FIGURES[figure]}}
    return {"help": module.help_of(figure), "context_settings": settings}
