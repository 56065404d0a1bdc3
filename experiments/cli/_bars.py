"""Bars of work that is counted; apart from those of training, which take longer to import."""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from ._said import QUIET

# Between two lines, such as those of a log that somebody reads later.
LINE_SECONDS = 30.0


class TimeLeft(ProgressColumn):
    """About how long it still takes, once that is known; nothing before."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        left = task.time_remaining
        if left is None or task.completed <= 0 or task.finished:
            return Text("")
        return Text(f"about {duration(left)} left")


def duration(seconds: float) -> str:
    """A time in the unit that suits it, in no more digits than an estimate has."""
    for unit, size in (("days", 86400), ("hours", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            number = seconds / size
            return f"{number:.0f} {unit}" if number >= 10 else f"{number:.1f} {unit}"
    return f"{max(seconds, 1):.0f} s"


def progress_bar(console: Console) -> Progress:
    """A bar with counts and times, which goes when it is done."""
    return Progress(
        TextColumn("{task.description:18}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TimeLeft(),
        console=console,
        transient=True,
        # Elsewhere it would leave an empty line.
        disable=QUIET.get() or not console.is_terminal,
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
            if QUIET.get() or console.is_terminal:
                return
            if time.monotonic() - said >= seconds:
                said = time.monotonic()
                console.print(f"{what}: {done} of {of}", highlight=False, soft_wrap=True)

        yield told
