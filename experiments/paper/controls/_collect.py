"""What is finished of a control, as datasets of starts and seeds."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from ...engine import Experiment, Grid, cells, finished, starts_side_by_side
from ...kinds.recurrent import LowRank, Null, Setting
from ._catalogue import THROUGH

_SUFFIX = "_through"


def control_datasets(name: str, grids: Mapping[str, Grid], study: Path) -> dict[str, xr.Dataset]:
    """What is finished of a control, by variant: dimensions start and seed, coordinate `rank`.

    Through training, each update after the first is a variant of its own; `through_dataset` has
    them as one. A variant of which fewer than two starts are finished is left out.
    """
    if name == THROUGH:
        dataset = through_dataset(grids, study)
        if dataset is None:
            return {}
        return {
            f"update {update}": dataset.sel(update=update)
            for update in dataset["update"].values.tolist()
            if update > 0
        }
    found = {v: variant_dataset(finished(study, cells([of]))) for v, of in grids.items()}
    return {variant: dataset for variant, dataset in found.items() if dataset is not None}


def through_dataset(grids: Mapping[str, Grid], study: Path) -> xr.Dataset | None:
    """The starts of training that was looked at on the way; None where fewer than two are done."""
    (of,) = grids.values()
    whole = variant_dataset(finished(study, cells([of])))
    if whole is None:
        return None
    names = [str(name) for name in whole.data_vars if str(name).endswith(_SUFFIX)]
    looked = whole[names].rename({name: name.removesuffix(_SUFFIX) for name in names})
    return looked.transpose("start", "update", "seed").assign_attrs(whole.attrs)


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
