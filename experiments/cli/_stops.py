"""How a command ends before its time, in the words of all commands."""

import contextlib
import errno
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import ParamSpec, TypeVar

import typer
from rich.console import Console

from .._signals import exit_code, raised, stopped, tell_stopped
from ._said import plain

# What no other argument would mend: a full disk, and the like.
_NAMES = ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EMFILE", "ENFILE", "ENOMEM", "EPIPE", "ESTALE")
_OF_THE_MACHINE = {getattr(errno, name) for name in _NAMES if hasattr(errno, name)}
P = ParamSpec("P")
T = TypeVar("T")


@contextlib.contextmanager
def usage_errors() -> Iterator[None]:
    """Faults of what was asked for, shown by typer as usage errors with exit code 2."""
    try:
        yield
    except (ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            raise
        raise typer.BadParameter(plain(str(error))) from error


@contextlib.contextmanager
def kept_when_interrupted(console: Console) -> Iterator[None]:
    """Work that is kept piece by piece, so that after an interrupt the same command goes on."""
    try:
        yield
    except KeyboardInterrupt as error:
        tell_stopped()
        raise typer.Exit(exit_code(error)) from None


def stoppable(command: Callable[P, T]) -> Callable[P, T]:
    """A command that signals end in good order, wherever they come."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            _require_sensible(kwargs)
            with raised():
                return command(*args, **kwargs)
        except KeyboardInterrupt as error:
            tell_stopped()
            raise typer.Exit(exit_code(error)) from None
        except Exception as error:
            # Else what a library made of a signal that came while it ran.
            if not stopped():
                _tell_fault(error)
                raise
        raise typer.Exit(exit_code())

    return run


def _require_sensible(options: Mapping[str, object]) -> None:
    """Refuse whole numbers that JAX cannot hold, whatever they count."""
    for name, value in options.items():
        most = 2**32 - 1 if name == "random_seed" else 2**31 - 1
        if isinstance(value, int) and not -(2**31) <= value <= most:
            shown = f"--{name.replace('_', '-')} is {value}"
            raise typer.BadParameter(f"{shown}; allowed are numbers from {-(2**31)} to {most}.")


def _tell_fault(error: Exception) -> None:
    """Say what the system refused, and nothing of other errors.

    Raises:
        typer.Exit: it was said.
    """
    # Who no longer reads what is printed, typer answers.
    unread = isinstance(error, BrokenPipeError) and error.filename is None
    if isinstance(error, OSError) and not unread:
        with contextlib.suppress(OSError):
            typer.echo(plain(f"Could not go on: {error}"), err=True)
        raise typer.Exit(1) from None
