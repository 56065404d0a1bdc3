"""Equations in pages and docstrings, as MathML that browsers draw by themselves.

`$...$` stands in a line; `$$...$$` is a block of its own. Nothing is loaded when a page is read.
"""

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

from latex2mathml.converter import convert
from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from mkdocs.plugins import event_priority

# A dollar before a letter or number and with a partner on the same or the next line.
INLINE = r"(?<![\\$\w])\$(?![\s$])([^$]+?)(?<!\s)\$(?![$\w])"
BLOCK = re.compile(r"^\$\$(.+?)\$\$\s*$", re.DOTALL)


def mathml(latex: str, display: str = "inline") -> str:
    """An equation as a MathML element.

    Raises:
        ValueError: a command of the equation is not known.
    """
    made = convert(" ".join(latex.split()), display=display)
    # What the converter does not know it passes on as it is.
    if "\\" in made:
        raise ValueError(f"equation is {latex!r}; allowed are commands that latex2mathml knows.")
    return made


class _Inline(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Any, int, int]:  # noqa: N802
        return self.md.htmlStash.store(mathml(m.group(1))), m.start(0), m.end(0)


class _Block(BlockProcessor):
    def test(self, parent: ElementTree.Element, block: str) -> bool:
        return BLOCK.match(block.strip()) is not None

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        match = BLOCK.match(blocks.pop(0).strip())
        assert match is not None
        # A box of its own, so that a long equation scrolls on a narrow screen and the page does not.
        box = ElementTree.SubElement(parent, "div", {"class": "equation", "tabindex": "0"})
        box.text = self.parser.md.htmlStash.store(mathml(match.group(1), "block"))


class Equations(Extension):
    """Both forms, for Python-Markdown."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
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
