"""Edges with the names of their ends, made into the sparse weights of a connectome."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse

from ._asked import Asked
from ._connectome import require_known
from ._words import counted, refusal, shown, some

# What programs write where they know of no node.
_NOBODY = {
    *("na", "n/a", "#n/a", "nan", "null", "none", "unknown", "unk", "undefined", "missing"),
    *("?", "-", "<na>", "-1", "(null)", "not available"),
}
# Numbers of nodes that begin at 0 lie below; where all others lie above, 0 is a gap.
_SMALL = 1000
# Excel keeps so many digits of a number.
_DIGITS = 15
_WHOLE = re.compile(r"([+-]?\d+)\.0*")
_POWER = re.compile(r"[+-]?(\d[.,]\d+[eE]\+?\d+|\d+[eE]\+\d+)")
_INTEGER = re.compile(r"[+-]?\d+")
MOST_NODES = 10_000_000


class Edges(NamedTuple):
    """Connections between nodes, in the order of the file.

    - `labels`: what the nodes are called, each spelling once.
    - `pre`, `post`: the labels of each edge's ends, by their places.
    - `value`: of each edge.
    - `place`: what messages call the place of an edge in the file.
    - `what`: what an edge is there, such as a row.
    - `ends`: what the two ends are called, for messages.
    """

    labels: Sequence[str]
    pre: np.ndarray
    post: np.ndarray
    value: np.ndarray
    place: Callable[[int], str]
    what: str = "row"
    ends: tuple[str, str] = ("pre", "post")


def weights_of(
    at: str,
    edges: Edges,
    asked: Asked,
    *,
    duplicates: str = "error",
    hint: str = "",
    in_order: bool = True,
    numbered: bool = False,
) -> tuple[tuple[str, ...], scipy.sparse.csr_array, list[str]]:
    """The names, the weights with rows that receive, and what there is to say.

    Args:
        at: the file, for messages.
        edges: what was read.
        asked: by the caller.
        duplicates: what becomes of several edges of one connection where the caller says nothing.
        hint: what else than `duplicates` may read them.
        in_order: whether nodes are sorted by their names, and stand in the file's order otherwise.
        numbered: whether the labels are only the numbers of rows.
    """
    said: list[str] = []
    names, of_label = list(edges.labels), np.arange(len(edges.labels))
    if not numbered:
        names, of_label = _settled(at, edges, asked, said)
    pre, post = of_label[edges.pre], of_label[edges.post]
    kept = np.flatnonzero((pre >= 0) & (post >= 0))
    if asked.ignore is not None and len(kept) < len(pre):
        said.append(
            f"{counted(len(pre) - len(kept), edges.what)} left out by ignore={some(asked.ignore)}."
        )
    if asked.nodes is not None:
        names, pre, post = _among(at, names, pre, post, kept, edges, asked)
    elif in_order and not numbered:
        order = _sorted(names)
        rank = np.empty(len(names), np.int64)
        rank[order] = np.arange(len(names))
        names = [names[k] for k in order]
        pre, post = rank[pre], rank[post]
    value = edges.value[kept]
    _require_finite(edges, value, kept)
    rows, columns, data = _merged(
        at, names, pre[kept], post[kept], value, kept, edges, asked, duplicates, hint, said
    )
    n = len(names)
    if n < 2:
        raise refusal(at, f"it has {counted(n, 'node')}", "allowed are at least 2; see pre=, post=")
    if not data.any():
        raise refusal(
            at, "all weights are zero", "weight= names the column or array that holds the weights"
        )
    w = scipy.sparse.csr_array((data, (rows, columns)), shape=(n, n))
    w.eliminate_zeros()
    w.sort_indices()
    said += _about(w, int((data == 0).sum()))
    return tuple(names), w, said


def _settled(at: str, edges: Edges, asked: Asked, said: list[str]) -> tuple[list[str], np.ndarray]:
    """The names of the nodes, and for each label the place of its name, or -1 to leave it out."""
    ignored, allowed = set(asked.ignore or ()), set(asked.nodes or ())
    if "0" in ignored:
        ignored |= {"0.0"}
    places: dict[str, int] = {}
    of_label = np.empty(len(edges.labels), np.int64)
    respelled = 0
    for k, label in enumerate(edges.labels):
        name = label.strip()
        if name in ignored:
            of_label[k] = -1
            continue
        if not name:
            raise refusal(*_of_label(edges, k, "is empty"), "ignore='' leaves out what has no name")
        if _POWER.fullmatch(name):
            raise refusal(
                *_of_label(edges, k, f"is {shown(name)}, a number that lost its last digits"),
                "save ids as text, and read that file",
            )
        if whole := _WHOLE.fullmatch(name):
            if len(whole[1].lstrip("+-")) > _DIGITS:
                raise refusal(
                    *_of_label(edges, k, f"is {shown(name)}, too long for what a decimal keeps"),
                    "save ids as whole numbers or text, and read that file",
                )
            name, respelled = whole[1], respelled + 1
        of_label[k] = places.setdefault(name, len(places))
    names = list(places)
    if asked.ignore is None:
        _ask_about(at, names, of_label, edges, allowed)
    _refuse_rounded(at, names)
    merged = int((of_label >= 0).sum()) - len(names)
    if merged:
        said.append(f"{counted(merged, 'name')} merged that differ only as 101 and 101.0 do.")
    elif respelled:
        said.append("Ids written as decimals, such as 101.0, are whole numbers here.")
    return names, of_label


def _ask_about(
    at: str, names: list[str], of_label: np.ndarray, edges: Edges, allowed: set[str]
) -> None:
    """Refuse names that are perhaps no nodes."""
    suspects = [name for name in names if name.lower() in _NOBODY and name not in allowed]
    if "0" in names and "0" not in allowed:
        others = [name for name in names if name != "0"]
        if not all(
            _INTEGER.fullmatch(name) for name in others if name.lower() not in _NOBODY
        ) or not any(len(name) < 4 for name in others):
            suspects.insert(0, "0")
    if not suspects:
        return
    k = int(np.flatnonzero(of_label == names.index(suspects[0]))[0])
    raise refusal(
        *_of_label(edges, k, f"is {shown(suspects[0])}, perhaps no node"),
        f"ignore=({', '.join(map(repr, suspects[:4]))},) leaves such out, and ignore=() takes "
        "them as nodes",
    )


def _refuse_rounded(at: str, names: list[str]) -> None:
    """Refuse ids that all end in zeros from the sixteenth digit on, as Excel makes them."""
    long = [name for name in names if len(name) > _DIGITS + 1 and name.isdigit()]
    if len(long) > 1 and all(not name[_DIGITS:].strip("0") for name in long):
        raise refusal(
            at,
            f"all long ids end in zeros, such as {long[0]}, and lost their last digits",
            "save ids as text, and read that file",
        )


def _of_label(edges: Edges, k: int, fault: str) -> tuple[str, str]:
    """Where a label stands first, and what is wrong with it there."""
    places = np.flatnonzero((edges.pre == k) | (edges.post == k))
    if not places.size:
        return edges.place(-1 - k), f"the name {fault}"
    first = int(places[0])
    end = edges.ends[0] if edges.pre[first] == k else edges.ends[1]
    return edges.place(first), f"{end} {fault}"


def _among(
    at: str,
    names: list[str],
    pre: np.ndarray,
    post: np.ndarray,
    kept: np.ndarray,
    edges: Edges,
    asked: Asked,
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The same edges between `nodes`, which must hold all names."""
    assert asked.nodes is not None
    index = {name: i for i, name in enumerate(asked.nodes)}
    place = np.array([index.get(name, -1) for name in names] or [-1], np.int64)
    unknown = np.flatnonzero((place[pre[kept]] < 0) | (place[post[kept]] < 0))
    if unknown.size:
        k = int(kept[unknown[0]])
        name = names[pre[k]] if place[pre[k]] < 0 else names[post[k]]
        require_known(edges.place(k), name, index.keys())
    for i, name in enumerate(names):
        if place[i] < 0:
            require_known(at, name, index.keys())
    return list(asked.nodes), place[pre], place[post]


def _sorted(names: list[str]) -> list[int]:
    """By number where all are numbers, and by the alphabet otherwise."""
    if all(_INTEGER.fullmatch(name) for name in names):
        return sorted(range(len(names)), key=lambda k: (int(names[k]), names[k]))
    return sorted(range(len(names)), key=names.__getitem__)


def _require_finite(edges: Edges, value: np.ndarray, kept: np.ndarray) -> None:
    wrong = np.flatnonzero(~np.isfinite(value))
    if wrong.size:
        raise refusal(
            edges.place(int(kept[wrong[0]])),
            f"the weight is {value[wrong[0]]}",
            "allowed are finite numbers; weight= names other weights",
        )


def _merged(
    at: str,
    names: list[str],
    pre: np.ndarray,
    post: np.ndarray,
    value: np.ndarray,
    kept: np.ndarray,
    edges: Edges,
    asked: Asked,
    duplicates: str,
    hint: str,
    said: list[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each connection once."""
    pairs = post * len(names) + pre
    order = np.argsort(pairs, kind="stable")
    first = np.ones(len(order), bool)
    first[1:] = np.diff(pairs[order]) != 0
    starts = np.flatnonzero(first)
    if len(starts) == len(order):
        return post, pre, value
    how = asked.duplicates or duplicates
    group = np.cumsum(first) - 1
    if how == "error":
        later = order[~first]
        k = int(later.min())
        before = int(order[starts[group[np.flatnonzero(order == k)[0]]]])
        raise refusal(
            edges.place(int(kept[k])),
            f"{shown(names[pre[k]], 30)} -> {shown(names[post[k]], 30)} is there already, in "
            f"{edges.place(int(kept[before])).removeprefix(f'{at}, ')}",
            f"duplicates='sum', 'mean' or 'max' reads both{hint}",
        )
    ordered = value[order]
    if how == "max":
        data = np.maximum.reduceat(ordered, starts)
    else:
        data = np.add.reduceat(ordered, starts)
        if how == "mean":
            data = data / np.diff(np.append(starts, len(order)))
    words = {"sum": "added up", "mean": "averaged", "max": "and the largest kept"}
    several = int((np.diff(np.append(starts, len(order))) > 1).sum())
    said.append(
        f"{counted(several, 'connection')} stood in several {edges.what}s, {words[how]}: "
        f"{counted(len(order), edges.what)} became {counted(len(starts), 'connection')}."
    )
    return post[order][starts], pre[order][starts], data


def _about(w: scipy.sparse.csr_array, zeros: int) -> list[str]:
    """What there is to say of any weights."""
    n = len(w.indptr) - 1
    said = [f"{counted(n, 'node')} and {counted(w.nnz, 'connection')}."]
    loops = int((w.diagonal() != 0).sum())
    if loops:
        said.append(f"{counted(loops, 'node')} connected to themselves; they were kept.")
    if zeros:
        said.append(f"{counted(zeros, 'weight')} of 0: no connection, but the ends are nodes.")
    sends = np.zeros(n, bool)
    sends[w.indices] = True
    alone = int((~sends & (np.diff(w.indptr) == 0)).sum())
    if alone:
        said.append(f"{counted(alone, 'node')} without any connection; they were kept.")
    return said


def looks_turned(w: scipy.sparse.csr_array) -> bool:
    """Whether signs are those of rows: each row has one, and some columns have both."""
    if not (w.data < 0).any() or not (w.data > 0).any():
        return False
    rows = np.repeat(np.arange(len(w.indptr) - 1), np.diff(w.indptr))
    return not _mixed(rows, w.data).any() and bool(_mixed(w.indices, w.data).any())


def of_both_signs(w: scipy.sparse.csr_array) -> int:
    """How many nodes both excite and inhibit."""
    return int(_mixed(w.indices, w.data).sum())


def _mixed(of: np.ndarray, data: np.ndarray) -> np.ndarray:
    most = int(of.max()) + 1
    positive = np.bincount(of[data > 0], minlength=most) > 0
    return positive & (np.bincount(of[data < 0], minlength=most) > 0)
