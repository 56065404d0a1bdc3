"""The options of each command, read from the commands themselves.

A line `<!-- options of richlazy NAME -->` becomes a list of what the command takes.
"""

import inspect
import re
from typing import Any

import typer

from experiments.cli import app

LINE = re.compile(r"^<!-- options of richlazy (\w+) -->$", re.MULTILINE)


def options(name: str) -> str:
    """What a command says of itself, as Markdown.

    Raises:
        KeyError: there is no such command.
    """
    command = typer.main.get_command(app).commands[name]
    parts = [inspect.cleandoc(command.help or "")]
    for parameter in command.params:
        if parameter.name == "help":
            continue
        written = parameter.opts[0] if parameter.opts[0].startswith("-") else ""
        written = written or parameter.metavar or parameter.name.upper()
        notes = [_sentence(getattr(parameter, "help", None))]
        default = parameter.default
        if parameter.required:
            notes.append("Required.")
        elif isinstance(default, str | int | float) and str(default) not in ("", "False"):
            notes.append(f"Default: `{default}`.")
        parts.append(f"`{written}`\n:   {' '.join(filter(None, notes))}")
    return "\n\n".join(parts)


def _sentence(text: str | None) -> str:
    return "" if not text else text if text.endswith(".") else f"{text}."


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Fill in the options."""
    return LINE.sub(lambda match: options(match.group(1)), markdown)
