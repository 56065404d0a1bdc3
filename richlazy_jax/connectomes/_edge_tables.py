"""Edges of a table: which column is what, by what the caller says or by a convention."""

import re
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse

from ._asked import TABLES, Asked
from ._connectome import nearest
from ._conventions import (
    ELECTRICAL,
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
from ._edges import Edges, looks_turned, of_both_signs, weights_of
from ._tables import Column, Table
from ._text import is_number
from ._transmitters import signs_of
from ._words import counted, refusal, shown, some


class _Roles(NamedTuple):
    """Columns by their places; `alike` are others that may be the weight as well."""

    pre: int
    post: int
    weight: int | None
    alike: tuple[int, ...]
    sign: int | None
    where: dict[int, tuple[str, ...]]
    kind: int | None
    convention: Convention | None


def weights_of_table(
    at: str, table: Table, asked: Asked
) -> tuple[tuple[str, ...], scipy.sparse.csr_array, list[str]]:
    """Names, weights and what there is to say of a table with one edge a row.

    Raises:
        ValueError: the table is not what the caller or a convention says, or it is not clear what
            it says.
    """
    # Only what is a matrix may have rows that send.
    asked._replace(rows=None).refuse_others(at, TABLES)
    for name in ("names", "rows"):
        if getattr(asked, name) is not None:
            raise refusal(
                at,
                f"{name} is {shown(getattr(asked, name))}",
                "allowed is None for a list of edges; pre= and post= name its columns",
            )
    roles, said = _roles(table, asked)
    wanted = [roles.pre, roles.post, roles.weight, roles.sign, roles.kind, *roles.alike]
    # The last shows whether rows are too short.
    wanted += [*roles.where, len(table.columns) - 1]
    fields = table.fields(sorted({place for place in wanted if place is not None}))
    rows = _rows(table, roles, fields, said)
    weight = _weights(table, roles, fields, rows, said)
    if roles.sign is not None:
        column = fields[roles.sign]
        here, codes = np.unique(column.codes[rows], return_inverse=True)
        fly = roles.convention is not None and roles.convention.fly
        name = table.columns[roles.sign]
        values = [column.values[k] for k in here]
        signs, taken = signs_of(table.head, name, values, asked.transmitters, fly)
        if (weight < 0).any():
            k = int(rows[np.flatnonzero(weight < 0)[0]])
            raise refusal(
                table.place(k), "the weight is negative already", "allowed with sign= are none"
            )
        weight = weight * signs[codes]
        said.append(taken)
    pre, post = fields[roles.pre], fields[roles.post]
    labels = list(dict.fromkeys([*pre.values, *post.values]))
    index = {label: k for k, label in enumerate(labels)}
    of_pre = np.array([index[v] for v in pre.values], np.int64)[pre.codes[rows]]
    of_post = np.array([index[v] for v in post.values], np.int64)[post.codes[rows]]
    labels, of_pre, of_post = _used(labels, of_pre, of_post)
    if roles.convention is not None and roles.convention.kinds:
        of_pre, of_post, weight, rows = _by_kind(
            roles, fields, labels, of_pre, of_post, weight, rows, said
        )
        labels, of_pre, of_post = _used(labels, of_pre, of_post)
    elif roles.kind is not None:
        _ask_about_kinds(table, roles, fields[roles.kind], rows, asked, said)
    hint = ""
    if roles.kind is not None and roles.kind not in roles.where:
        name, values = table.columns[roles.kind], fields[roles.kind].values
        hint = f", and where={{{name!r}: {shown(values[0], 20)}}} some of them" if values else ""
    edges = Edges(
        labels,
        of_pre,
        of_post,
        weight,
        lambda k: table.place(int(rows[k])) if k >= 0 else at,
        ends=(table.columns[roles.pre], table.columns[roles.post]),
    )
    usual = roles.convention.duplicates if roles.convention else "error"
    names, w, more = weights_of(at, edges, asked, duplicates=usual, hint=hint)
    said += more
    if roles.sign is not None and (mixed := of_both_signs(w)):
        said.append(f"{counted(mixed, 'node')} both excite and inhibit by these signs.")
    if looks_turned(w):
        said.append(
            "What a node receives has one sign and what it sends has both: perhaps pre= and post= "
            "should be the other way round."
        )
    return names, w, said


def _roles(table: Table, asked: Asked) -> tuple[_Roles, list[str]]:
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
    return _Roles(pre, post, weight, alike, sign, where, kind, convention), said


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
        numeric = [k for k in rest if _some_numbers(table, k)]
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
    maybe = [k for k in rest if not is_one_of(columns[k], none) and _some_numbers(table, k)]
    if maybe:
        raise refusal(
            table.head,
            f"the weight may be any of {some(columns[k] for k in maybe)}, or none",
            f"weight={shown(columns[maybe[0]], 30)} takes it, weight=1 gives all rows 1",
        )
    return None, ()


def _some_numbers(table: Table, k: int) -> bool:
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


def _rows(table: Table, roles: _Roles, fields: dict[int, Column], said: list[str]) -> np.ndarray:
    """The rows that count."""
    number = len(fields[roles.pre].codes)
    kept = np.ones(number, bool)
    # What programs for sheets leave below a table.
    empty = np.ones(number, bool)
    for column in fields.values():
        blank = np.array([not value.strip() for value in column.values], bool)
        empty &= blank[column.codes] if blank.any() else False
    kept &= ~empty
    for k, values in roles.where.items():
        column, name = fields[k], table.columns[k]
        spelled = [value.strip() for value in column.values]
        fits = np.array([value in values for value in spelled], bool)
        if not fits.any():
            lower = {value.lower() for value in values}
            fits = np.array([value.lower() in lower for value in spelled], bool)
        if not fits.any():
            raise refusal(
                table.head,
                f"where is {{{shown(name, 30)}: {some(values, 40)}}}, which no row has",
                f"allowed are {some(spelled)}",
            )
        kept &= fits[column.codes]
        said.append(
            f"Only rows with {name} {' or '.join(values)}: {int(kept.sum()):,} of {number:,}."
        )
    if not kept.any():
        raise refusal(table.head, "no row is left", "where= must leave at least one")
    return np.flatnonzero(kept)


def _weights(
    table: Table,
    roles: _Roles,
    fields: dict[int, Column],
    rows: np.ndarray,
    said: list[str],
) -> np.ndarray:
    if roles.weight is None:
        return np.ones(len(rows))
    weight = _numbers(table, roles.weight, fields[roles.weight], rows)
    for k in roles.alike:
        if not _some_numbers(table, k) or (_numbers(table, k, fields[k], rows) != weight).any():
            names = [table.columns[j] for j in (roles.weight, *roles.alike)]
            raise refusal(
                table.head,
                f"the weight may be any of {some(names)}, which differ",
                f"weight={shown(names[0], 30)} takes the first",
            )
        said.append(f"{table.columns[k]!r} has the same numbers as the weight.")
    return weight


def _numbers(table: Table, k: int, column: Column, rows: np.ndarray) -> np.ndarray:
    """A column as finite numbers, at some rows."""
    import pandas

    texts = [value.strip() for value in column.values]
    if table.decimal == ",":
        texts = [value.replace(",", ".", 1) for value in texts]
    converted: Any = pandas.to_numeric(np.array(texts, object), errors="coerce")
    numbers = converted.astype(np.float64)
    # Python and pandas read some words as numbers; no table means them so.
    words = np.array([not is_number(value) for value in texts], bool)
    numbers = np.where(words, np.nan, numbers)
    found = numbers[column.codes[rows]]
    wrong = np.flatnonzero(~np.isfinite(found))
    if wrong.size:
        row = int(rows[wrong[0]])
        raise refusal(
            table.place(row),
            f"{table.columns[k]} is {shown(column.values[column.codes[row]])}",
            "allowed are finite numbers; where= leaves rows out, weight=1 takes all alike",
        )
    return found


def _used(
    labels: list[str], pre: np.ndarray, post: np.ndarray
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The labels that edges have."""
    used = np.zeros(len(labels), bool)
    used[pre] = True
    used[post] = True
    place = np.cumsum(used) - 1
    return [labels[k] for k in np.flatnonzero(used)], place[pre], place[post]


def _ask_about_kinds(
    table: Table, roles: _Roles, column: Column, rows: np.ndarray, asked: Asked, said: list[str]
) -> None:
    """Refuse electrical and chemical connections in one, unless that is what is asked for."""
    assert roles.kind is not None
    if roles.kind in roles.where:
        return
    name = table.columns[roles.kind]
    values = [column.values[k] for k in np.unique(column.codes[rows])]
    if asked.duplicates is None:
        refuse_mixed_kinds(table.head, name, values)
    if len(values) == 1:
        said.append(f"{name} is {values[0]!r} in every row.")
    else:
        said.append(f"{name} has {some(values)}, all of which were read; where= chooses.")


def refuse_mixed_kinds(at: str, name: str, values: list[str]) -> None:
    """Refuse kinds of connections of which some are electrical and some are not."""
    electrical = [value for value in values if is_one_of(value, ELECTRICAL)]
    others = [value for value in values if value not in electrical]
    if electrical and others:
        raise refusal(
            at,
            f"{name} has {some(values)}, electrical and other connections",
            f"where={{{name!r}: {shown(others[0], 20)}}} reads some, duplicates='sum' adds all up",
        )


def _by_kind(
    roles: _Roles,
    fields: dict[int, Column],
    labels: list[str],
    pre: np.ndarray,
    post: np.ndarray,
    weight: np.ndarray,
    rows: np.ndarray,
    said: list[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows that send, rows that say the same from the other end, and electrical ones."""
    convention, kind = roles.convention, roles.kind
    assert convention is not None
    assert kind is not None
    values = [re.sub(r"\s", "", value).lower() for value in fields[kind].values]
    of_row = np.array(values, object)[fields[kind].codes[rows]]

    def are(kinds: tuple[str, ...]) -> np.ndarray:
        return np.isin(of_row.astype(str), kinds)

    sends, receives = are(convention.sends), are(convention.receives)
    both, left = are(convention.electrical), are(convention.left)
    other = ~(sends | receives | both | left)
    if kind not in roles.where:
        for mask, word in ((both, "electrical"), (left, "to muscle"), (other, "of other kinds")):
            if mask.any():
                codes = np.unique(fields[kind].codes[rows][mask])
                names = ", ".join(sorted(fields[kind].values[code] for code in codes))
                said.append(
                    f"{counted(int(mask.sum()), 'row')} {word} ({names}) left out; "
                    f"where={{{convention.kinds!r}: ...}} reads them."
                )
        both, left, other = (np.zeros_like(mask) for mask in (both, left, other))
    forward = sends | both | left | other
    pairs, reverse = post * len(labels) + pre, pre * len(labels) + post
    mirrors = receives & ~np.isin(reverse, pairs[sends])
    returns = both & ~np.isin(reverse, pairs[both])
    extra = np.flatnonzero(mirrors | returns)
    if receives.any():
        said.append(
            f"{counted(int(receives.sum()), 'row')} of receivers: {int(mirrors.sum()):,} were read "
            "from their side, and the others have the sender's row."
        )
    if both.any():
        said.append(
            f"{counted(int(both.sum()), 'electrical row')} read both ways; "
            f"{int(returns.sum()):,} stood there one way only."
        )
    first = np.flatnonzero(forward)
    return (
        np.concatenate([pre[first], post[extra]]),
        np.concatenate([post[first], pre[extra]]),
        np.concatenate([weight[first], weight[extra]]),
        np.concatenate([rows[first], rows[extra]]),
    )
