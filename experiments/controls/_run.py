"""What is finished of a control, as datasets."""

from collections.abc import Mapping
from pathlib import Path

import xarray as xr

from ..engine import Grid, cells, finished
from ._catalogue import THROUGH
from ._collect import variant_dataset

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
