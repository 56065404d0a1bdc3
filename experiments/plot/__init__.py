"""Plots of our datasets, of which all figures are made.

Each function takes a dataset and, as `ax`, the matplotlib Axes to draw into, and returns these.
Without `ax` it makes a figure of its own, which is `figure` of the Axes and which says below what
its bars and dots are. matplotlib takes a second to import, and so does xarray:
each module is imported when a first name of it is asked for.

- `_start.py`: a measure against the start.
- `_spectra.py`: spectra of starts beside the null.
- `_through.py`: a measure through training.
- `_checkpoints.py`: measures of one network at several checkpoints.
- `_theory.py`: Theorem 1 over rank.
- `_places.py`: where starts stand on the horizontal axis.
- `_rows.py`: means with intervals in named rows.
- `_runs.py`, `_boxes.py`: networks of one start, as dots with a mean or as a box.
- `_palette.py`: all colours, and how each structure is drawn.
- `_axes.py`: the Axes to draw into, what stands along them, and what a figure says of its bars,
  bands, boxes and dots.
- `_require.py`: refusals of datasets.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._axes import (
        BANDS,
        BARS,
        BOXES,
        LINEAR_DOTS,
        MEAN_BARS,
        STANDARD_ERRORS,
        axis_label,
        measure_label,
        panel_title,
        plain_edges,
        say_below,
        with_ends,
    )
    from ._boxes import runs_box
    from ._checkpoints import through_checkpoints
    from ._palette import (
        BLACK,
        BLUE,
        BROWN,
        COLOURS,
        DARK_GREY,
        GREY,
        INDIGO,
        NETWORKS,
        NULL_STYLE,
        PALE_GREY,
        PLUM,
        SAGE,
        SKY_BLUE,
        STRUCTURES,
        STYLES,
        THEORY,
        VERMILLION,
        WHITE,
        Style,
        styles_of,
    )
    from ._places import Places
    from ._rows import mean_on_row, name_rows
    from ._runs import runs_and_means
    from ._spectra import SPECTRA, spectra
    from ._start import measure_against_start
    from ._theory import theorem_1, theory_curve
    from ._through import through_training

_NAMES = {
    "_axes": (
        "BANDS",
        "BARS",
        "BOXES",
        "LINEAR_DOTS",
        "MEAN_BARS",
        "STANDARD_ERRORS",
        "axis_label",
        "measure_label",
        "panel_title",
        "plain_edges",
        "say_below",
        "with_ends",
    ),
    "_boxes": ("runs_box",),
    "_checkpoints": ("through_checkpoints",),
    "_palette": (
        "BLACK",
        "BLUE",
        "BROWN",
        "COLOURS",
        "DARK_GREY",
        "GREY",
        "INDIGO",
        "NETWORKS",
        "NULL_STYLE",
        "PALE_GREY",
        "PLUM",
        "SAGE",
        "SKY_BLUE",
        "STRUCTURES",
        "STYLES",
        "THEORY",
        "VERMILLION",
        "WHITE",
        "Style",
        "styles_of",
    ),
    "_places": ("Places",),
    "_rows": ("mean_on_row", "name_rows"),
    "_runs": ("runs_and_means",),
    "_spectra": (
        "SPECTRA",
        "spectra",
    ),
    "_start": ("measure_against_start",),
    "_theory": (
        "theorem_1",
        "theory_curve",
    ),
    "_through": ("through_training",),
}
_PLACES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "BANDS",
    "BARS",
    "BLACK",
    "BLUE",
    "BOXES",
    "BROWN",
    "COLOURS",
    "DARK_GREY",
    "GREY",
    "INDIGO",
    "LINEAR_DOTS",
    "MEAN_BARS",
    "NETWORKS",
    "NULL_STYLE",
    "PALE_GREY",
    "PLUM",
    "SAGE",
    "SKY_BLUE",
    "SPECTRA",
    "STANDARD_ERRORS",
    "STRUCTURES",
    "STYLES",
    "THEORY",
    "VERMILLION",
    "WHITE",
    "Places",
    "Style",
    "axis_label",
    "mean_on_row",
    "measure_against_start",
    "measure_label",
    "name_rows",
    "panel_title",
    "plain_edges",
    "runs_and_means",
    "runs_box",
    "say_below",
    "spectra",
    "styles_of",
    "theorem_1",
    "theory_curve",
    "through_checkpoints",
    "through_training",
    "with_ends",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{_PLACES[name]}", __name__)
    found = globals()[name] = getattr(module, name)
    return found
