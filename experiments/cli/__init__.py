"""The `richlazy` command: one module for each of its commands."""

import typer

from ._fig1 import fig1_command
from ._verify import verify_command

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Does a network start rich or lazy? Theory beside trained networks.",
)
app.command("verify")(verify_command)
app.command("fig1")(fig1_command)


def main() -> None:
    """What the console command calls."""
    app()
