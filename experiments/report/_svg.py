"""A figure of matplotlib as SVG that may stand in a page, beside others."""

import contextlib
import io
import re
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from ._markup import clean

_STYLE: dict[Any, Any] = {
    # Without it, the names of parts are drawn at random.
    "svg.hashsalt": "richlazy",
    "svg.fonttype": "none",
    # Labels are of users, to whom a dollar is a dollar.
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 9,
}
_WIDEST = 1.25
_POINTS_AT = re.compile(r"url\(#([^)]+)\)")


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """The style in which figures are made and written, the same whatever the user's own is."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        # The browser has the letters that the font for measuring lacks.
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        yield


def inline_svg(figure: Figure, name: str, title: str) -> str:
    """The figure as an SVG element, the same text for the same figure.

    It has no declaration, no namespaces, no size but its proportions, and no metadata.

    Args:
        figure: drawn within `drawing`.
        name: begins all names of parts, which in one page must differ between figures.
        title: what it shows, for readers that do not see it.
    """
    written = io.BytesIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(written.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in ("metadata", "style"):
                parent.remove(child)
    named = _referenced(root)
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {
            _local(key): _renamed(_local(key), value, name)
            for key, value in element.attrib.items()
            if key != "id" or value in named
        }
    # Little wider than it was made, so that letters are not larger than those around it.
    points = _WIDEST * float(root.attrib["width"].removesuffix("pt"))
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "style": f"max-width: {points:g}pt",
        "role": "img",
        "aria-labelledby": f"{name}-title",
    }
    heading = ElementTree.Element("title", {"id": f"{name}-title"})
    heading.text = clean(title)
    root.insert(0, heading)
    return ElementTree.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _referenced(root: ElementTree.Element) -> set[str]:
    found = set()
    for element in root.iter():
        for key, value in element.attrib.items():
            found.update(_POINTS_AT.findall(value))
            if _local(key) == "href":
                found.add(value.removeprefix("#"))
    return found


def _renamed(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "href":
        return f"#{name}-{value.removeprefix('#')}"
    return _POINTS_AT.sub(rf"url(#{name}-\1)", value)
