"""What the commands of recurrent networks share: each piece of work done once, kept, and shown."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import xarray as xr
from rich.console import Console

from richlazy_jax import Progress

from ..recurrent import Setting, load, run_task, save, setting_differences
from ._progress import progress_bar
from ._stops import kept_when_interrupted


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


def use_all_cores() -> None:
    """As many CPU devices as cores, each with runs of its own; other platforms are as they are."""
    if "device_count" in os.environ.get("XLA_FLAGS", ""):
        return
    # An older JAX, or one that was used in this process before, refuses: one device serves as well.
    with contextlib.suppress(AttributeError, RuntimeError):
        jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)


def require_batch_runs(batch_runs: int | None) -> None:
    """Refuse what cannot be a number of runs."""
    if batch_runs is not None and batch_runs < 1:
        raise ValueError(f"--batch-runs is {batch_runs}; allowed are numbers from 1.")


def _run(setting: Setting, batch_runs: int | None, console: Console) -> xr.Dataset:
    with progress_bar(console) as bars:
        bar = bars.add_task(setting.task, total=setting.iterations)

        def moved(progress: Progress) -> None:
            lost = int(progress.diverged.sum())
            going = ~progress.diverged
            text = setting.task
            if going.any():
                loss, right = (
                    values[going].mean()
                    for values in (progress.losses, progress.metrics["accuracy"])
                )
                text += f" loss {loss:.4f} accuracy {right:.2f}"
            text += f", {lost} diverged" if lost else ""
            bars.update(bar, completed=progress.step, description=text)

        return run_task(setting, batch_runs=batch_runs, on_piece=moved)
