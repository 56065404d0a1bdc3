"""The spectra of a connectome beside random ones."""

import numpy as np
from matplotlib.figure import Figure

from ._inspect import Inspection

STYLES = {
    "Gaussian": ("#9a9a9a", "--"),
    "shuffled": ("#4c72b0", "-."),
    "measured": ("#c44e52", "-"),
}
PANELS = (("eigenvalue_magnitude", "eigenvalue magnitude"), ("singular_value", "singular value"))


def draw(found: Inspection) -> Figure:
    """Eigenvalue magnitudes and singular values over their largest, against index over N."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    index = (np.arange(found.nodes) + 1) / found.nodes
    for axes, (which, name) in zip(figure.subplots(1, 2), PANELS, strict=True):
        for label, (colour, style) in STYLES.items():
            values = found.spectra[label][which]
            # A matrix may have no eigenvalue but 0.
            scaled = values / values[0] if values[0] > 0 else values
            ratio = found.ranks["Gaussian"]["participation_ratio"]
            numbers = {
                "measured": ratio.value,
                "Gaussian": ratio.mean,
                "shuffled": found.ranks["shuffled"]["participation_ratio"].mean,
            }
            text = f"{label}, participation ratio {numbers[label]:.0f}"
            axes.plot(index, scaled, style, color=colour, lw=1.6, label=text)
        axes.set_xlabel("index / N")
        axes.set_ylabel(f"{name} / largest")
        axes.set_ylim(0, 1.03)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[1].legend(frameon=False, fontsize=8)
    figure.suptitle(f"Predicted to learn {found.prediction} a Gaussian start", fontsize=11)
    return figure
