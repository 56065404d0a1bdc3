"""The commands and their names."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import typer

from ._machine import machine_options
from ._stops import stoppable

# In the order in which help names them, each with its module and its function there. Modules are
# imported when their command is made: together they take seconds, and one command waits for no
# other.
COMMANDS = {
    "verify": ("_verify", "verify_command"),
    "control": ("_control", "control_command"),
    "fig1": ("_fig1", "fig1_command"),
    "fig2": ("_fig2", "structured_command"),
    "fig3": ("_fig3", "fig3_command"),
    "fig4": ("_fig4", "fig4_command"),
    "fig5": ("_fig2", "structured_command"),
    "fig6": ("_fig2", "structured_command"),
    "inspect": ("_inspect", "inspect_command"),
    "map": ("_map", "map_command"),
    "measure": ("_measure", "measure_command"),
    "predict": ("_predict", "predict_command"),
    "compare": ("_compare", "compare_command"),
    "report": ("_report", "report_command"),
    "sweep": ("_sweep", "sweep_command"),
}


def app_of(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The program with some of its commands."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        help="Does a network start rich or lazy? Theory beside trained networks.",
    )
    app.callback()(machine_options)
    for name in names:
        place, function = COMMANDS[name]
        module = import_module(f".{place}", __package__)
        how = _structured(module, name) if place == "_fig2" else {}
        app.command(name, **how)(stoppable(getattr(module, function)))
    return app


def app_for(arguments: Iterable[str]) -> typer.Typer:
    """The program with the command that these arguments begin with, or with all if with none."""
    # Before it stand options of the machine alone, whose values are no names of commands.
    first = next((each for each in arguments if each in COMMANDS or each == "--help"), "--help")
    return app_of() if first == "--help" else app_of([first])


def _structured(module: Any, figure: str) -> dict[str, Any]:
    # One command under three names, each with a task for its default.
    settings = {"default_map": {"task": module.FIGURES[figure]}}
    return {"help": module.help_of(figure), "context_settings": settings}
