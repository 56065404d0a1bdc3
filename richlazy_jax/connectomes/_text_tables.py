"""Tables of text, as pandas reads them."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse

from ._asked import Asked
from ._files import File
from ._tables import (
    Column,
    Form,
    Grid,
    Table,
    form_of,
    other_header,
    said_of_blank,
)
from ._text import Layout, is_header, is_number, layout, lines_of, require_even
from ._words import refusal, shown, unreadable

# Numbers of a matrix that are held as text and as floats at a time.
_BLOCK = 2**22


def read_text(file: File, asked: Asked) -> Table | Grid:
    """What a file of text holds.

    Raises:
        ValueError: it cannot be read.
    """
    found = layout(file, asked)
    if asked.sheet is not None:
        raise refusal(file.at, f"sheet is {shown(asked.sheet)}", "allowed is None for text")
    if found.columns is None or not is_header(found.columns, asked):
        above = [found.columns] if found.columns is not None else []
        form = form_of(file.at, above + found.rows, lambda most: _count(file, found, most), asked)
        if form is not None:
            return _grid_of_text(file, found, form)
    return _of_text(file, found)


def _count(file: File, found: Layout, most: int) -> int:
    """How many rows there are, a header among them, up to a number."""
    number = int(found.columns is not None)
    for _ in lines_of(file, found):
        number += 1
        if number >= most:
            break
    return number


def _of_text(file: File, found: Layout) -> Table:
    if not found.rows:
        raise refusal(
            file.at, "it has a header only", "allowed is at least one row below it; see header="
        )
    width = len(found.columns) if found.columns is not None else len(found.rows[0])

    def fields(places: Sequence[int]) -> dict[int, Column]:
        import pandas

        # As the text that it is, so that no id loses a digit and NA stays a name.
        frame = _read_csv(file, found, width, dtype=object, usecols=list(places), na_filter=False)
        require_even(file, found, width, len(frame))
        columns: dict[int, Column] = {}
        for k in places:
            codes, values = pandas.factorize(frame.pop(k).to_numpy(object))
            columns[k] = Column(codes.astype(np.int64), [str(value) for value in values])
        return columns

    def place(k: int) -> str:
        for row, (line, _) in enumerate(lines_of(file, found)):
            if row == k:
                return f"{file.at}, line {line}"
        return file.at

    columns = found.columns or [str(k + 1) for k in range(width)]
    headed = found.columns is not None
    head = f"{file.at}, line {found.skip}" if headed and found.skip else file.at
    return Table(columns, headed, found.rows, fields, place, head, found.decimal, found.said)


def _read_csv(file: File, found: Layout, width: int, **how: Any) -> Any:
    # Imported here, because it is slow to import.
    import pandas

    how |= {"sep": r"\s+" if found.delimiter == " " else found.delimiter}
    try:
        with warnings.catch_warnings():
            if "chunksize" not in how:
                warnings.simplefilter("error", pandas.errors.ParserWarning)
            return pandas.read_csv(
                file.path,
                encoding=found.encoding,
                header=None,
                names=list(range(width)),
                skiprows=found.skip,
                index_col=False,
                compression=None,
                skipinitialspace=True,
                **how,
            )
    except (pandas.errors.ParserError, pandas.errors.ParserWarning, UnicodeError) as error:
        # It says which row has too many fields.
        require_even(file, found, width, -1)
        raise unreadable(
            file.at, "a table", error, "allowed are fields quoted as CSV; see delimiter="
        ) from error
    except pandas.errors.EmptyDataError as error:
        raise refusal(
            file.at, "it has no rows", "allowed is at least one below the header"
        ) from error


def _grid_of_text(file: File, found: Layout, form: Form) -> Grid:
    # A header that is no header of edges is among the first rows.
    body = found.rows[int(form.above and found.columns is None) :]
    above, width = None, len(body[0])
    if form.above:
        if found.columns is None:
            line, above = next(iter(lines_of(file, found)))
            found = found._replace(skip=line)
        else:
            above = found.columns
        above = above[1:] if form.beside and len(above) == width else above
    beside, blocks, empty = [], [], 0
    kinds = {k: np.float64 for k in range(width)} | ({0: str} if form.beside else {})
    try:
        with warnings.catch_warnings():
            # Of rows that are too long, which are refused below.
            warnings.simplefilter("ignore")
            chunks = _read_csv(
                file,
                found,
                width,
                dtype=kinds,
                decimal=found.decimal,
                keep_default_na=False,
                na_values={k: [""] for k in range(int(form.beside), width)},
                chunksize=max(1, _BLOCK // width),
            )
            rows = 0
            for chunk in chunks:
                if form.beside:
                    beside += chunk.pop(0).tolist()
                numbers = chunk.to_numpy(np.float64)
                missing = np.isnan(numbers)
                empty += int(missing.sum())
                numbers[missing] = 0
                blocks.append(scipy.sparse.csr_array(numbers))
                rows += len(numbers)
    except ValueError as error:
        raise _not_a_number(file, found, form, width, error) from error
    require_even(file, found, width, rows)
    if above is not None and len(above) != width - form.beside:
        raise other_header(file.at, len(above), width - form.beside)
    entries = scipy.sparse.csr_array(scipy.sparse.vstack(blocks, format="csr"))
    return Grid(
        entries, beside if form.beside else None, above, (*found.said, *said_of_blank(empty))
    )


def _not_a_number(
    file: File, found: Layout, form: Form, width: int, error: ValueError
) -> ValueError:
    """Which entry of a matrix is none."""
    for line, fields in lines_of(file, found):
        if len(fields) != width:
            return refusal(
                f"{file.at}, line {line}",
                f"{shown(fields)} has {len(fields)} fields",
                f"allowed are {width}, as many as the other rows",
            )
        for k, field in enumerate(fields):
            if k >= form.beside and field and not is_number(field, found.decimal):
                return refusal(
                    f"{file.at}, line {line}",
                    f"field {k + 1} of the matrix is {shown(field)}",
                    "allowed are numbers; pre= and post= name the columns of a list of edges",
                )
    return (
        error
        if str(error).startswith(file.at)
        else unreadable(file.at, "a matrix", error, "allowed are numbers; see delimiter=")
    )
