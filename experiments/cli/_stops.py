"""How a command ends before its time, in the words of all commands."""

import contextlib
from collections.abc import Iterator

import typer
from rich.console import Console


@contextlib.contextmanager
def usage_errors() -> Iterator[None]:
    """Faults of what was asked for, shown by typer as usage errors with exit code 2."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from error


@contextlib.contextmanager
def kept_when_interrupted(console: Console) -> Iterator[None]:
    """Work that is kept piece by piece, so that after an interrupt the same command goes on."""
    try:
        yield
    except KeyboardInterrupt:
        console.print("Interrupted. What is finished is kept; the same command does the rest.")
        raise typer.Exit(130) from None
