"""Which column of a table is what, by what the caller says or by a convention."""

from typing import NamedTuple

from ._asked import Asked
from ._connectome import nearest
from ._conventions import (
    KINDS,
    LABELS,
    RECEIVERS,
    SENDERS,
    TRANSMITTERS,
    WEIGHTS,
    Convention,
    convention_of,
    is_one_of,
    plain,
)
from ._tables import Table
from ._text import is_number
from ._words import refusal, shown, some


class Roles(NamedTuple):
    """Columns by their places; `alike` are others that may be the weight as well."""

    pre: int
    post: int
    weight: int | None
    alike: tuple[int, ...]
    sign: int | None
    where: dict[int, tuple[str, ...]]
    kind: int | None
    convention: Convention | None


def roles_of(table: Table, asked: Asked) -> tuple[Roles, list[str]]:
    columns, said = table.columns, list(table.said)
    convention = convention_of(columns) if table.headed else None
    if convention is not None and (asked.pre is not None or asked.post is not None):
        convention = None
    if convention is not None:
        said.insert(0, f"Columns are as {convention.name} writes them. {convention.says}".strip())
        pre, post = (_spelled(columns, name) for name in (convention.pre, convention.post))
    elif not table.headed and asked.pre is None and asked.post is None:
        pre, post = 0, 1
        if len(columns) < 2:
            raise refusal(
                table.head, "it has one column", "allowed are two or more; delimiter= separates"
            )
        _refuse_perhaps_headed(table, asked)
        said.append("No header was found: the first column sends and the second receives.")
    else:
        pre = _end(table, "pre", asked.pre, SENDERS)
        post = _end(table, "post", asked.post, RECEIVERS)
    if pre == post:
        raise refusal(
            table.head, f"pre and post are both {columns[pre]!r}", "allowed are two columns"
        )
    where = {}
    for name, values in (asked.where or {}).items():
        where[_asked_column(table, "where", name)] = values
    sign = None if asked.sign is None else _asked_column(table, "sign", asked.sign)
    if asked.transmitters is not None and sign is None:
        raise refusal(table.head, "transmitters are given without sign", "sign= names their column")
    rest = [k for k in range(len(columns)) if k not in (pre, post, sign, *where)]
    weight, alike = _weight(table, asked, convention, rest)
    kinds = [k for k in (*rest, *where) if is_one_of(columns[k], KINDS)]
    if convention is not None and convention.kinds:
        kinds = [_spelled(columns, convention.kinds)]
    kind = kinds[0] if kinds else None
    _say_columns(table, (pre, post, weight, sign), (*where, kind), said)
    return Roles(pre, post, weight, alike, sign, where, kind, convention), said


def _refuse_perhaps_headed(table: Table, asked: Asked) -> None:
    """Refuse a first row that may be a header of unknown names."""
    first = table.sample[0]
    if asked.header == 0 or any(is_number(cell, table.decimal) for cell in first):
        return
    raise refusal(
        table.head,
        f"columns for sender and receiver are none in the first row, {some(first)}",
        "pre= and post= name them; header=0 says that there is no header",
    )


def _end(table: Table, argument: str, asked: str | None, usual: tuple[str, ...]) -> int:
    if asked is not None:
        return _asked_column(table, argument, asked)
    found = [k for k, name in enumerate(table.columns) if is_one_of(name, usual)]
    if len(found) != 1:
        seen = " and ".join(shown(table.columns[k], 20) for k in found) or "none"
        which = "sender" if argument == "pre" else "receiver"
        raise refusal(
            table.head,
            f"columns for the {which} are {seen}, in {some(table.columns)}",
            f"{argument}= names it",
        )
    return found[0]


def _asked_column(table: Table, argument: str, name: str) -> int:
    found = [k for k, column in enumerate(table.columns) if column == name]
    found = found or [k for k, column in enumerate(table.columns) if plain(column) == plain(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise refusal(table.head, f"{name!r} is there twice", f"allowed for {argument} is once")
    best = nearest(name, [column for column in table.columns if column])
    meant = f"; the nearest is {shown(best, 30)}" if best else ""
    raise refusal(
        table.head,
        f"{argument} is {shown(name)}",
        f"allowed are the columns {some(table.columns)}{meant}",
    )


def _spelled(columns: list[str], name: str) -> int:
    return next(k for k, column in enumerate(columns) if plain(column) == plain(name))


def _weight(
    table: Table, asked: Asked, convention: Convention | None, rest: list[int]
) -> tuple[int | None, tuple[int, ...]]:
    columns = table.columns
    if isinstance(asked.weight, str):
        return _asked_column(table, "weight", asked.weight), ()
    if asked.weight == 1:
        return None, ()
    if convention is not None:
        weights = {plain(name) for name in convention.weight}
        found = [k for k in rest if plain(columns[k]) in weights]
        return (found[0] if found else None), ()
    if not table.headed:
        numeric = [k for k in rest if some_numbers(table, k)]
        if len(rest) == 1 and numeric:
            return numeric[0], ()
        if numeric:
            raise refusal(
                table.head,
                f"the weight may be any of the columns {some(columns[k] for k in numeric)}",
                f"weight='{columns[numeric[0]]}' takes the first, weight=1 takes all alike",
            )
        return None, ()
    for k in rest:
        if columns[k] and sum(plain(columns[k]) == plain(other) for other in columns) > 1:
            raise refusal(table.head, f"{columns[k]!r} is there twice", "allowed is once")
    usual = [k for k in rest if is_one_of(columns[k], WEIGHTS)]
    if usual:
        return usual[0], tuple(usual[1:])
    none = (*LABELS, *KINDS, *TRANSMITTERS)
    maybe = [k for k in rest if not is_one_of(columns[k], none) and some_numbers(table, k)]
    if maybe:
        raise refusal(
            table.head,
            f"the weight may be any of {some(columns[k] for k in maybe)}, or none",
            f"weight={shown(columns[maybe[0]], 30)} takes it, weight=1 gives all rows 1",
        )
    return None, ()


def some_numbers(table: Table, k: int) -> bool:
    """Whether a column has numbers among its first rows, and so may be a weight."""
    return any(k < len(row) and is_number(row[k], table.decimal) for row in table.sample)


def _say_columns(
    table: Table,
    taken: tuple[int | None, ...],
    others: tuple[int | None, ...],
    said: list[str],
) -> None:
    columns = table.columns
    pre, post, weight, sign = taken
    assert pre is not None
    assert post is not None
    weighs = "every row weighs 1" if weight is None else f"{columns[weight]!r} is the weight"
    said.append(f"{columns[pre]!r} sends, {columns[post]!r} receives, {weighs}.")
    unused = [columns[k] for k in range(len(columns)) if k not in (*taken, *others) and columns[k]]
    if unused:
        signs = [name for name in unused if is_one_of(name, TRANSMITTERS)]
        offer = f"; sign={signs[0]!r} would give signs" if signs and sign is None else ""
        said.append(f"Columns not used: {', '.join(unused)}{offer}.")
