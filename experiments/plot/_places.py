"""Where starts stand on the horizontal axis."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from ._require import names_of, ranks_of

# What a reader can still tell apart, and what has room beside each other.
MOST_TICKS, MOST_LETTERS, MOST_LEVEL = 8, 28, 34


class Places(NamedTuple):
    """Starts along the horizontal axis: at their ranks, or side by side by their names.

    - `names`: one for each start; not shown where there are ranks.
    - `ranks`: one for each start, or None.
    """

    names: Sequence[str]
    ranks: Sequence[float] | None = None

    @property
    def shown(self) -> list[str]:
        """The names as they are written, the long ones cut."""
        return [n if len(n) <= MOST_LETTERS else f"{n[: MOST_LETTERS - 1]}…" for n in self.names]

    @property
    def turned(self) -> bool:
        """Whether the names are too long to be written level."""
        lengths = [len(name) for name in self.shown]
        # Each name has the same room, into which half of it and half of the next must fit.
        pairs = [(a + b) / 2 for a, b in pairwise(lengths)]
        return self.ranks is None and len(lengths) * max(pairs, default=0) > MOST_LEVEL

    def at(self, start: int, shift: np.ndarray | float = 0.0) -> np.ndarray:
        """Where a start stands, moved aside by `shift` in steps between starts."""
        if self.ranks is None:
            return np.asarray(start + np.asarray(shift))
        return np.asarray(self.ranks[start] * np.exp(self._step() * np.asarray(shift)))

    def label(self, ax: Axes) -> None:
        """Make the horizontal axis that of the starts."""
        if self.ranks is None:
            how: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
            ax.set_xticks(range(len(self.names)), self.shown, **(how if self.turned else {}))
            ax.set_xlim(-0.6, len(self.names) - 0.4)
            ax.set_xlabel("start")
            return
        ranks = np.unique(self.ranks)
        ticks = ranks[:: math.ceil(len(ranks) / MOST_TICKS)]
        ax.set_xscale("log")
        ax.set_xticks(ticks, [f"{rank:.0f}" for rank in ticks])
        ax.minorticks_off()
        ax.set_xlabel("rank of the start")

    def _step(self) -> float:
        assert self.ranks is not None
        # Starts that are far apart need not be spread as widely.
        apart = np.diff(np.log(np.unique(self.ranks)))
        return float(min([*apart, math.log(2)]))


def places_of(dataset: xr.Dataset) -> Places:
    """The places of the starts of a dataset, by the coordinate `rank` where all have one."""
    ranks = ranks_of(dataset)
    if ranks is None:
        return Places(names_of(dataset))
    return Places([f"rank {rank:g}" for rank in ranks], ranks.tolist())
