"""Messages of at most 300 characters, whatever a file is called and holds."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

MOST = 300


def shown(value: Any, most: int = 40) -> str:
    """`value` as Python writes it, shortened in the middle."""
    return _shortened(repr(value), most)


def some(values: Iterable[Any], most: int = 70) -> str:
    """The first of some values as Python writes them, and how many more there are."""
    values = list(values)
    texts: list[str] = []
    for value in values:
        text = shown(value, 30)
        if texts and sum(map(len, texts)) + 2 * len(texts) + len(text) > most:
            break
        texts.append(text)
    more = len(values) - len(texts)
    return ", ".join(texts) + (f" and {more} more" if more else "") if texts else "none"


def counted(number: int, one: str, many: str = "") -> str:
    """How many there are, such as "1 row" and "2,000 rows"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def refusal(at: str, fault: str, way: str) -> ValueError:
    """An error of at most 300 characters.

    Args:
        at: the file, and the line or entry.
        fault: what is wrong. It is shortened where all is too long.
        way: what is allowed, and by which argument the file would be read.
    """
    at = _shortened(at, 90)
    return ValueError(f"{at}: {_shortened(fault, MOST - len(at) - len(way) - 5)}; {way}.")


def unreadable(at: str, what: str, error: BaseException, way: str) -> ValueError:
    """What another library made of a broken file, in a line."""
    said = " ".join(str(error).split()) or type(error).__name__
    return refusal(at, f"it cannot be read as {what} ({said})", way)


@contextlib.contextmanager
def told_if_broken(at: str, what: str, way: str) -> Iterator[None]:
    """Say in a line what a library raises at a broken file, which may be nearly anything.

    Refusals of our own, which begin with `at`, stay as they are.

    Args:
        at, way: as in `refusal`.
        what: as in `unreadable`.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, ValueError) and str(error).startswith(at):
            raise
        raise unreadable(at, what, error, way) from error


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    kept = max(most - 3, 6)
    return f"{text[: kept - kept // 3]}...{text[-(kept // 3) :]}"
