"""The cells of a grid."""

import collections
import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from ..linear import LinearSetting
from ..recurrent import Setting
from ._spec import CellSetting, SweepSpec, axes_of

# Each takes minutes. More are a mistake, such as a list too many, and not worth multiplying out.
MOST_CELLS = 10_000


def cell_axes(spec: SweepSpec) -> tuple[str, ...]:
    """The names of the fields that vary, in the order of `SweepSpec`."""
    return tuple(field for field in axes_of(spec) if len(getattr(spec, field)) > 1)


def cells(spec: SweepSpec) -> list[CellSetting]:
    """The whole grid, one setting with one start for each cell.

    The order is that of nested loops over the fields of `SweepSpec` as the class lists them, and
    not as a file does: `task` varies slowest, then `start`, and `random_seed` fastest. Each field's
    values come in the order of the specification, and the starts of an entry in that of its kind's
    parameters, the last fastest.

    Args:
        spec: the grid.

    Raises:
        ValueError: there are more than `MOST_CELLS` cells, two of them are the same, or one is not
            as `Setting` or `LinearSetting` allows.
    """
    axes = axes_of(spec)
    number = math.prod(len(getattr(spec, field)) for field in axes)
    if number > MOST_CELLS:
        raise ValueError(f"the grid has {number} cells; allowed are at most {MOST_CELLS}.")
    for field in axes:
        values = getattr(spec, field)
        keys = [value.start.record if field == "start" else value for value in values]
        times = collections.Counter(keys)
        for value, key in zip(values, keys, strict=True):
            if times[key] > 1:
                shown = value.label if field == "start" else value
                raise ValueError(f"{field} holds {shown!r} twice; allowed are values that differ.")
    return [setting_of(spec, cell) for cell in combinations(spec)]


def combinations(spec: SweepSpec) -> Iterator[dict[str, Any]]:
    """The values of each cell by field, in the order of `cells`."""
    axes = axes_of(spec)
    for values in itertools.product(*(getattr(spec, field) for field in axes)):
        yield dict(zip(axes, values, strict=True))


def setting_of(spec: SweepSpec, cell: Mapping[str, Any]) -> CellSetting:
    """The setting of one combination of values."""
    fields = {name: value for name, value in cell.items() if name != "start"}
    starts = (cell["start"].start,)
    if "linear" in spec.task:
        return LinearSetting(**fields, starts=starts, seeds=spec.seeds)
    return Setting(
        **fields,
        starts=starts,
        images=spec.image_set if cell["task"] == "sMNIST" else None,
        seeds=spec.seeds,
        measures=spec.measures,
    )
