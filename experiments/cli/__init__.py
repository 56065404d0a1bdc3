"""The `richlazy` command: one module for each of its commands, and `_app.py` for their names.

- `_stops.py`: how a command ends before its time.
- `_help.py`: how it tells its options. `_said.py`: how it prints.
- `_bars.py`, `_progress.py`: how it shows that it moves.
- `_machine.py`: which cores it uses, and where compiled programs are kept.
"""

import sys

from .._signals import end, listen


def main() -> None:
    """What the console command calls."""
    # Before JAX and all else is imported, which takes seconds.
    listen()
    from ._app import app_for, completed_words

    try:
        app_for(sys.argv[1:] or completed_words())(prog_name="richlazy")
    except SystemExit as stop:
        end(stop.code if isinstance(stop.code, int) else 0)


def __getattr__(name: str):
    # For who imports the package and not the command: `app`, and the modules by their names.
    if not name.startswith("__"):
        from ._app import app_of

        if "app" not in globals():
            globals()["app"] = app_of()
        if name in globals():
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
