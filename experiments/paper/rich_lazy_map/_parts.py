"""The three parts of the map, each a grid of cells."""

from typing import Any

import numpy as np

from ...engine import Grid, grid
from ...kinds.map_cell import MapCell

# Four scales to a decade, from where the small-scale formula holds to where it does not.
SIGMAS = tuple(float(f"{s:.3g}") for s in np.geomspace(1e-3, 10**0.5, 15))


def map_parts(quick: bool = False, **common: Any) -> dict[str, Grid]:
    """Three cuts through the space of rank, scale, readout and alignment with the task.

    "scale" is every rank with every sigma, without a readout and with a small one, over tasks of
    any direction; "readout" is every readout norm with some ranks and scales; "alignment" is every
    alignment with the task, with some ranks, scales and readout norms.

    Args:
        quick: fewer places on each axis, for a first look.
        common: fields of `MapCell` that are the same in all cells, such as `seeds`.

    Raises:
        ValueError: a field is not as `MapCell` allows.
    """
    ranks = (1, 5, 20) if quick else (1, 2, 3, 5, 8, 12, 20)
    some = (1, 5, 20) if quick else (1, 3, 8, 20)
    readouts = (0.0, 0.2, 0.5, 1.0) if quick else (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0)
    cut = {"sigma": (0.01, 1.0), **common}
    return {
        "scale": grid(
            MapCell,
            rank=ranks,
            sigma=SIGMAS[::2] if quick else SIGMAS,
            readout=(0.0, 0.01),
            **common,
        ),
        "readout": grid(MapCell, rank=some, readout=readouts, **cut),
        "alignment": grid(
            MapCell,
            # All of every task is in the row space of a start of full rank.
            rank=some[:-1],
            readout=(0.0, 1.0),
            alignment=(0.0, 0.5, 1.0) if quick else (0.0, 0.25, 0.5, 0.75, 1.0),
            **cut,
        ),
    }
