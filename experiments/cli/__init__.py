"""The `richlazy` command: one module for each of its commands, and `_app.py` for their names.

- `_stops.py`: how a command ends before its time.
- `_said.py`: how it prints.
- `_progress.py`: how it shows that it moves.
- `_machine.py`: which cores it uses, and where compiled programs are kept.
"""

from .._signals import end, listen


def main() -> None:
    """What the console command calls."""
    # Before JAX and all else is imported, which takes seconds.
    listen()
    from ._app import app

    try:
        app()
    except SystemExit as stop:
        end(stop.code if isinstance(stop.code, int) else 0)


def __getattr__(name: str):
    # For who imports the package and not the command: `app`, and the modules by their names.
    if not name.startswith("__"):
        from ._app import app

        if name in (found := {"app": app, **globals()}):
            return found[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
