"""What a table holds, and how a matrix is laid out in one."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse

from ._asked import Asked
from ._text import is_number
from ._words import refusal

SAMPLE = 200
# Below this many columns a square of numbers may be a list of edges as well.
_SURE = 4


class Column(NamedTuple):
    """The different values of a column, and which of them each row has."""

    codes: np.ndarray
    values: list[str]


class Table(NamedTuple):
    """A table with one edge a row.

    - `columns`: their names; their numbers from "1" where there is no header.
    - `headed`: whether there is one.
    - `sample`: the first rows.
    - `fields`: reads the columns at some places.
    - `place`: what messages call a row.
    - `head`: what messages call the header.
    - `decimal`: "." or ",".
    - `said`: what is not as usual.
    """

    columns: list[str]
    headed: bool
    sample: list[list[str]]
    fields: Callable[[Sequence[int]], dict[int, Column]]
    place: Callable[[int], str]
    head: str
    decimal: str
    said: tuple[str, ...]


class Grid(NamedTuple):
    """A table that is a matrix.

    - `entries`: its numbers.
    - `rows`, `columns`: the names beside and above them, or None.
    - `said`: what is not as usual.
    """

    entries: scipy.sparse.csr_array
    rows: list[str] | None
    columns: list[str] | None
    said: tuple[str, ...]


class Form(NamedTuple):
    """Whether a matrix has names above it, and beside it."""

    above: bool
    beside: bool


def form_of(
    at: str, rows: list[list[str]], count: Callable[[int], int], asked: Asked
) -> Form | None:
    """How the matrix is laid out, or None where the table is none."""
    if asked.pre is not None or asked.post is not None or len(rows) < 2:
        return None
    first, body = rows[0], rows[1:]
    width = len(body[0])
    beside = [row[0] for row in body]
    for above in (first, first[1:]):
        # The same names above and beside; what is wrong within is said later.
        if len(above) > 1 and len(set(above)) == len(above) and beside == above[: len(beside)]:
            return Form(True, True)
    if len(first) not in (width, width - 1) or any(len(row) != width for row in body):
        return None
    if not all(_all_numbers(row[1:]) for row in body):
        return None
    above = first[1:] if len(first) == width else first
    known = len(body) < 50 and set(above) == set(beside) and len(set(above)) == len(above)
    number = count(width + 2)
    numeric, whole = _all_numbers(first) and any(first), all(_all_numbers(row) for row in body)
    corner = len(first) == width - 1 or not first[0]
    form = None
    if known or (number == width and not numeric) or (corner and (width > _SURE or asked.rows)):
        form = Form(True, True)
    elif number == width and numeric and whole:
        form = Form(False, False)
    elif number == width + 1 and whole and len(first) == width:
        form = Form(True, False)
    elif number == width - 1 and not whole and _all_numbers(first[1:]):
        form = Form(False, True)
    if form is not None and not known and width < _SURE and asked.rows is None:
        raise refusal(
            at,
            f"it may be a matrix or a list of edges, with {width} columns and {number} rows",
            "rows='receive' or 'send' reads a matrix; header=0, pre='1', post='2' read edges",
        )
    return form


def _all_numbers(cells: Sequence[str]) -> bool:
    return all(not cell or is_number(cell) or is_number(cell, ",") for cell in cells)


def other_header(at: str, above: int, width: int) -> ValueError:
    return refusal(
        at,
        f"{above} names stand above a matrix of {width} columns",
        "allowed are as many; header= says in which line the table begins",
    )


def said_of_blank(empty: int) -> tuple[str, ...]:
    return (f"{empty:,} empty entries were taken as 0.",) if empty else ()


def cell_text(value: Any) -> str:
    """What a cell holds; a whole number without a point."""
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return ""
        if abs(value) >= 2**53:
            # Shown as what lost its last digits, so that as a name it is refused.
            return f"{value:.5E}"
        return str(int(value)) if value.is_integer() else repr(float(value))
    if isinstance(value, bytes):
        return value.decode(errors="replace").strip()
    return str(value).strip()
