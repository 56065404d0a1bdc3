"""Edges of a table whose columns are known."""

import re
from typing import Any

import numpy as np
import scipy.sparse

from ._asked import TABLES, Asked
from ._conventions import (
    ELECTRICAL,
    is_one_of,
)
from ._edges import Edges, looks_turned, of_both_signs, weights_of
from ._roles import Roles, roles_of, some_numbers
from ._tables import Column, Table
from ._text import is_number
from ._transmitters import signs_of
from ._words import counted, refusal, shown, some


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
    roles, said = roles_of(table, asked)
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


def _rows(table: Table, roles: Roles, fields: dict[int, Column], said: list[str]) -> np.ndarray:
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
    roles: Roles,
    fields: dict[int, Column],
    rows: np.ndarray,
    said: list[str],
) -> np.ndarray:
    if roles.weight is None:
        return np.ones(len(rows))
    weight = _numbers(table, roles.weight, fields[roles.weight], rows)
    for k in roles.alike:
        if not some_numbers(table, k) or (_numbers(table, k, fields[k], rows) != weight).any():
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
    table: Table, roles: Roles, column: Column, rows: np.ndarray, asked: Asked, said: list[str]
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
    roles: Roles,
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
