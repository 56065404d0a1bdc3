"""Links of the pages that are read beside the code lead to files and headings that exist.

`mkdocs build --strict` does the same for the pages of the site.
"""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown import Markdown
from pymdownx.slugs import slugify

from ._pages import ROOT, named

BESIDE = sorted([*ROOT.glob("*.md"), *ROOT.glob("results/*.md"), *ROOT.glob("benchmarks/*.md")])


class Read(HTMLParser):
    """What a page links to, and the anchors that it has."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        # Anchors as the places name them where such pages are read.
        toc = {"toc": {"slugify": slugify(case="lower")}}
        extensions = ["tables", "pymdownx.superfences", "attr_list", "toc"]
        self.feed(Markdown(extensions=extensions, extension_configs=toc).convert(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (tag, name) in (("a", "href"), ("img", "src")):
                self.links.append(value)
            elif value and name == "id":
                self.anchors.add(value)


@cache
def read(page: Path) -> Read:
    return Read(page.read_text(encoding="utf-8"))


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    found = []
    for link in read(page).links:
        target = urlsplit(link)
        if target.scheme:
            continue
        place = page.parent / unquote(target.path) if target.path else page
        anchored = target.fragment and place.suffix == ".md" and place.is_file()
        if not place.exists() or (anchored and target.fragment not in read(place).anchors):
            found.append(link)
    return found


@pytest.mark.parametrize("page", BESIDE, ids=named)
def test_no_link_leads_nowhere(page):
    assert broken(page) == []


def test_links_are_found():
    links = read(ROOT / "README.md").links
    assert {"docs/figures/verify.png", "docs/tutorial.md", "results/fig1.md"} <= {*links}


def test_what_leads_nowhere_is_seen(tmp_path):
    (tmp_path / "other.md").write_text("# A `name`, and more\n")
    page = tmp_path / "page.md"
    good = ["other.md", "other.md#a-name-and-more", "#here", "https://example.org/x", "."]
    bad = ["another.md", "other.md#more", "#there", "missing.png"]
    links = "\n".join(f"- [a link]({link})" for link in good + bad[:-1])
    page.write_text(f"# Here\n\n{links}\n\n![An image]({bad[-1]})\n\n    [code](nowhere.md)\n")
    assert broken(page) == bad
