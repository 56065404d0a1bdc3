"""How a command is stopped: by Ctrl-C, by a batch system or a container, by a terminal that closes.

It imports next to nothing, so that the command can listen before all that takes seconds to import.
"""

import contextlib
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from types import FrameType

INTERRUPTED = "Interrupted. What is finished is kept; the same command does the rest."
# Of the shell for SIGINT and SIGTERM. A terminal that closes ends a command as a batch system does.
CODES = {
    number: code
    for name, code in (("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 143))
    if (number := getattr(signal, name, None)) is not None
}
# Beyond it, the command ends wherever it is: batch systems and containers kill after 10 s or more.
GRACE_SECONDS = 5.0


class Stopped(KeyboardInterrupt):
    """A signal asked the command to end.

    Args:
        code: the exit code that it then has.
    """

    def __init__(self, code: int):
        super().__init__()
        self.code = code


class _State:
    """What this process has heard and said.

    - `code`: the exit code after the first signal; None before.
    - `raising`: whether signals are raised where they come, rather than end the process at once.
    - `told`: whether the line has been printed.
    - `heeded`: whether the signal has reached those who end the command.
    """

    code: int | None = None
    raising = False
    told = False
    heeded = False


_state = _State()
# Held by what is to be finished before the process may end.
_unfinished = threading.RLock()


def listen() -> None:
    """Answer signals from now on. What the caller ignores, as nohup does, stays ignored."""
    heard, hear = os.pipe()
    os.set_blocking(hear, False)
    numbers = [n for n in CODES if signal.getsignal(n) is not signal.SIG_IGN]
    for number in numbers:
        signal.signal(number, _answer)
    # A thread hears at once, while the main thread may compile for a minute before it does.
    signal.set_wakeup_fd(hear, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(heard, numbers), daemon=True).start()


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Raise a signal as `Stopped` where it comes, so that what is inside can tidy up."""
    try:
        _state.raising = True
        yield
    finally:
        _state.raising = False
        _state.heeded = stopped()


@contextlib.contextmanager
def after_this() -> Iterator[None]:
    """Finish what is inside before a signal is heeded.

    Outside the main thread, which alone is interrupted, it changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[tuple[int, FrameType | None]] = []
    # Only what is answered in Python can be answered later.
    before = {n: answer for n in CODES if callable(answer := signal.getsignal(n))}
    with _unfinished:
        try:
            for number in before:
                signal.signal(number, lambda number, frame: heard.append((number, frame)))
            yield
        finally:
            for number, answer in before.items():
                signal.signal(number, answer)
    for number, frame in heard[:1]:
        before[number](number, frame)


@contextlib.contextmanager
def heard_here_alone() -> Iterator[None]:
    """Threads that begin inside start processes that do not hear a terminal.

    Its signals reach all processes at once, and the answer of the first is enough.
    """
    numbers = {n for n in CODES if n != signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def stopped() -> bool:
    """Whether a signal has come."""
    return _state.code is not None


def exit_code(error: BaseException | None = None) -> int:
    """The exit code after a signal, as what it raised has it or else as it was heard."""
    return getattr(error, "code", None) or _state.code or 130


def tell_stopped() -> None:
    """Print the line. Where the terminal is gone, nobody misses it."""
    _state.told = _state.heeded = True
    with contextlib.suppress(OSError, ValueError):
        print(INTERRUPTED, flush=True)


def end(code: int) -> None:
    """End the process, with the line where it was stopped and has not said so."""
    if stopped():
        if not _state.told:
            tell_stopped()
        # Without waiting for threads and exit handlers, in which more may go wrong.
        os._exit(exit_code())
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            # Python would try again at its end, and say so with a traceback.
            os._exit(code or 1)
    sys.exit(code)


def _answer(number: int, frame: FrameType | None) -> None:
    first = _state.code is None
    if first:
        _state.code = CODES[number]
        _hush_libraries()
    if first and _state.raising:
        raise Stopped(CODES[number])
    _end_at_once()


def _hush_libraries() -> None:
    """Let libraries that were interrupted in the middle of their work say nothing of it.

    Tracebacks and warnings of half-made objects and callbacks look like faults and are none.
    """
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda unraisable: None


def _watch(heard: int, numbers: list[int]) -> None:
    """End the process some time after a signal, wherever the main thread may be."""
    while not set(os.read(heard, 1)) & set(numbers):
        pass
    for _ in range(int(GRACE_SECONDS * 10)):
        threading.Event().wait(0.1)
        if _state.heeded:
            return
    _end_at_once()


def _end_at_once() -> None:
    code = _state.code or CODES[signal.SIGINT]
    with _unfinished:
        if not _state.told:
            _state.told = True
            # Not by Python's own buffer, which the signal may have come in the middle of.
            with contextlib.suppress(OSError):
                os.write(1, f"{INTERRUPTED}\n".encode())
        os._exit(code)
