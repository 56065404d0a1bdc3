"""The finished cells of a variant, as one dataset of starts and seeds."""

import numpy as np
import xarray as xr

from ..recurrent import LowRank, Null, Setting


def stacked_starts(found: dict[str, tuple[Setting, xr.Dataset]]) -> xr.Dataset:
    """Datasets of one start each, side by side in the order of `rank`.

    The coordinate `rank` is that of the start, with N for the null. Where a start has a chosen
    spectrum instead of a rank, it is the mean participation ratio over seeds, of the null as well;
    the attribute `rank_name` says which.

    Args:
        found: setting and dataset of each start by its label.
    """
    settings = [setting for setting, _ in found.values()]
    smooth = any(not isinstance(s.starts[0], LowRank | Null) for s in settings)
    ranks = {}
    for label, (setting, dataset) in found.items():
        start = setting.starts[0]
        if smooth:
            ratio = dataset["participation_ratio"]
            # The start is the first of several updates.
            ratio = ratio.isel(update=0) if "update" in ratio.dims else ratio
            ranks[label] = float(ratio.mean())
        else:
            ranks[label] = float(start.rank if isinstance(start, LowRank) else setting.n_hidden)
    labels = sorted(found, key=lambda label: ranks[label])
    parts = [found[label][1].drop_vars(["start", "rank"], errors="ignore") for label in labels]
    shared = set.intersection(*(set(part.data_vars) for part in parts))
    whole = xr.concat([part[sorted(map(str, shared))] for part in parts], "start", join="exact")
    whole = whole.assign_coords(
        start=("start", labels), rank=("start", np.array([ranks[label] for label in labels]))
    )
    name = "participation ratio of the start" if smooth else "rank of the start"
    return whole.assign_attrs(settings[0].record() | {"rank_name": name})
