"""The spectra of a connectome beside random ones."""

import xarray as xr
from matplotlib.figure import Figure

from ..plot import SPECTRA, spectra
from ._inspect import Inspection

RANDOM = ("Gaussian", "shuffled")


def draw(found: Inspection) -> Figure:
    """Eigenvalue magnitudes and singular values over their largest, against index over N."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    dataset, named = _dataset(found)
    for axes, of in zip(figure.subplots(1, 2), SPECTRA, strict=True):
        nulls = [named[name] for name in RANDOM]
        spectra(dataset, axes, of=of, nulls=nulls, legend=of == "singular_value")
    figure.suptitle(f"Predicted to learn {found.prediction} a Gaussian start", fontsize=11)
    return figure


def _dataset(found: Inspection) -> tuple[xr.Dataset, dict[str, str]]:
    """The matrices as starts of one seed, named with their participation ratios, and the names."""
    ratios = {name: found.ranks[name]["participation_ratio"] for name in RANDOM}
    numbers = {name: ratio.mean for name, ratio in ratios.items()}
    numbers["measured"] = ratios["Gaussian"].value
    named = {name: f"{name}, participation ratio {number:.0f}" for name, number in numbers.items()}
    dims = ("start", "seed", "index")
    stacked = {of: (dims, [[found.spectra[name][of]] for name in named]) for of in SPECTRA}
    return xr.Dataset(stacked, coords={"start": list(named.values())}), named
