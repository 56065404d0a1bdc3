"""All colours of all figures, and how each structure is drawn.

All pairs of `COLOURS` and `GREY` keep a CIEDE2000 difference of 20 or more for readers with usual
colour vision, with deuteranopia and with protanopia, as Machado, Oliveira and Fernandes (2009)
simulate them. They were found by a search for such colours, with Okabe and Ito's vermillion among
them, that are not too pale for a line on white. Structures differ by lines, marks and hatches too.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

BLUE = "#3d79f6"
VERMILLION = "#d55e00"
PLUM = "#622242"
SKY_BLUE = "#64c4ea"
SAGE = "#abc894"
BROWN = "#5e2e00"
INDIGO = "#0401d5"
# In the order in which things to tell apart take them.
COLOURS: tuple[str, ...] = (BLUE, VERMILLION, PLUM, SKY_BLUE, SAGE, BROWN, INDIGO)

# Of nulls, single networks and what else stands back.
GREY = "#8c8c8c"
# Of text that stands back.
DARK_GREY = "#555555"
# Of lines behind all else.
PALE_GREY = "#cccccc"
BLACK, WHITE = "#000000", "#ffffff"

THEORY, NETWORKS = BLUE, VERMILLION


class Style(NamedTuple):
    """How one structure is drawn wherever it is drawn, so that colour is not needed.

    - `colour`: of lines, marks and faces.
    - `line`: a line style of matplotlib.
    - `marker`: a marker of matplotlib.
    - `hatch`: of bars and boxes.
    """

    colour: str
    line: Any
    marker: str
    hatch: str


_LINES = ("-", (0, (6, 1.5)), "-.", (0, (2, 1)), (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (9, 3)))
_HATCHES = ("", "///", "\\\\\\", "xxx", "...", "---", "|||")
# A style for each colour, in the order of `COLOURS`.
STYLES = tuple(Style(*each) for each in zip(COLOURS, _LINES, "os^DvPX", _HATCHES, strict=True))
NULL_STYLE = Style(GREY, "--", "o", "")
# What always looks the same, by its name.
STRUCTURES: dict[str, Style] = {
    "null": NULL_STYLE,
    **dict(
        zip(
            (
                "cell types",
                "EM",
                "EM balanced",
                "EM shuffled",
                "EM degrees",
                "Dale",
                "chain motifs",
            ),
            STYLES,
            strict=True,
        )
    ),
    "random": NULL_STYLE,
    "partially aligned": STYLES[0],
    "aligned": STYLES[2],
}


def styles_of(names: Iterable[str]) -> dict[str, Style]:
    """A style for each name: its own if it is one of `STRUCTURES`, else one that none of them has.

    Other names take styles in their order, and repeat them once all are taken.
    """
    distinct = list(dict.fromkeys(names))
    own = {name: STRUCTURES[name] for name in distinct if name in STRUCTURES}
    free = [style for style in STYLES if style not in own.values()] or list(STYLES)
    others = [name for name in distinct if name not in own]
    return own | {name: free[i % len(free)] for i, name in enumerate(others)}
