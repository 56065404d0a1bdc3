"""Measures and loss on the way through training, of studies that looked there."""

from collections.abc import Sequence

import xarray as xr
from matplotlib.figure import Figure

from ..findings import MEASURES, Comparison, on_the_way, start_place, words
from ..plot import STYLES, through_training
from ._figures import MOST_PANELS
from ._markup import escaped
from ._panel import PANEL_INCHES, OnFigure
from ._svg import drawing, inline_svg

# The null has a style of its own.
MOST_CURVES = len(STYLES) + 1
LEGEND_INCHES = 1.1


def course_figures(settings: Sequence[Comparison], on_figure: OnFigure) -> str:
    """A figure for each measure and for the loss, with a panel for each setting, as HTML.

    Args:
        settings: what may be drawn; empty HTML comes of those without looks on the way.
        on_figure: called with the name and the figure of each panel.
    """
    parts, left_out = [], set()
    kind = "figures single" if len(settings) == 1 else "figures"
    for measure in (*MEASURES, "loss"):
        panels = []
        for setting in settings:
            cells = sorted(setting.cells, key=start_place)
            found = on_the_way(cells[:MOST_CURVES], measure)
            if found is None:
                continue
            name = f"{measure}-through-{len(panels)}"
            if len(panels) == MOST_PANELS:
                left_out.add(f"the first {MOST_PANELS} settings")
                break
            if len(cells) > MOST_CURVES:
                left_out.add(f"the first {MOST_CURVES} starts")
            panels.append(_panel(setting, found, name, on_figure))
        if panels:
            label = words(measure).capitalize()
            parts.append(
                f'<figure class="card"><figcaption>{escaped(label)} through training'
                f'</figcaption><div class="panels">{"".join(panels)}</div></figure>'
            )
    if not parts:
        return ""
    said = "Curves are means over seeds and bands their 95 % intervals, from six seeds on."
    if left_out:
        said += f" Drawn are {' and '.join(sorted(left_out))}."
    return f'<div class="{kind}">{"".join(parts)}</div><p class="how">{escaped(said)}</p>'


def _panel(setting: Comparison, found: xr.DataArray, name: str, on_figure: OnFigure) -> str:
    wide, high = PANEL_INCHES
    with drawing():
        figure = Figure(figsize=(wide + LEGEND_INCHES, high), layout="constrained")
        axes = figure.subplots()
        measure = str(found.name)
        found.attrs["long_name"] = "loss (nats)" if measure == "loss" else words(measure)
        through_training(found.to_dataset(), measure, axes, legend=False)
        # Beside the curves, of which there may be many.
        figure.legend(loc="outside right upper", frameon=False, fontsize=8)
        title = ", ".join(filter(None, (setting.task, setting.text)))
        axes.set_title(title, fontsize=10)
        on_figure(name, figure)
        svg = inline_svg(figure, name, f"{words(measure)} through training, {title}")
    return f'<div class="chart" style="flex-basis: {wide + LEGEND_INCHES:g}in">{svg}</div>'
