"""The connectomes that come with the package."""

from importlib import resources

from .._checks import require_choice
from ._connectome import Connectome
from ._read import read_connectome

_SOURCES = {
    "celegans_varshney2011": (
        "Varshney et al. (2011), PLoS Comput Biol 7:e1001066, as tabulated in cect 0.3.5"
    ),
    "celegans_witvliet2021_adult8": (
        "Witvliet et al. (2021), Nature 596:257, data set 8, as tabulated in cect 0.3.5"
    ),
}
SHIPPED = tuple(_SOURCES)


def shipped_connectome(name: str) -> Connectome:
    """A connectome of C. elegans: numbers of chemical synapses between neurons, without signs.

    Muscle and glia are left out, and so are gap junctions; no neuron connects to itself. More in
    the README beside the data. Signs come from `gabaergic_signs`.

    Args:
        name: one of `SHIPPED`: "celegans_varshney2011", 279 neurons of an adult, or
            "celegans_witvliet2021_adult8", 180 neurons of an adult's brain.

    Raises:
        ValueError: there is none of this name.

    Source: L. R. Varshney et al. (2011), PLoS Comput Biol 7:e1001066; D. Witvliet et al. (2021),
    Nature 596:257.
    """
    name = require_choice("name", name, SHIPPED)
    file = resources.files("richlazy_jax.connectomes") / "data" / f"{name}.csv"
    with resources.as_file(file) as path:
        read = read_connectome(path)
    return Connectome(read.names, read.sparse, _SOURCES[name])
