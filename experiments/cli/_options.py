"""Options that commands share, made of the fields that they set, and how they are read."""

from collections.abc import Sequence
from typing import Any

import typer

from ..engine import Experiment, fields_of
from ..kinds.recurrent import Setting

# Trials of an update, and images of the test set for the kernel and for the representation, where
# a command learns images.
BATCH, HELD = 200, 200
# Names that all commands share, where they are others than those of the fields.
_NAMES = {"n_hidden": ("--size", "--hidden")}


def option(
    field: str, of: type[Experiment] = Setting, before: str = "", panel: str | None = None
) -> Any:
    """The option that sets a field of an experiment.

    Args:
        field: its name.
        of: the experiment.
        before: what its help begins with, such as the panel that it is for.
        panel: the box of the help that it stands in; None stands for that of most options.
    """
    names = _NAMES.get(field, (f"--{field.replace('_', '-')}",))
    return typer.Option(*names, help=f"{before}{fields_of(of)[field].help}", rich_help_panel=panel)


OUT_HELP = "Folder of the study, with its table and figure."
WORKERS = typer.Option("--workers", help="Run cells on so many processes of this machine, by dask.")
BATCH_RUNS = typer.Option(
    "--batch-runs", help="Networks a device trains side by side; bounds memory."
)
IMAGES_HELP = "mnist-5k, digits, openml, or a folder of IDX files; auto takes what is installed"


def whole_numbers(option: str, text: str) -> tuple[int, ...]:
    """Whole numbers with commas between.

    Raises:
        ValueError: there is something else.
    """
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"{option} is {text!r}; allowed are whole numbers with commas between."
        ) from None


def measure_at_option(before: str = "") -> Any:
    """The option that names updates on the way, with what its help begins with."""
    return typer.Option(
        "--measure-at",
        help=f"{before}Updates on the way at which to measure as well, with commas between, so "
        "that slow starts are compared at equal loss.",
    )


def measured_at(text: str | None) -> dict[str, tuple[int, ...]]:
    """The field that `--measure-at` sets; none where it is not given.

    Raises:
        ValueError: there is something else than whole numbers.
    """
    return {} if text is None else {"measure_at": whole_numbers("--measure-at", text)}


def chosen_panels(asked: Sequence[str] | None, allowed: Sequence[str]) -> list[str]:
    """The panels asked for, all where none is.

    Raises:
        ValueError: there is no such panel.
    """
    for panel in asked or ():
        if panel not in allowed:
            raise ValueError(f"--panel is {panel!r}; allowed are {' and '.join(allowed)}.")
    return list(asked or allowed)


def require_networks(networks: int, option: str = "--networks") -> None:
    """Refuse a number of networks that has no standard error."""
    if networks < 2:
        raise ValueError(f"{option} is {networks}; allowed are whole numbers from 2.")
