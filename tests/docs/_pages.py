"""Code blocks of the pages, in order, with what is said of them."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
README = ROOT / "README.md"

BLOCK = re.compile(
    r"^(?:<!-- (?P<note>.+?) -->\n)?```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
COMMAND = re.compile(r"(?:^|&& )(?:\.venv/bin/)?(richlazy [^&#\n]+)", re.MULTILINE)


class Block(NamedTuple):
    """One block of code.

    - `note`: the comment above it, "not run: REASON" or "after the commands"; "" without.
    - `title`: the file that the block is, or "".
    """

    language: str
    code: str
    note: str
    title: str

    @property
    def skipped(self) -> bool:
        """Whether the page says that the block is not for running here."""
        return self.note.startswith("not run: ")


def blocks(page: Path) -> list[Block]:
    """All blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found = [
        Block(m["language"], m["code"], m["note"] or "", m["title"] or "")
        for m in BLOCK.finditer(text)
    ]
    # None may escape the pattern, and so the tests.
    assert len(found) == len(re.findall(r"^```\w", text, re.MULTILINE)), page
    return found


def commands(block: Block) -> list[str]:
    """The commands of ours in a block of shell."""
    return [line.strip() for line in COMMAND.findall(block.code)]


def named(page: Path) -> str:
    """A page by its path."""
    return str(page.relative_to(ROOT))
