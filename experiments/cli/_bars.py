"""Bars of work that is counted; apart from those of training, which take longer to import."""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# Between two lines, such as those of a log that somebody reads later.
LINE_SECONDS = 30.0


def progress_bar(console: Console) -> Progress:
    """A bar with counts and times, which goes when it is done."""
    return Progress(
        TextColumn("{task.description:18}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        # Elsewhere it would leave an empty line.
        disable=not console.is_terminal,
    )


@contextlib.contextmanager
def work_shown(
    console: Console, seconds: float = LINE_SECONDS
) -> Iterator[Callable[[str, int, int], None]]:
    """Show work that is counted: called with what is done, how much of it, and of how much.

    Args:
        console: where. What is no terminal gets lines, without bars and colours.
        seconds: between two lines.
    """
    with progress_bar(console) as bars:
        tasks: dict[str, TaskID] = {}
        said = time.monotonic()

        def told(what: str, done: int, of: int) -> None:
            nonlocal said
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done, total=of)
            if not console.is_terminal and time.monotonic() - said >= seconds:
                said = time.monotonic()
                console.print(f"{what}: {done} of {of}", highlight=False, soft_wrap=True)

        yield told
