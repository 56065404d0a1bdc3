"""How a command tells its options: as plain text that fits any terminal, in groups with headings.

Boxes of rich would cut names of options at 80 columns, and take as long to import as all else.
"""

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
                sections.setdefault(name, []).append(record)
        # What belongs to one use of a command comes after what all its uses have.
        for name in sorted(sections, key=lambda name: name not in ("Arguments", "Options")):
            with formatter.section(name):
                formatter.write_dl(sections[name])
