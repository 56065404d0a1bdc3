"""What the commands of recurrent networks share: each piece of work done once, kept, and shown."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr
from rich.console import Console

from ..recurrent import Setting, load, run_task, save, setting_differences
from ._progress import training_shown
from ._stops import kept_when_interrupted

PRECISION_HELP = "Of matrix products in training: highest, or default, which GPUs round."


def finished(record: Mapping[str, Any], path: Path) -> xr.Dataset | None:
    """The dataset of the setting of this record, where its file is there.

    Raises:
        ValueError: the file is of another setting.
    """
    if not path.exists():
        return None
    dataset = load(path)
    different = setting_differences(dataset, record)
    if different:
        raise ValueError(
            f"{path} is of another setting ({different}); allowed is another --out, or this one "
            "without that file."
        )
    return dataset


def run_missing(
    settings: Mapping[Path, Setting],
    found: Mapping[Path, xr.Dataset | None],
    batch_runs: int | None,
    console: Console,
) -> list[xr.Dataset]:
    """Run what is not found, keep each dataset as soon as it is finished, and give all.

    Raises:
        typer.Exit: it was interrupted.
    """
    datasets = []
    with kept_when_interrupted(console):
        for path, setting in settings.items():
            dataset = found[path]
            if dataset is None:
                dataset = _run(setting, batch_runs, console)
                save(dataset, path)
                console.print(f"{setting.task}: {path}")
            else:
                console.print(f"{setting.task}: found in {path}")
            datasets.append(dataset)
    return datasets


def require_batch_runs(batch_runs: int | None) -> None:
    """Refuse what cannot be a number of runs."""
    if batch_runs is not None and batch_runs < 1:
        raise ValueError(f"--batch-runs is {batch_runs}; allowed are numbers from 1.")


def _run(setting: Setting, batch_runs: int | None, console: Console) -> xr.Dataset:
    with training_shown(console) as shown:
        moved = functools.partial(shown.moved, setting.task)
        return run_task(setting, batch_runs=batch_runs, on_piece=moved)
