"""How a command shows that it moves: bars in a terminal, now and then a line elsewhere."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rich.console import Console

import richlazy_jax as rj

from ._bars import LINE_SECONDS, duration, progress_bar
from ._said import QUIET


class Shown(NamedTuple):
    """How training tells where it is.

    - `moved`: called with a name for what is trained and its progress.
    - `advanced`: called with how many cells are done, after each; only where there are cells.
    """

    moved: Callable[[str, rj.Progress], None]
    advanced: Callable[[int], None] = lambda done: None


@contextlib.contextmanager
def training_shown(
    console: Console, cells: int | None = None, seconds: float = LINE_SECONDS
) -> Iterator[Shown]:
    """Show training while it goes on.

    Args:
        console: where. What is no terminal gets lines, without bars and colours.
        cells: how many pieces of work there are; None for one that is not counted.
        seconds: between two lines.
    """
    if QUIET.get():
        yield Shown(lambda name, now: None)
        return
    if console.is_terminal:
        with progress_bar(console) as bars:
            over = None if cells is None else bars.add_task("cells", total=cells)
            bar = bars.add_task("compiling", total=1)

            def moved(name: str, now: rj.Progress) -> None:
                text = f"{name} {state(now)}"
                bars.update(bar, completed=now.step, total=now.steps, description=text)

            def advanced(done: int) -> None:
                if over is not None:
                    bars.update(over, completed=done)

            yield Shown(moved, advanced)
        return
    yield _lines(console, cells, seconds)


def state(now: rj.Progress) -> str:
    """Loss and accuracy, means over the runs that go on, and how many do not."""
    going = ~now.diverged
    lost = int(now.diverged.sum())
    if not going.any():
        return "all diverged"
    words = f"loss {now.losses[going].mean():.4f}"
    if isinstance(now.metrics, dict) and "accuracy" in now.metrics:
        accuracy = now.metrics["accuracy"][going].mean()
        # Zeros stand there until a first update was measured.
        words += f", accuracy {accuracy:.2f}" if now.step else ""
    return words + (f", {lost} diverged" if lost else "")


def _lines(console: Console, cells: int | None, seconds: float) -> Shown:
    said = time.monotonic()
    # Cells done, and how many were when the first that takes time began: those before took none.
    done: int = 0
    first: int | None = None
    # When the first piece was trained, and which share was done then. What came before was mostly
    # compiling, which says nothing of the rest.
    trained: tuple[float, float] | None = None

    def advanced(number: int) -> None:
        nonlocal done
        done = number

    def moved(name: str, now: rj.Progress) -> None:
        nonlocal said, first, trained
        if first is None:
            first = done
        clock = time.monotonic()
        share = now.step / now.steps
        if cells is not None:
            share = (done - first + share) / max(cells - first, 1)
        if trained is None:
            trained = clock, share
        if clock - said < seconds:
            return
        said = clock
        where = f"update {now.step} of {now.steps}, {state(now)}"
        if cells is not None:
            where = f"cell {done + 1} of {cells}, {where}"
        elapsed, gained = clock - trained[0], share - trained[1]
        if gained > 0:
            where += f", about {duration(elapsed / gained * (1 - share))} left"
        console.print(f"{name}: {where}", highlight=False, soft_wrap=True)

    return Shown(moved, advanced)
