"""Networks of one start as a box."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from ._palette import BLACK, WHITE


def runs_box(
    ax: Axes,
    at: float,
    values: np.ndarray,
    *,
    colour: str,
    hatch: str = "",
    width: float = 0.34,
    spread: float = 0.1,
) -> None:
    """A box of quartiles with whiskers of 1.5 times their range, and a dot for each network.

    Dots stand side by side in the order of seeds. What is not finite is not drawn.

    Args:
        ax: to draw into.
        at: where the box stands on the horizontal axis.
        values: those of all seeds.
        colour: of the box.
        hatch: of the box, one of matplotlib's.
        width: of the box.
        spread: how far dots stand to both sides; 0 puts them in line.
    """
    kept = values[np.isfinite(values)]
    if not len(kept):
        return
    box = ax.boxplot([kept], positions=[at], widths=width, patch_artist=True, showfliers=False)
    # White in a black rim, to be seen on every colour.
    rim = [withStroke(linewidth=3, foreground=BLACK)]
    box["boxes"][0].set(facecolor=colour, edgecolor=WHITE, hatch=hatch, lw=0.5)
    box["medians"][0].set(color=WHITE, lw=1.4, path_effects=rim)
    aside = spread * np.linspace(-1, 1, len(kept)) if len(kept) > 1 else np.zeros(1)
    ax.plot(at + aside, kept, "o", color=BLACK, ms=3, mec=WHITE, mew=0.5)
