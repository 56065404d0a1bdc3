"""Linear cells beside the theory that was written with them."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..findings import Cell
from ..kinds.linear import ROUNDING, STANDARD_ERRORS

EXPECTED, SPREAD = "expected_kernel_alignment", "expected_kernel_alignment_sd"
AGREES = f"agrees within {STANDARD_ERRORS:g} standard errors"
DIFFERS = f"differs by more than {STANDARD_ERRORS:g} standard errors"
ROUNDED = "agrees within rounding"


class Beside(NamedTuple):
    """The mean kernel alignment of a cell's networks beside what theory expects.

    - `cell`: which.
    - `expected`, `simulated`: means over the seeds in which all numbers are finite.
    - `standard_error`: that of `simulated` if theory holds, from theory's spread over tasks.
    - `seeds`: how many.
    """

    cell: Cell
    expected: float
    simulated: float
    standard_error: float
    seeds: int

    @property
    def z(self) -> float | None:
        r"""The difference in standard errors.

        $z = \sum_s (KA_s - E_s) / \sqrt{\sum_s \sigma_s^2}$. None where theory has no spread that
        float32 would show.
        """
        if not self.standard_error >= ROUNDING / 10:
            return None
        return (self.simulated - self.expected) / self.standard_error

    @property
    def verdict(self) -> str:
        """Whether the two agree, in words."""
        if not self.seeds:
            return "no network to compare"
        off = abs(self.simulated - self.expected)
        if self.z is not None and abs(self.z) <= STANDARD_ERRORS:
            return AGREES
        return ROUNDED if off <= ROUNDING else DIFFERS

    @property
    def agrees(self) -> bool:
        """Whether the two agree."""
        return self.verdict in (AGREES, ROUNDED)


def beside_theory(cells: Sequence[Cell]) -> list[Beside]:
    """The cells that have a theory, beside it."""
    found = []
    for cell in cells:
        names = ("kernel_alignment", EXPECTED, SPREAD)
        if not all(name in cell.values for name in names):
            continue
        alignment, expected, spread = (cell.values[name] for name in names)
        kept = np.isfinite(alignment) & np.isfinite(expected) & np.isfinite(spread)
        n = int(kept.sum())
        if not n:
            nan = math.nan
            found.append(Beside(cell, nan, nan, nan, 0))
            continue
        found.append(
            Beside(
                cell,
                float(expected[kept].mean()),
                float(alignment[kept].mean()),
                float(np.sqrt((spread[kept] ** 2).sum()) / n),
                n,
            )
        )
    return found
