"""How commands print: what is a user's is shown as it is, and never read as markup.

Names of files, labels and messages may hold brackets, colons or escapes of a terminal.
"""

import re
import shlex
import textwrap
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

# Of a terminal, but for tabs and ends of lines.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# Whether --quiet was asked for; each command that starts sets it.
QUIET = ContextVar("QUIET", default=False)


class PlainConsole(Console):
    """A console to which text is text, in lines that are as long as they are."""

    def __init__(self, **how: Any):
        super().__init__(markup=False, emoji=False, highlight=False, **how)

    def print(self, *objects: Any, **how: Any) -> None:
        """Print; what is text alone is not broken, as paths are copied from it."""
        shown = [plain(each) if isinstance(each, str) else each for each in objects]
        if all(isinstance(each, str | Text) for each in objects):
            how = {"soft_wrap": True} | how
        super().print(*shown, **how)

    def say(self, sentence: str) -> None:
        """Print prose, in a terminal in lines that end between words."""
        if self.is_terminal:
            sentence = textwrap.fill(
                sentence, self.width, break_long_words=False, break_on_hyphens=False
            )
        self.print(sentence)


def tell_next(out: Path, console: Console) -> None:
    """Name the command that shows what a study holds."""
    console.print(f"Next: richlazy report {shlex.quote(str(out))}")


def plain(text: str) -> str:
    """Text without what moves or colours a terminal."""
    return _CONTROLS.sub("\ufffd", text)


def styled(*parts: str | tuple[str, str]) -> Text:
    """Text of parts, each alone or with its style."""
    clean = (plain(p) if isinstance(p, str) else (plain(p[0]), p[1]) for p in parts)
    return Text.assemble(*clean)
