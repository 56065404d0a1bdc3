"""Interrupts that wait until a write is finished."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def after_this() -> Iterator[None]:
    """Finish what is inside before an interrupt of the keyboard is heeded.

    Outside the main thread, which alone can be interrupted so, it changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[tuple[int, FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, frame)))
    try:
        yield
    finally:
        # None stands for a handler that was not set from Python, and can only be left away.
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)
    if heard and callable(before):
        before(*heard[0])
