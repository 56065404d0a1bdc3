"""The experiments that commands know, by which specifications are read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..engine import Experiment, Grid, SpecError, as_yaml, read_spec, spec_grids
from ..kinds.forecast import ForecastSetting
from ..kinds.gru import GruForecastSetting
from ..kinds.image_mlp import ImageSetting
from ..kinds.linear import LinearSetting
from ..kinds.map_cell import MapCell
from ..kinds.recurrent import Setting
from ..kinds.students import LinearStudents, Students

# The usual one first.
EXPERIMENTS: tuple[type[Experiment], ...] = (
    Setting,
    LinearSetting,
    ImageSetting,
    Students,
    LinearStudents,
    MapCell,
    ForecastSetting,
    GruForecastSetting,
)


def read_grids(path: Path) -> tuple[Grid, ...]:
    """The grids of a specification in a file.

    Raises:
        SpecError: it has faults.
        OSError: it cannot be read.
    """
    return read_spec(path, EXPERIMENTS)


def grids_of(fields: Sequence[Mapping[str, Any]], folder: Path | None = None) -> tuple[Grid, ...]:
    """The grids of what a command was asked for, each a mapping as a specification has it.

    Raises:
        ValueError: it has faults, each told without a place, as there is no file.
    """
    text = as_yaml([dict(each) for each in fields])
    try:
        return spec_grids(text, EXPERIMENTS, folder=folder)
    except SpecError as error:
        raise ValueError("\n".join(dict.fromkeys(f.message for f in error.faults))) from error
