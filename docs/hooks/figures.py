"""Figures that open at full size, since many have more panels than a page is wide."""

import re
from typing import Any

IMAGE = re.compile(r'<img [^>]*src="([^"]+)"[^>]*>')


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Make each image a link to itself."""
    return IMAGE.sub(r'<a class="figure" href="\1">\g<0></a>', html)
