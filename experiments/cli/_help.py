"""How a command tells its options: as plain text that fits any terminal, in groups with headings.

Boxes of rich would cut names of options at 80 columns, and take as long to import as all else.
"""

import re
import textwrap
from collections.abc import Iterator
from typing import Any

import typer.core


class Command(typer.core.TyperCommand):
    """A command whose help has a heading for each panel that its options name."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, then options by panel, in the order in which they were declared."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
                name = getattr(parameter, "rich_help_panel", None) or usual
                sections.setdefault(name, []).append((_alone(record[0]), record[1]))
        # What belongs to one use of a command comes after what all its uses have.
        for name in sorted(sections, key=lambda name: name not in ("Arguments", "Options")):
            with formatter.section(name):
                for line in _lines(sections[name], formatter.width - formatter.current_indent):
                    formatter.write(f"{' ' * formatter.current_indent}{line}\n")


def _alone(name: str) -> str:
    """A name with the type of one value, where an option or argument may repeat."""
    return re.sub(r"<list\[(\w+)]>", lambda found: f"<{found[1].lower()}>", name)


def _lines(rows: list[tuple[str, str]], width: int) -> Iterator[str]:
    """Names beside their help, in lines that end between words.

    typer's own end inside names that have a hyphen, and inside words that are long.
    """
    column = max(len(name) for name, _ in rows) + 2
    for name, text in rows:
        # With a space at which no line ends, so that a default is beside the word before it.
        lines = textwrap.wrap(
            text.replace("[default: ", "[default:\xa0"),
            width,
            initial_indent=name.ljust(column),
            subsequent_indent=" " * column,
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield from (line.replace("\xa0", " ") for line in lines or [name])
