"""The text of a CSV file, with the number of the line that each row begins on."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Row(NamedTuple):
    """One row: the file and line for messages, its fields in the header's order, and the line."""

    where: str
    fields: list[str]
    line: int


def read_table(path: Path) -> tuple[list[str], list[Row]]:
    """The header and the rows below it, without spaces around fields and without blank lines.

    Raises:
        ValueError: the file is empty, is not text, is not well quoted, or has a row with more or
            fewer fields than the header.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    rows = []
    start = 1
    try:
        for row in reader:
            fields = [field.strip() for field in row]
            if fields not in ([], [""]):
                rows.append(Row(f"{path}, line {start}", fields, start))
            start = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {start}: {error}; allowed are fields between commas, quoted as CSV."
        ) from error
    if not rows:
        raise ValueError(f"{path} is empty; allowed is a header and a line for each entry.")
    header, *below = rows
    for row in below:
        if len(row.fields) != len(header.fields):
            raise ValueError(
                f"{row.where}: {row.fields!r} has {len(row.fields)} fields; allowed are "
                f"{len(header.fields)}, as many as the header has."
            )
    return header.fields, below


def column_of(path: Path, columns: Sequence[str], what: str, allowed: Sequence[str]) -> int:
    """Which column is called by one of the names allowed for it, upper and lower case alike."""
    found = [i for i, column in enumerate(columns) if column.lower() in allowed]
    if len(found) != 1:
        seen = " and ".join(repr(columns[i]) for i in found) or "none"
        raise ValueError(
            f"{path}, line 1: columns for the {what} are {seen}, in the header {list(columns)!r}; "
            f"allowed is one called {' or '.join(map(repr, allowed))}."
        )
    return found[0]


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        # The one that drops a byte order mark.
        text = raw.decode("utf-8-sig")
        wrong = raw.find(b"\0")
    except UnicodeDecodeError as error:
        text, wrong = "", error.start
    if wrong >= 0:
        line = 1 + raw.count(b"\n", 0, wrong)
        raise ValueError(
            f"{path}, line {line}: the byte {raw[wrong]:#04x} is not text; allowed is CSV text in "
            "UTF-8."
        )
    return text
