"""What a caller says of the file that a connectome is read from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ._connectome import require_names
from ._words import refusal, shown

DUPLICATES = ("error", "sum", "mean", "max")
ROWS = ("receive", "send")
# What a shell, and a specification, write more easily than the character itself.
_DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}
TABLES, MATRICES, GRAPHS = "a table", "a matrix", "a graph"
_FOR = {
    "pre": (TABLES,),
    "post": (TABLES,),
    "where": (TABLES, GRAPHS),
    "transmitters": (TABLES, MATRICES, GRAPHS),
    "rows": (TABLES, MATRICES),
    "names": (TABLES, MATRICES, GRAPHS),
    "sheet": (TABLES,),
    "delimiter": (TABLES,),
    "header": (TABLES,),
}


class Asked(NamedTuple):
    """The arguments of `read_connectome`, checked."""

    pre: str | None = None
    post: str | None = None
    weight: str | int | None = None
    sign: str | None = None
    transmitters: Mapping[str, int] | None = None
    where: Mapping[str, tuple[str, ...]] | None = None
    duplicates: str | None = None
    rows: str | None = None
    ignore: tuple[str, ...] | None = None
    names: str | None = None
    nodes: tuple[str, ...] | None = None
    sheet: str | None = None
    delimiter: str | None = None
    header: int | None = None
    most_bytes: int = 4 * 2**30

    def refuse_others(self, at: str, kind: str) -> None:
        """Refuse arguments that say nothing of this kind of file.

        Args:
            at: the file.
            kind: `TABLES`, `MATRICES` or `GRAPHS`.
        """
        for name, kinds in _FOR.items():
            value = getattr(self, name)
            if value is not None and kind not in kinds:
                raise refusal(
                    at, f"{name} is {shown(value)}", f"allowed is None, as the file holds {kind}"
                )


def checked(at: str, **arguments: Any) -> Asked:
    """The arguments, if each is of its kind.

    Raises:
        ValueError: one is not.
    """
    for name in ("pre", "post", "sign", "names"):
        value = arguments[name]
        if value is not None and (not isinstance(value, str) or not value):
            raise refusal(at, f"{name} is {shown(value)}", "allowed are texts that are not empty")
    weight = arguments["weight"]
    if weight is not None and not (isinstance(weight, str) and weight) and weight != 1:
        raise refusal(at, f"weight is {shown(weight)}", "allowed are names, and 1 for all alike")
    sheet = arguments["sheet"]
    if sheet is not None and not (isinstance(sheet, str) and sheet):
        raise refusal(at, f"sheet is {shown(sheet)}", "allowed are names of sheets")
    for name, allowed in (("duplicates", DUPLICATES), ("rows", ROWS)):
        if arguments[name] is not None and arguments[name] not in allowed:
            raise refusal(
                at,
                f"{name} is {shown(arguments[name])}",
                f"allowed are {', '.join(map(repr, allowed))}",
            )
    header, most = arguments["header"], arguments["most_bytes"]
    if header is not None and (not isinstance(header, int) or header < 0):
        raise refusal(
            at, f"header is {shown(header)}", "allowed are the header's line from 1, or 0 for none"
        )
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        raise refusal(at, f"most_bytes is {shown(most)}", "allowed are whole numbers from 1")
    nodes = arguments["nodes"]
    if nodes is not None:
        nodes = require_names(at, "nodes", nodes)
        if len(nodes) < 2:
            raise refusal(at, f"nodes has {len(nodes)} names", "allowed are at least 2")
    settled = {
        "weight": 1 if weight is not None and weight in (1, "1") else weight,
        "where": _where(at, arguments["where"]),
        "transmitters": _transmitters(at, arguments["transmitters"]),
        "ignore": _ignored(at, arguments["ignore"]),
        "nodes": nodes,
        "delimiter": _delimiter(at, arguments["delimiter"]),
        "header": None if header is None else int(header),
    }
    return Asked(**{**arguments, **settled})


def _where(at: str, where: Any) -> dict[str, tuple[str, ...]] | None:
    if where is None:
        return None
    if not isinstance(where, Mapping) or not where:
        raise refusal(at, f"where is {shown(where)}", 'allowed is such as {"type": "chemical"}')
    found = {}
    for column, values in where.items():
        several = not isinstance(values, str) and isinstance(values, Iterable)
        found[str(column)] = tuple(map(str, values if several else [values]))
    return found


def _transmitters(at: str, table: Any) -> dict[str, int] | None:
    if table is None:
        return None
    if not isinstance(table, Mapping) or any(s not in (1, -1) for s in table.values()):
        raise refusal(
            at,
            f"transmitters is {shown(table)}",
            'allowed are names with +1 or -1, such as {"glutamate": -1}',
        )
    return {str(name).strip().lower(): int(sign) for name, sign in table.items()}


def _ignored(at: str, ignore: Any) -> tuple[str, ...] | None:
    if ignore is None:
        return None
    if isinstance(ignore, str):
        return (ignore,)
    if not isinstance(ignore, Sequence) or any(not isinstance(each, str) for each in ignore):
        raise refusal(at, f"ignore is {shown(ignore)}", 'allowed are names, such as ("0", "NA")')
    return tuple(ignore)


def _delimiter(at: str, delimiter: Any) -> str | None:
    if delimiter is None:
        return None
    found = _DELIMITERS.get(delimiter, delimiter) if isinstance(delimiter, str) else ""
    if len(found) != 1 or found in "\r\n\"'":
        raise refusal(
            at,
            f"delimiter is {shown(delimiter)}",
            f"allowed are one character, or {', '.join(map(repr, _DELIMITERS))}",
        )
    return found
