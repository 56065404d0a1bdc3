"""The entries of a part in a specification, each multiplied out and made."""

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

from ._errors import Faults
from ._mappings import Value, read_axis, read_mapping, read_one
from ._parts import REQUIRED, Blamed, Files, Kind, Part, Parts, part_of
from ._scalars import REFUSED, Scalar
from ._tree import SPOILED, shown, tag_of

# Notes a fault: of which parameter, the error, and words for what it was met beside.
Blame = Callable[[str, Exception, str], None]
Check = Callable[[Part, Kind, Blame], bool]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One entry: a kind, where it stands, and the values of each parameter that is given."""

    name: str
    kind: Kind
    node: yaml.Node
    kind_node: yaml.Node
    axes: dict[str, list[Value]]

    @property
    def number(self) -> int:
        """How many parts it makes."""
        return math.prod(map(len, self.axes.values()))


def read_entries(node: yaml.Node, parts: Parts, files: Files, faults: Faults) -> list[Entry]:
    """The entries of a part, without those that lack what they need."""
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not nodes:
        what = f"one or more kinds of {parts.field}"
        faults.add(node, parts.field, f"{parts.field} is an empty list; allowed are {what}.")
    entries = (_entry(each, parts, files, faults) for each in nodes)
    return [entry for entry in entries if entry is not None]


def make_parts(
    entries: Sequence[Entry],
    parts: Parts,
    files: Files,
    faults: Faults,
    check: Check = lambda part, kind, blame: True,
) -> list[Value]:
    """The parts of all entries, without those that have a fault.

    Args:
        entries: as `read_entries` gives them.
        parts: what they are of.
        files: the files that they may read.
        faults: where faults are noted.
        check: called with each part, its kind and a function that notes a fault; gives whether the
            part may stay.
    """
    made: dict[Any, Value] = {}
    for entry in entries:
        names = list(entry.axes)
        for values in itertools.product(*entry.axes.values()):
            given = dict(zip(names, values, strict=True))
            part = _made(entry, given, parts.field, files, faults, check)
            if part is None:
                continue
            # Of the numbers, so that one file under two names is one start.
            key = _numbers(part.made)
            if key in made:
                line = made[key].node.start_mark.line + 1
                message = (
                    f"{parts.field} {part.label!r} is there already, in line {line}; allowed are "
                    f"{parts.field}s that differ."
                )
                faults.add(entry.node, parts.field, message)
            else:
                # What is known by its name alone is the name.
                named = isinstance(part.made, str)
                made[key] = Value(part.made if named else part, entry.node)
    return list(made.values())


def _entry(node: yaml.Node, parts: Parts, files: Files, faults: Faults) -> Entry | None:
    field = parts.field
    if node.tag == SPOILED:
        return None
    if parts.bare and not isinstance(node, yaml.MappingNode):
        name, kind = _kind(node, field, parts, files, faults)
        return None if kind is None else _whole(name, kind, node, node, {}, field, faults)
    kind_node = None
    if isinstance(node, yaml.MappingNode):
        kind_node = next((value for key, value in node.value if key.value == "kind"), None)
        if kind_node is None:
            message = f"{field}.kind is missing; allowed are {parts.allowed}."
            faults.add(node, f"{field}.kind", message)
    name, kind = "", None
    if kind_node is not None:
        name, kind = _kind(kind_node, f"{field}.kind", parts, files, faults)
    if kind is None or kind_node is None:
        # Nothing more is known than that a field must belong to some kind.
        if kind_node is None or not isinstance(kind_node, yaml.ScalarNode):
            some = dict.fromkeys(name for each in parts.kinds.values() for name in each.parameters)
            read_mapping(node, ("kind", *some), field, faults)
        return None
    fields = read_mapping(node, ("kind", *kind.parameters), f"{field} {name}", faults) or {}
    return _whole(name, kind, node, kind_node, fields, field, faults)


def _kind(
    node: yaml.Node, field: str, parts: Parts, files: Files, faults: Faults
) -> tuple[str, Kind | None]:
    """The kind that a node names, and its name."""
    problem: list[str] = []

    def accept(name: Any) -> Any:
        # Without quotes, the kind "null" is YAML's null.
        name = "null" if name is None and "null" in parts.kinds else name
        try:
            found = parts.kind(name, files) if isinstance(name, str) else None
        except ValueError as error:
            problem.append(str(error))
            return REFUSED
        return REFUSED if found is None else found

    if isinstance(node, yaml.ScalarNode) and tag_of(node) in ("str", "null"):
        read = accept(None if tag_of(node) == "null" else node.value)
        if problem:
            faults.add(node, field, f"{field} is {shown(node)}: {problem[0]}.")
            return "", None
        if read is not REFUSED:
            return read
    # Others may be words, such as of a folder.
    names = (*parts.kinds, *(name for name in parts.others if " " not in name))
    scalar = Scalar(parts.allowed, lambda value: REFUSED, names)
    read_one(node, scalar, field, faults)
    return "", None


def _whole(
    name: str,
    kind: Kind,
    node: yaml.Node,
    kind_node: yaml.Node,
    fields: Mapping[str, yaml.Node],
    field: str,
    faults: Faults,
) -> Entry | None:
    axes, whole = {}, True
    for parameter, (scalar, default) in kind.parameters.items():
        where = f"{field}.{parameter}"
        if parameter in fields:
            axes[parameter] = read_axis(fields[parameter], scalar, where, faults)
        elif default is REQUIRED:
            message = f"{where} is missing; allowed with {name} are {scalar.allowed}."
            faults.add(node, where, message)
            whole = False
    return Entry(name, kind, node, kind_node, axes) if whole else None


def _made(
    entry: Entry,
    given: Mapping[str, Value],
    field: str,
    files: Files,
    faults: Faults,
    check: Check,
) -> Part | None:
    """One part, or None where it has a fault."""

    def blame(parameter: str, error: Exception, beside: str = "") -> None:
        # What is not given is a default, which only the kind can be blamed for.
        value = given.get(parameter, Value(entry.name, entry.kind_node))
        where = f"{field}.{parameter}" if parameter in given else f"{field}.kind"
        if parameter not in given and entry.node is entry.kind_node:
            where = field
        words = str(error)
        if words.startswith(f"{parameter} is ") and parameter in given:
            message = f"{field}.{words}"
        else:
            message = f"{where} is {value.value!r}{beside}: {words}"
        faults.add(value.node, where, message)

    try:
        values = {name: value.value for name, value in given.items()}
        part = part_of(entry.name, entry.kind, values, files)
    except Blamed as error:
        blame(error.parameter, error)
        return None
    except ValueError as error:
        blame(str(error).partition(" ")[0], error)
        return None
    return part if check(part, entry.kind, blame) else None


def _numbers(made: Any) -> Any:
    """What two parts of the same numbers have in common."""
    return repr(made.record()) if hasattr(made, "record") else made
