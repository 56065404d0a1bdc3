"""Forecast, rivals and outcome of each network of a study."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from ..engine import study_datasets
from ..kinds.forecast import NOT_FALLEN, refusals
from ..kinds.gru import GruForecastSetting

# Above this share of its first loss, training has not learned.
TRAINED = 0.5


class Network(NamedTuple):
    """One network.

    - `population`: its units, task and kind; `start`: of its recurrent weights.
    - `outcome`: its kernel alignment after training; `forecast`: as foretold.
    - `rivals`: other numbers that might foretell it, by name.
    - `out`: why it does not count; empty where it does.
    """

    population: str
    start: str
    outcome: float
    forecast: float
    rivals: Mapping[str, float]
    out: str


def networks_of(study: Path | str) -> list[Network]:
    """All networks of a study's finished cells.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study of forecasts.
    """
    found = []
    for dataset in study_datasets(study):
        if "forecast" not in dataset:
            raise ValueError(f"{study} has cells without a forecast; allowed are studies of them.")
        refused = refusals(dataset)
        for start in range(dataset.sizes["start"]):
            for seed in range(dataset.sizes["seed"]):
                found.append(_network(dataset, start, seed, str(refused[start, seed])))
    return found


def _network(dataset: xr.Dataset, start: int, seed: int, refused: str) -> Network:
    def value(name: str, **at: Any) -> float:
        return float(dataset[name].isel(start=start, seed=seed).sel(**at))

    said = dataset.attrs
    out = ""
    if bool(value("diverged")):
        out = "diverged"
    elif not math.isfinite(value("kernel_alignment")) or not math.isfinite(value("forecast")):
        out = "not finite"
    elif refused == NOT_FALLEN:
        out = refused
    elif not value("loss") < TRAINED * value("first_loss"):
        out = "not trained"
    else:
        out = refused
    rivals = {
        f"{update} updates": value("kernel_alignment_through", update=update)
        for update in dataset["update"].values.tolist()
    }
    rivals["one step"] = value("one_step")
    for name in ("stable_rank", "participation_ratio", "error_alignment"):
        rivals[name.replace("_", " ")] = value(name)
    return Network(
        f"{said['n_hidden']} units, {said['task']}, {_kind(said)}",
        str(dataset["start"].values[start]),
        value("kernel_alignment"),
        value("forecast"),
        rivals,
        out,
    )


def _kind(said: Mapping[str, Any]) -> str:
    """What its units are."""
    if said["experiment"] == GruForecastSetting.KIND:
        return "GRU"
    leak = f", leak {said['leak']:g} as {said['leak_form']}" if said["leak"] else ""
    return f"{said['activation']}{leak}"
