"""What a measure is called on an axis."""

import xarray as xr

from ..recurrent import LABELS

# At an update these are of the weights there, elsewhere of the start.
THROUGH = {
    "participation_ratio": "participation ratio of the weights",
    "stable_rank": "stable rank of the weights",
    "norm": "Frobenius norm of the weights",
    "loss": "loss on held trials (nats)",
}


def measure_label(dataset: xr.Dataset, measure: str) -> str:
    """A measure in the words of its dataset, or else in ours.

    Args:
        dataset: with the variable `measure`, whose attribute `long_name` is taken where there is
            one.
        measure: its name.
    """
    variable = dataset[measure]
    usual = {**LABELS, **(THROUGH if "update" in variable.dims else {})}
    label = usual.get(measure, measure.replace("_", " "))
    return str(variable.attrs.get("long_name", label))
