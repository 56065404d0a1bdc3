"""The finished cells of a variant, as one dataset of starts and seeds."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ..engine import Experiment, starts_side_by_side
from ..recurrent import LowRank, Null, Setting


def variant_dataset(found: Sequence[tuple[Experiment, xr.Dataset]]) -> xr.Dataset | None:
    """The starts of a variant side by side in the order of `rank`; None for fewer than two.

    The coordinate `rank` is that of the start, with N for the null. Where a start has a chosen
    spectrum instead of a rank, it is the mean participation ratio over seeds, of the null as well;
    the attribute `rank_name` says which.

    Args:
        found: finished cells that differ in their start alone.
    """
    if len(found) < 2:
        return None
    (whole,) = starts_side_by_side(found)
    starts = [start for of, _ in found if isinstance(of, Setting) for start in of.starts]
    smooth = any(not isinstance(start, LowRank | Null) for start in starts)
    if smooth:
        ranks = whole["participation_ratio"].mean("seed").values
        whole = whole.assign_coords(rank=("start", ranks))
    name = "participation ratio of the start" if smooth else "rank of the start"
    order = np.argsort(whole["rank"].values, kind="stable")
    return whole.isel(start=order).assign_attrs(rank_name=name)
