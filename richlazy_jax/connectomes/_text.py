"""How a table of text is laid out: its encoding, what separates its fields, and its header."""

import codecs
import csv
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ._asked import Asked
from ._conventions import RECEIVERS, SENDERS, convention_of, is_one_of, plain
from ._files import File
from ._words import counted, refusal, shown

_STEP = 2**20
# So many rows show what a table is.
_LOOKED_AT = 60
_MOST_LOOKED_AT = 2**22
_SEPARATORS = ("\t", ";", ",", "|", " ")
_WORDS = {"\t": "tabs", " ": "spaces", ",": "commas", ";": "semicolons", "|": "bars"}
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_COMMA_NUMBER = re.compile(r"\s*[+-]?\d+,\d+\s*")


class Layout(NamedTuple):
    """What a look at the first rows of a file shows.

    - `encoding`, `delimiter`, `decimal`: as pandas takes them.
    - `skip`: how many lines stand before the first row, a header that was found among them.
    - `columns`: the header, or None.
    - `rows`: the first rows below it, as text.
    - `said`: what is not as usual.
    """

    encoding: str
    delimiter: str
    decimal: str
    skip: int
    columns: list[str] | None
    rows: list[list[str]]
    said: tuple[str, ...]


def layout(file: File, asked: Asked) -> Layout:
    """How a file of text is laid out.

    Raises:
        ValueError: it is no text, is empty, or nobody can say what separates its fields.
    """
    encoding, said = _encoding(file)
    lines, numbers = _first_lines(file, encoding)
    delimiter = asked.delimiter
    if lines and (marked := re.fullmatch(r"sep=(.)", lines[0].strip())):
        delimiter = delimiter or marked[1]
        lines, numbers = lines[1:], numbers[1:]
    comments = 0
    if asked.header is None:
        while comments < len(lines) and lines[comments].lstrip()[:1] in ("#", "%"):
            comments += 1
    body = lines[comments:] if asked.header is None else _from(lines, numbers, asked.header)
    if not body:
        raise refusal(
            file.at, "it is empty", "allowed is a header, header= says where, and rows below it"
        )
    if delimiter is None:
        delimiter = _separator(file, body)
    rows = _parsed(file, body, delimiter)
    first = numbers[len(lines) - len(body)] - 1
    columns = None
    if asked.header is None and comments:
        above = _parsed(file, [lines[comments - 1].lstrip().lstrip("#%")], delimiter)
        if above and is_header(above[0], asked):
            columns = above[0]
            said += ("Its header begins with a sign for comments, as netzschleuder's do.",)
        else:
            said += (f"{counted(comments, 'line')} of comments above the table left out.",)
    if columns is None and (
        asked.header or (asked.header is None and rows and is_header(rows[0], asked))
    ):
        columns, rows = rows[0], rows[1:]
        first = numbers[len(lines) - len(body) + 1] - 1 if len(body) > 1 else first + 1
    # What R writes has no name above the numbers of its rows.
    if columns is not None and rows and all(len(row) == len(columns) + 1 for row in rows):
        numbered = [str(k + 1) for k in range(len(rows))]
        if [row[0] for row in rows] == numbered:
            columns = ["", *columns]
    cells = [cell for row in rows for cell in row]
    commas = any(_COMMA_NUMBER.fullmatch(cell) for cell in cells)
    points = any("." in cell and _NUMBER.fullmatch(cell) for cell in cells)
    decimal = "," if delimiter != "," and commas and not points else "."
    if decimal == ",":
        said += ("Its numbers have a decimal comma.",)
    if delimiter not in (",", "\t") or (delimiter == "\t") != (file.extension in (".tsv", ".tab")):
        said += (f"Its fields are separated by {_WORDS.get(delimiter, shown(delimiter))}.",)
    return Layout(encoding, delimiter, decimal, first, columns, rows, said)


def is_header(cells: list[str], asked: Asked) -> bool:
    """Whether a row names the columns of the sender or of the receiver."""
    if asked.pre is not None or asked.post is not None:
        there = {plain(cell) for cell in cells}
        return all(name is None or plain(name) in there for name in (asked.pre, asked.post))
    if convention_of(cells) is not None:
        return True
    found = [is_one_of(cell, (*SENDERS, *RECEIVERS)) for cell in cells]
    return any(found) and not any(is_number(cell) for cell in cells)


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether a field is a number."""
    return bool(_NUMBER.fullmatch(cell.replace(",", ".", 1) if decimal == "," else cell))


def lines_of(file: File, found: Layout) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header, each with the line that it begins on; slowly, for messages."""
    with open(file.path, encoding=found.encoding, newline="") as opened:
        for _ in range(found.skip):
            opened.readline()
        if found.delimiter == " ":
            for k, line in enumerate(opened):
                if line.strip():
                    yield found.skip + k + 1, line.split()
            return
        reader = csv.reader(opened, delimiter=found.delimiter, skipinitialspace=True, strict=True)
        start = 1
        try:
            for row in reader:
                fields = [field.strip() for field in row]
                if fields not in ([], [""]):
                    yield found.skip + start, fields
                start = reader.line_num + 1
        except csv.Error as error:
            raise refusal(
                f"{file.at}, line {found.skip + start}",
                f"the line cannot be read ({error})",
                "allowed are fields quoted as CSV; delimiter= says what separates them",
            ) from error


def require_even(file: File, found: Layout, width: int, rows: int) -> None:
    """Refuse a table with a row that is longer or shorter than others.

    pandas fills what is short and cuts what is long without a word. Where the separators are as
    many as they must be and none is quoted, all is well and nobody reads the file again.
    """
    if found.delimiter == " ":
        return
    separators, quotes = 0, False
    with open(file.path, encoding=found.encoding, newline="") as opened:
        for _ in range(found.skip):
            opened.readline()
        while block := opened.read(_STEP):
            separators += block.count(found.delimiter)
            quotes = quotes or '"' in block
    if separators == rows * (width - 1) and not quotes:
        return
    for line, fields in lines_of(file, found):
        if len(fields) != width:
            raise refusal(
                f"{file.at}, line {line}",
                f"{shown(fields)} has {len(fields)} fields",
                f"allowed are {width}, as many as the first row; delimiter= says what separates",
            )


def _encoding(file: File) -> tuple[str, tuple[str, ...]]:
    with open(file.path, "rb") as opened:
        start = opened.read(4)
    if start.startswith(codecs.BOM_UTF8):
        _require_text(file, "utf-8-sig")
        return "utf-8-sig", ()
    for encoding, mark in (("utf-16", codecs.BOM_UTF16_LE), ("utf-16", codecs.BOM_UTF16_BE)):
        if start.startswith(mark):
            _require_text(file, encoding)
            return encoding, ("It is text in UTF-16.",)
    if len(start) == 4 and start[0] and not start[1] and start[2] and not start[3]:
        _require_text(file, "utf-16-le")
        return "utf-16-le", ("It is text in UTF-16.",)
    try:
        _require_text(file, "utf-8")
    except UnicodeDecodeError:
        _require_text(file, "latin-1")
        return "latin-1", ("It is not in UTF-8 and was read as Latin-1.",)
    return "utf-8", ()


def _require_text(file: File, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with open(file.path, "rb") as opened:
        while True:
            block = opened.read(_STEP)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                if encoding == "utf-8":
                    raise
                raise _no_text(file, line, error.reason) from error
            wrong = re.search("[\x00-\x08\x0e-\x1f]", text)
            if wrong:
                line += text.count("\n", 0, wrong.start())
                raise _no_text(file, line, f"it holds the character {wrong[0]!r}")
            line += text.count("\n")
            if not block:
                return


def _no_text(file: File, line: int, why: str) -> ValueError:
    return refusal(
        f"{file.at}, line {line}",
        f"this is no text ({why})",
        "allowed is text in UTF-8, UTF-16 with its mark, or Latin-1",
    )


def _first_lines(file: File, encoding: str) -> tuple[list[str], list[int]]:
    """The first lines that are not blank, and the number of each."""
    lines, numbers, characters = [], [], 0
    with open(file.path, encoding=encoding, newline="") as opened:
        for number, line in enumerate(opened, 1):
            if line.strip():
                lines.append(line)
                numbers.append(number)
                characters += len(line)
            if len(lines) >= _LOOKED_AT or characters > _MOST_LOOKED_AT:
                break
    return lines, numbers


def _from(lines: list[str], numbers: list[int], header: int) -> list[str]:
    """The lines from a given one on."""
    return [line for line, number in zip(lines, numbers, strict=True) if number >= header]


def _separator(file: File, lines: list[str]) -> str:
    """What most lines agree on; of several, the one that stands first in `_SEPARATORS`."""
    best, most = "", 0.0
    for separator in _SEPARATORS:
        widths = [len(row) for row in _parsed(file, lines, separator, strict=False)]
        if not widths:
            continue
        usual = max(set(widths), key=widths.count)
        share = widths.count(usual) / len(widths)
        # A header may lack the name above the names of rows.
        if widths[0] == usual - 1 and len(widths) > 1:
            share = widths[1:].count(usual) / (len(widths) - 1)
        if usual > 1 and share > most + 1e-9:
            best, most = separator, share
    if most < 0.5:
        raise refusal(
            file.at,
            f"the first line is {shown(lines[0].strip())}, without a separator that all agree on",
            "allowed are fields between commas and the like; delimiter= says between what",
        )
    return best


def _parsed(file: File, lines: list[str], delimiter: str, strict: bool = True) -> list[list[str]]:
    if delimiter == " ":
        lines, how = [" ".join(line.split()) for line in lines], {}
    else:
        how: dict[str, Any] = {"skipinitialspace": True}
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, **how))
    except csv.Error as error:
        if not strict:
            return []
        raise refusal(
            file.at, f"its first lines cannot be read ({error})", "delimiter= says what separates"
        ) from error
    return [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
