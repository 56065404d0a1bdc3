"""Sheets of workbooks, as openpyxl reads them."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse

from ._asked import Asked
from ._files import File
from ._tables import (
    SAMPLE,
    Column,
    Form,
    Grid,
    Table,
    cell_text,
    form_of,
    other_header,
    said_of_blank,
)
from ._text import is_header, is_number
from ._words import refusal, shown, some, unreadable


def read_sheet(file: File, asked: Asked) -> Table | Grid:
    rows, sheet, said = _sheet_rows(file, asked)
    at = f"{file.at}, sheet {shown(sheet, 30)}"
    start = 0
    if asked.header:
        start = asked.header - 1
    elif asked.header is None:
        # Titles stand above some tables.
        start = next((k for k in range(min(len(rows), 20)) if is_header(rows[k], asked)), 0)
        while start < len(rows) and not any(rows[start]):
            start += 1
    numbers = [k for k in range(start, len(rows)) if any(rows[k])]
    kept = [rows[k] for k in numbers]
    if not kept:
        raise refusal(at, "it is empty", "allowed is a table; sheet= names another sheet")
    if start:
        said += (f"The table was read from row {start + 1} on.",)
    headed = bool(asked.header) or (asked.header is None and is_header(kept[0], asked))
    if not headed or not is_header(kept[0], asked):
        form = form_of(at, kept, lambda most: min(most, len(kept)), asked)
        if form is not None:
            return _grid_of_rows(at, kept, form, said)
    columns = kept[0] if headed else [str(k + 1) for k in range(len(kept[0]))]
    body, lines = (kept[1:], numbers[1:]) if headed else (kept, numbers)
    if not body:
        raise refusal(at, "it has a header only", "allowed is at least one row; see header=")

    def fields(places: Sequence[int]) -> dict[int, Column]:
        return {k: _column([row[k] for row in body]) for k in places}

    def place(k: int) -> str:
        return f"{at}, row {lines[k] + 1}"

    return Table(columns, headed, body[:SAMPLE], fields, place, at, ".", said)


def _sheet_rows(file: File, asked: Asked) -> tuple[list[list[str]], str, tuple[str, ...]]:
    """The rows of one sheet as text, all of one width."""
    import zipfile

    if asked.delimiter is not None:
        raise refusal(file.at, f"delimiter is {shown(asked.delimiter)}", "allowed is None here")
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "Excel files need openpyxl; install richlazy-jax[tables], or save the sheet as .csv."
        ) from error
    try:
        with zipfile.ZipFile(file.path) as archive:
            size = sum(each.file_size for each in archive.infolist())
        file.require_size(10 * size, "the unpacked sheets")
        with warnings.catch_warnings():
            # Of styles and pictures that nobody reads here.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(file.path, read_only=True, data_only=True)
            names = [sheet.title for sheet in book.worksheets]
            if asked.sheet is not None and asked.sheet not in names:
                raise refusal(
                    file.at, f"sheet is {shown(asked.sheet)}", f"allowed are {some(names)}"
                )
            found: dict[str, list[list[str]]] = {}
            for sheet in book.worksheets:
                if asked.sheet in (None, sheet.title):
                    rows = _cells(file, sheet)
                    if any(map(any, rows)):
                        found[sheet.title] = rows
            book.close()
    except ValueError:
        raise
    # A broken book makes openpyxl raise nearly anything.
    except Exception as error:
        raise unreadable(file.at, ".xlsx", error, "allowed is a whole workbook") from error
    if len(found) != 1:
        raise refusal(
            file.at,
            f"sheets with something in them are {some(found)}",
            "allowed is one; sheet= names it",
        )
    ((name, rows),) = found.items()
    return rows, name, (f"Sheet {name!r} was read.",)


def _cells(file: File, sheet: Any) -> list[list[str]]:
    """All rows of a sheet as text, of one width; empty rows of none."""
    # What a sheet says of its size need not be so.
    sheet.reset_dimensions()
    # Not by pandas, which makes whole numbers of what lost its last digits.
    rows = [[cell_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    rows = [row if any(row) else [] for row in rows]
    width = max(map(len, rows), default=0)
    while width and not any(row[width - 1 : width] != [""] for row in rows if row):
        width -= 1
    file.require_size(64 * width * sum(map(bool, rows)), "the sheet")
    return [(row + [""] * (width - len(row)))[:width] if row else [] for row in rows]


def _column(texts: Sequence[str]) -> Column:
    import pandas

    codes, values = pandas.factorize(np.array(texts, object))
    return Column(codes.astype(np.int64), [str(value) for value in values])


def _grid_of_rows(at: str, rows: list[list[str]], form: Form, said: tuple[str, ...]) -> Grid:
    first = int(form.beside)
    above = rows[0][first:] if form.above else None
    body = rows[int(form.above) :]
    beside = [row[0] for row in body] if form.beside else None
    if above is not None and len(above) != len(body[0]) - first:
        raise other_header(at, len(above), len(body[0]) - first)
    numbers = np.zeros((len(body), len(body[0]) - first))
    empty = 0
    for i, row in enumerate(body):
        for j, cell in enumerate(row[first:]):
            if not cell:
                empty += 1
            elif is_number(cell):
                numbers[i, j] = float(cell)
            else:
                raise refusal(
                    f"{at}, row {i + 1 + form.above}",
                    f"an entry of the matrix is {shown(cell)}",
                    "allowed are numbers; header= says in which row the table begins",
                )
    return Grid(scipy.sparse.csr_array(numbers), beside, above, (*said, *said_of_blank(empty)))
