"""Where each node of a connectome lies."""

import math
import os
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from .._table import column_of, read_table
from ._connectome import require_names
from ._files import require_file


def read_coordinates(
    path: str | os.PathLike[str], names: Sequence[str]
) -> Float[np.ndarray, "n axes"]:
    """Where each node is, from a CSV file with the columns `name`, `x`, `y` and `z`.

    All coordinates have one unit, such as micrometres or nanometres. Numbers of voxels are no
    coordinates where voxels are no cubes. `z` may be missing, as for a flat map.

    Args:
        path: the file. It may hold more nodes than a connectome has.
        names: the nodes, in the order of the result.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a name is there twice, a coordinate is no finite number, or a node has none. The
            message names the line or the node.
    """
    path, names = require_file(path), require_names("coordinates", "names", names)
    columns, rows = read_table(path)
    name_column = column_of(path, columns, "name", ("name",))
    flat = "z" not in (column.lower() for column in columns)
    axes = [(axis, column_of(path, columns, axis, (axis,))) for axis in "xyz"[: 2 if flat else 3]]
    places: dict[str, list[float]] = {}
    seen: dict[str, str] = {}
    for where, fields, _ in rows:
        name = fields[name_column]
        if name in places:
            raise ValueError(
                f"{where}: {name!r} is there already, in {seen[name]}; allowed is each name once."
            )
        places[name] = [_number(where, axis, fields[column]) for axis, column in axes]
        seen[name] = where
    missing = [name for name in names if name not in places]
    if missing:
        raise ValueError(
            f"{path} has no coordinates for {missing[0]!r}, and misses {len(missing)} of "
            f"{len(names)} nodes; allowed is a line for every node. Leave out nodes without one."
        )
    return np.array([places[name] for name in names], np.float64).reshape(len(names), len(axes))


def _number(where: str, axis: str, written: str) -> float:
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{where}: {axis} is {written!r}; allowed are finite numbers.")
    return value
