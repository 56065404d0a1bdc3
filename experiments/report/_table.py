"""The table of all cells."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..findings import (
    FURTHER_MEASURES,
    MEASURES,
    Cell,
    diverged_networks,
    fields_of_columns,
    finite_mean,
    mean_with_interval,
    ordered,
    regime_words,
    shown,
    start_place,
    variables_of,
    words,
)
from ._markup import escaped
from ._theory import Beside

_NUMBERS = (*MEASURES, *variables_of(FURTHER_MEASURES), "accuracy", "loss")


class Column(NamedTuple):
    """A column: its key in links, its heading, and for a cell its sort value and its text.

    The sort value is a number, or None to sort by the text.
    """

    key: str
    heading: str
    of: Callable[[Cell], tuple[float | None, str]]


def cell_table(cells: Sequence[Cell], found: Sequence[Beside]) -> str:
    """A row for each cell, as HTML that `page.js` makes sortable."""
    columns = _columns(cells, {b.cell.hash: b for b in found})
    heads = "".join(
        f'<th scope="col" aria-sort="none"><button type="button" data-key="{escaped(c.key)}">'
        f"{escaped(c.heading)}</button></th>"
        for c in columns
    )
    rows = "".join(
        f"<tr>{''.join(_entry(c, cell) for c in columns)}</tr>" for cell in ordered(cells)
    )
    return (
        '<p class="controls"><label>Filter <input type="search" id="filter" '
        'autocomplete="off" placeholder="rank 1, learning rate: 0.003"></label> '
        '<span class="how">Phrases that a row must have, with commas between; "heading: phrase" '
        "looks in one column.</span> "
        '<output id="count" for="filter" aria-live="polite"></output></p>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Table of cells">'
        f'<table id="cells"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _columns(cells: Sequence[Cell], beside: Mapping[str, Beside]) -> list[Column]:
    places = {cell.start: start_place(cell) for cell in cells}
    order = {start: i for i, start in enumerate(sorted(places, key=places.__getitem__))}
    columns = [
        Column("task", "task", lambda cell: (None, cell.task)),
        # In the order of starts, as text would put rank 100 before rank 30.
        Column("start", "start", lambda cell: (float(order[cell.start]), cell.start)),
    ]
    # How many seeds there are has a column of its own.
    names = (name for name in fields_of_columns(cells) if name != "seeds")
    columns += [Column(name, words(name), _field(name)) for name in names]
    for name in _NUMBERS:
        if any(name in cell.values for cell in cells):
            columns.append(Column(name, words(name), _regime if name == "regime" else _mean(name)))
    if beside:
        columns += [
            Column("theory", "theory's mean", _theory(beside, lambda b: b.expected)),
            Column("simulated", "simulated mean", _theory(beside, lambda b: b.simulated)),
            Column("z", "difference (std. errors)", _theory(beside, lambda b: b.z, "+.2f")),
            Column("agrees", "theory", lambda cell: (None, _verdict(beside.get(cell.hash)))),
        ]
    return [
        *columns,
        Column("diverged", "diverged", _whole(diverged_networks)),
        Column("seeds", "seeds", _whole(lambda cell: len(cell.seeds))),
        Column("hash", "cell", lambda cell: (None, cell.hash)),
    ]


def _field(name: str) -> Callable[[Cell], tuple[float | None, str]]:
    def of(cell: Cell) -> tuple[float | None, str]:
        if name not in cell.fields:
            return None, ""
        value: Any = cell.fields[name]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return (float(value) if number else None), shown(value)

    return of


def _mean(name: str) -> Callable[[Cell], tuple[float | None, str]]:
    return lambda cell: (
        finite_mean(cell, name),
        mean_with_interval(cell.values.get(name, np.empty(0))),
    )


def _regime(cell: Cell) -> tuple[float | None, str]:
    return None, regime_words(cell.values.get("regime", np.empty(0)))


def _theory(
    beside: Mapping[str, Beside], value: Callable[[Beside], float | None], form: str = ".4g"
) -> Callable[[Cell], tuple[float | None, str]]:
    def of(cell: Cell) -> tuple[float | None, str]:
        number = value(beside[cell.hash]) if cell.hash in beside else None
        if number is None or not math.isfinite(number):
            return math.nan, "–"
        return number, format(number, form)

    return of


def _verdict(found: Beside | None) -> str:
    return "" if found is None else found.verdict


def _whole(value: Callable[[Cell], int]) -> Callable[[Cell], tuple[float | None, str]]:
    return lambda cell: (float(value(cell)), str(value(cell)))


def _entry(column: Column, cell: Cell) -> str:
    number, text = column.of(cell)
    if number is None:
        return f"<td>{escaped(text)}</td>"
    # What is not a number has none to sort by, and goes last.
    value = repr(float(number)) if math.isfinite(number) else ""
    kind = "" if column.key == "start" else ' class="number"'
    # A number and its interval each stay in one line.
    first, bracket, rest = escaped(text).partition(" (")
    whole = f'{first} <span class="whole">({rest}</span>' if bracket else first
    return f'<td{kind} data-value="{value}">{whole}</td>'
