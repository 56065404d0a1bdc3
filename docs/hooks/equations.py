"""Equations in pages and docstrings, as MathML that browsers draw by themselves.

`$...$` stands in a line; `$$...$$` is a block of its own. The site brings the font that they need,
STIX Two Math, which the package ziamath has in it (SIL Open Font License 1.1).
"""

import importlib.util
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from latex2mathml.converter import convert
from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from mkdocs.plugins import event_priority

# A dollar before a letter or number and with a partner on the same or the next line.
INLINE = r"(?<![\\$\w])\$(?![\s$])([^$]+?)(?<!\s)\$(?![$\w])"
BLOCK = re.compile(r"^\$\$(.+?)\$\$\s*$", re.DOTALL)
# What MathML Core leaves out, and browsers with it.
VARIANT = re.compile(r'<m([in]) mathvariant="(double-struck|script|bold)">(\w)</m[in]>')
FUNCTION = re.compile(r"<mo>([A-Za-z]{2,})</mo>")
# Norms and absolute values, which would be spaced as signs between two terms.
BAR = re.compile(r'<mo(?: stretchy="false")?>(&#x0007C;|&#x02016;)</mo>')

FONT_IN_SITE = "assets/fonts/stix-two-math.woff"
# Latin, Greek, accents, arrows, operators; italic, bold, script and double-struck letters.
CHARACTERS = [
    *range(0x20, 0x100),
    *range(0x2C6, 0x2DE),
    *range(0x300, 0x308),
    *range(0x391, 0x3F6),
    *range(0x2010, 0x2065),
    *range(0x2102, 0x2136),
    *range(0x2190, 0x21D5),
    *range(0x2200, 0x22F0),
    *range(0x1D400, 0x1D4D0),
    *range(0x1D538, 0x1D56C),
    *range(0x1D6A4, 0x1D71C),
    *range(0x1D7CE, 0x1D7D8),
]


def mathml(latex: str, display: str = "inline") -> str:
    """An equation as a MathML element.

    Raises:
        ValueError: a command of the equation is not known.
    """
    made = convert(" ".join(latex.split()), display=display)
    # What the converter does not know it passes on as it is.
    if "\\" in made:
        raise ValueError(f"equation is {latex!r}; allowed are commands that latex2mathml knows.")
    made = VARIANT.sub(lambda m: f"<m{m[1]}>{_letter(m[2], m[3])}</m{m[1]}>", made)
    made = FUNCTION.sub(r'<mo form="prefix" lspace="0.1em" rspace="0.17em">\1</mo>', made)
    made = made.replace("<mi>&#x0007E;</mi>", "<mo>&#x0223C;</mo>")
    return BAR.sub(r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>', made)


def _letter(style: str, plain: str) -> str:
    """The letter or digit that has its style built in."""
    name = unicodedata.name(plain).replace("LATIN ", "").replace("LETTER ", "")
    name = f"{style.upper()} {name}"
    try:
        return unicodedata.lookup(f"MATHEMATICAL {name}")
    except KeyError:
        # Some were there before the others, such as the double-struck R.
        return unicodedata.lookup(name)


class _Inline(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Any, int, int]:
        return self.md.htmlStash.store(mathml(m.group(1))), m.start(0), m.end(0)


class _Block(BlockProcessor):
    def test(self, parent: ElementTree.Element, block: str) -> bool:
        return BLOCK.match(block.strip()) is not None

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        match = BLOCK.match(blocks.pop(0).strip())
        assert match is not None
        # A box of its own: on a narrow screen a long equation scrolls, and the page does not.
        box = ElementTree.SubElement(parent, "div", {"class": "equation", "tabindex": "0"})
        box.text = self.parser.md.htmlStash.store(mathml(match.group(1), "block"))


class Equations(Extension):
    """Both forms, for Python-Markdown."""

    def extendMarkdown(self, md: Markdown) -> None:
        # After code in backticks (190) and before backslashes are taken for escapes (180).
        md.inlinePatterns.register(_Inline(INLINE, md), "equation", 185)
        # Before indented lines are taken for code (80) or for parts of a list (90).
        md.parser.blockprocessors.register(_Block(md.parser), "equation", 95)


# Before mkdocstrings takes the list of extensions for its docstrings.
@event_priority(100)
def on_config(config: Any) -> Any:
    """Read equations everywhere."""
    config.markdown_extensions.append(Equations())
    return config


def on_post_build(config: Any) -> None:
    """Put the part of the font that equations use beside the pages."""
    # Found and not imported, since only a file of it is wanted.
    package = importlib.util.find_spec("ziamath")
    if package is None or package.origin is None:
        raise ImportError("ziamath is not installed; the extra docs has it.")
    font = TTFont(Path(package.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf")
    options = Options()
    # The form that letters take in indices.
    options.layout_features = ["ssty"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    font.flavor = "woff"
    path = Path(config.site_dir) / FONT_IN_SITE
    path.parent.mkdir(parents=True, exist_ok=True)
    font.save(path)
