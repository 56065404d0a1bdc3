"""The notebooks, as pages of the site with the outputs that they are kept with."""

import base64
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.structure.files import File


def on_files(files: Any, config: Any) -> Any:
    """Add a page for each notebook, and a file for each of its figures."""
    for path in sorted((Path(config.docs_dir).parent / "notebooks").glob("*.ipynb")):
        # The notebook itself beside its page, for those who want to run it.
        files.append(File.generated(config, f"notebooks/{path.name}", abs_src_path=str(path)))
        parts, figures = [], 0
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type == "markdown":
                parts.append(cell.source)
                continue
            parts.append(f"```python\n{cell.source}\n```")
            for output in cell.outputs:
                if "text" in output:
                    parts.append(f"```text\n{output.text.rstrip()}\n```")
                if "image/png" in output.get("data", {}):
                    figures += 1
                    name = f"{path.stem}_{figures}.png"
                    image = base64.b64decode(output.data["image/png"])
                    files.append(File.generated(config, f"notebooks/{name}", content=image))
                    parts.append(f"![What the code above draws.]({name})")
        # Below the heading, which the first cell holds.
        parts.insert(1, f"[Download this notebook]({path.name})")
        page = f"notebooks/{path.stem}.md"
        files.append(File.generated(config, page, content="\n\n".join(parts) + "\n"))
    return files
