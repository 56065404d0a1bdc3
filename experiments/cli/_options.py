"""Options of commands, made of the fields that they set, so that both say the same."""

from typing import Any

import typer

from ..engine import Experiment, fields_of
from ..recurrent import Setting

# Names that all commands share, where they are others than those of the fields.
_NAMES = {"n_hidden": ("--size", "--hidden")}


def option(field: str, of: type[Experiment] = Setting, before: str = "") -> Any:
    """The option that sets a field of an experiment.

    Args:
        field: its name.
        of: the experiment.
        before: what its help begins with, such as the panel that it is for.
    """
    names = _NAMES.get(field, (f"--{field.replace('_', '-')}",))
    return typer.Option(*names, help=f"{before}{fields_of(of)[field].help}")


OUT_HELP = "Folder of the study, with its table and figure."
WORKERS = typer.Option("--workers", help="Run cells on so many processes of this machine, by dask.")
BATCH_RUNS = typer.Option(
    "--batch-runs", help="Networks a device trains side by side; bounds memory."
)
IMAGES_HELP = "mnist-5k, digits, openml, or a folder of IDX files; auto takes what is installed"
