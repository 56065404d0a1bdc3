"""The tables of results/, as pages of the site.

They stay in one place: a link of a page to `../results/x.md` is right in the repository, and here
it is turned to the page that is made of that file.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

OUT_OF_DOCS = re.compile(r"\]\(\.\./((?:\.\./)*)results/")


def on_files(files: Any, config: Any) -> Any:
    """Add a page for each table, and the tables that a page offers to download."""
    results = Path(config.docs_dir).parent / "results"
    for path in sorted(results.glob("*.md")):
        text = path.read_text(encoding="utf-8").replace("](../docs/", "](../")
        files.append(File.generated(config, f"results/{path.name}", content=text))
    for path in sorted(results.glob("*.csv")):
        files.append(File.generated(config, f"results/{path.name}", content=path.read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Turn links that leave docs/ for results/."""
    return OUT_OF_DOCS.sub(r"](\1results/", markdown)
