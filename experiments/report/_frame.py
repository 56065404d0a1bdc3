"""A page that needs nothing else, around what it says."""

from pathlib import Path

from ._markup import escaped

# Nothing is ever fetched, even if an escape were missed somewhere.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def framed(
    name: str, below: str, sections: list[tuple[str, str]], script: bool = False, heading: str = ""
) -> str:
    """A whole page.

    Args:
        name: what it is called.
        below: the line below the heading.
        sections: headings and what stands below each, as HTML; those without anything are left out.
        heading: its first line; the name by default.
        script: whether there is a table to sort and filter.
    """
    name, first = escaped(name), escaped(heading or name)
    body = "".join(
        f"<section><h2>{heading}</h2>{content}</section>"
        for heading, content in sections
        if content
    )
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{name}: rich or lazy</title>\n"
        # Browsers ask servers for one where there is none.
        '<link rel="icon" href="data:,">\n'
        f"<style>\n{_beside('page.css')}</style>\n</head>\n<body>\n<main>\n<h1>{first}</h1>\n"
        f'<p class="counts">{escaped(below)}</p>\n{body}\n</main>\n'
    )
    if script:
        page += f"<script>\n{_beside('page.js')}</script>\n"
    return page + "</body>\n</html>\n"


def _beside(file: str) -> str:
    return Path(__file__).with_name(file).read_text(encoding="utf-8")
