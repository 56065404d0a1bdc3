"""Tables of text, sheets and columns, as pandas reads them: what they hold, and where it stands."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse

from ._asked import Asked
from ._files import COLUMNS, SHEETS, File
from ._text import Layout, is_header, is_number, layout, lines_of, require_even
from ._words import refusal, shown, some, unreadable

_SAMPLE = 200
# Numbers of a matrix that are held as text and as floats at a time.
_BLOCK = 2**22
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


class _Form(NamedTuple):
    """Whether a matrix has names above it, and beside it."""

    above: bool
    beside: bool


def read_table(file: File, asked: Asked) -> Table | Grid:
    """What a file of text, sheets or columns holds.

    Raises:
        ValueError: it cannot be read.
    """
    if file.extension in COLUMNS:
        return _of_columns(file, asked)
    if file.extension in SHEETS:
        return _of_sheet(file, asked)
    found = layout(file, asked)
    if asked.sheet is not None:
        raise refusal(file.at, f"sheet is {shown(asked.sheet)}", "allowed is None for text")
    if found.columns is None or not is_header(found.columns, asked):
        above = [found.columns] if found.columns is not None else []
        form = _form(file.at, above + found.rows, lambda most: _count(file, found, most), asked)
        if form is not None:
            return _grid_of_text(file, found, form)
    return _of_text(file, found)


def _form(
    at: str, rows: list[list[str]], count: Callable[[int], int], asked: Asked
) -> _Form | None:
    """How the matrix is laid out, or None where the table is none."""
    if asked.pre is not None or asked.post is not None or len(rows) < 2:
        return None
    first, body = rows[0], rows[1:]
    width = len(body[0])
    beside = [row[0] for row in body]
    for above in (first, first[1:]):
        # The same names above and beside; what is wrong within is said later.
        if len(above) > 1 and len(set(above)) == len(above) and beside == above[: len(beside)]:
            return _Form(True, True)
    if len(first) not in (width, width - 1) or any(len(row) != width for row in body):
        return None
    if not all(_numbers(row[1:]) for row in body):
        return None
    above = first[1:] if len(first) == width else first
    known = len(body) < 50 and set(above) == set(beside) and len(set(above)) == len(above)
    number = count(width + 2)
    numeric, whole = _numbers(first) and any(first), all(_numbers(row) for row in body)
    corner = len(first) == width - 1 or not first[0]
    form = None
    if known or (number == width and not numeric) or (corner and (width > _SURE or asked.rows)):
        form = _Form(True, True)
    elif number == width and numeric and whole:
        form = _Form(False, False)
    elif number == width + 1 and whole and len(first) == width:
        form = _Form(True, False)
    elif number == width - 1 and not whole and _numbers(first[1:]):
        form = _Form(False, True)
    if form is not None and not known and width < _SURE and asked.rows is None:
        raise refusal(
            at,
            f"it may be a matrix or a list of edges, with {width} columns and {number} rows",
            "rows='receive' or 'send' reads a matrix; header=0, pre='1', post='2' read edges",
        )
    return form


def _numbers(cells: Sequence[str]) -> bool:
    return all(not cell or is_number(cell) or is_number(cell, ",") for cell in cells)


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


def _grid_of_text(file: File, found: Layout, form: _Form) -> Grid:
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
        raise _other_header(file.at, len(above), width - form.beside)
    entries = scipy.sparse.csr_array(scipy.sparse.vstack(blocks, format="csr"))
    return Grid(entries, beside if form.beside else None, above, (*found.said, *_blank(empty)))


def _not_a_number(
    file: File, found: Layout, form: _Form, width: int, error: ValueError
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


def _other_header(at: str, above: int, width: int) -> ValueError:
    return refusal(
        at,
        f"{above} names stand above a matrix of {width} columns",
        "allowed are as many; header= says in which line the table begins",
    )


def _blank(empty: int) -> tuple[str, ...]:
    return (f"{empty:,} empty entries were taken as 0.",) if empty else ()


def _of_sheet(file: File, asked: Asked) -> Table | Grid:
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
        form = _form(at, kept, lambda most: min(most, len(kept)), asked)
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

    return Table(columns, headed, body[:_SAMPLE], fields, place, at, ".", said)


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
    rows = [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    rows = [row if any(row) else [] for row in rows]
    width = max(map(len, rows), default=0)
    while width and not any(row[width - 1 : width] != [""] for row in rows if row):
        width -= 1
    file.require_size(64 * width * sum(map(bool, rows)), "the sheet")
    return [(row + [""] * (width - len(row)))[:width] if row else [] for row in rows]


def _text(value: Any) -> str:
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


def _column(texts: Sequence[str]) -> Column:
    import pandas

    codes, values = pandas.factorize(np.array(texts, object))
    return Column(codes.astype(np.int64), [str(value) for value in values])


def _grid_of_rows(at: str, rows: list[list[str]], form: _Form, said: tuple[str, ...]) -> Grid:
    first = int(form.beside)
    above = rows[0][first:] if form.above else None
    body = rows[int(form.above) :]
    beside = [row[0] for row in body] if form.beside else None
    if above is not None and len(above) != len(body[0]) - first:
        raise _other_header(at, len(above), len(body[0]) - first)
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
    return Grid(scipy.sparse.csr_array(numbers), beside, above, (*said, *_blank(empty)))


def _of_columns(file: File, asked: Asked) -> Table | Grid:
    import pandas

    for name in ("sheet", "delimiter", "header"):
        if getattr(asked, name) is not None:
            raise refusal(file.at, f"{name} is {shown(getattr(asked, name))}", "allowed is None")
    frame = _frame(file)
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    columns = [str(name) for name in frame.columns]
    at = file.at
    numeric = [pandas.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]
    if not is_header(columns, asked) and asked.pre is None and asked.post is None:
        beside = len(columns) == len(frame) + 1 and all(numeric[1:])
        if beside or (len(columns) == len(frame) and all(numeric)):
            names = _strings(frame.iloc[:, 0]) if beside else None
            numbers = frame.iloc[:, int(beside) :].to_numpy(np.float64)
            empty = np.isnan(numbers)
            entries = scipy.sparse.csr_array(np.where(empty, 0, numbers))
            if names is None and isinstance(frame.index, pandas.Index):
                index = [str(each) for each in frame.index]
                names = index if set(index) == set(columns) else None
            return Grid(entries, names, columns[int(beside) :], _blank(int(empty.sum())))

    def fields(places: Sequence[int]) -> dict[int, Column]:
        found = {}
        for k in places:
            codes, values = pandas.factorize(frame.iloc[:, k], use_na_sentinel=False)
            found[k] = Column(codes.astype(np.int64), [_text(_plain(v)) for v in values])
        return found

    sample = [[_text(_plain(v)) for v in row] for row in frame.head(_SAMPLE).to_numpy(object)]
    if not sample:
        raise refusal(at, "it has no rows", "allowed is at least one")
    return Table(columns, True, sample, fields, lambda k: f"{at}, row {k + 1}", at, ".", ())


def _frame(file: File) -> Any:
    parquet = file.extension in (".parquet", ".pq")
    try:
        import pyarrow.feather
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{file.extension} files need pyarrow; install richlazy-jax[tables]."
        ) from error
    try:
        if parquet:
            about = pyarrow.parquet.read_metadata(file.path)
            groups = [about.row_group(k) for k in range(about.num_row_groups)]
            size = sum(group.total_byte_size for group in groups)
            size = max(size, 8 * about.num_rows * about.num_columns)
            file.require_size(size, "the table")
            table = pyarrow.parquet.read_table(file.path)
        else:
            table = pyarrow.feather.read_table(file.path, memory_map=False)
        # What is damaged would otherwise be read past its end.
        table.validate(full=True)
        frame = table.to_pandas()
        # Damaged text is found when it is looked at.
        text = [k for k, kind in enumerate(frame.dtypes) if kind.kind in "OUT"]
        return frame.astype({frame.columns[k]: object for k in text})
    except ValueError as error:
        if str(error).startswith(file.at):
            raise
        raise _bad_columns(file, error) from error
    # A broken file makes pyarrow raise nearly anything.
    except Exception as error:
        raise _bad_columns(file, error) from error


def _bad_columns(file: File, error: Exception) -> ValueError:
    return unreadable(file.at, file.extension, error, "allowed is a whole table of columns")


def _plain(value: Any) -> Any:
    """None for all that pandas has for what is missing."""
    import pandas

    missing = value is None or value is pandas.NA or value is pandas.NaT
    return None if missing else value


def _strings(column: Any) -> list[str]:
    return [_text(_plain(value)) for value in column]
