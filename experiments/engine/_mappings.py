"""Mappings and grids of values, read from the tree with every fault noted."""

import difflib
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import yaml

from ._errors import Faults
from ._scalars import REFUSED, Scalar
from ._tree import SPOILED, shown, tag_of, value_of


class Value(NamedTuple):
    """A value and the node it was read from."""

    value: Any
    node: yaml.Node


def read_mapping(
    node: yaml.Node, allowed: Collection[str], what: str, faults: Faults
) -> dict[str, yaml.Node] | None:
    """The fields of a mapping, or None where it is none.

    Fields that are not allowed, or are there already, are left out.

    Args:
        node: the mapping.
        allowed: the names of its fields.
        what: the mapping has them, for messages: "" for the whole file.
        faults: where faults are noted.
    """
    if node.tag == SPOILED:
        return None
    if not isinstance(node, yaml.MappingNode):
        words = "a mapping of fields to values"
        faults.add(node, what, f"{what or 'the file'} is {shown(node)}; allowed is {words}.")
        return None
    fields: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key, value in node.value:
        if key.tag == SPOILED:
            continue
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if tag_of(key) == "merge":
            message = "'<<' merges mappings; allowed are fields written out."
        # A bare null means no value in YAML, but as a key it can only be the field of that name.
        elif tag_of(key) not in ("str", "null") or name not in allowed:
            of = f" of {what}" if what else ""
            message = (
                f"{shown(key)} is not a field{of}; allowed are {', '.join(allowed)}"
                f"{_nearest(name, allowed)}."
            )
        elif name in fields:
            line = fields[name][0].start_mark.line + 1
            message = f"{name} is there already, in line {line}; allowed is each field once."
        else:
            fields[name] = key, value
            continue
        faults.add(key, f"key {name}", message)
    return {name: value for name, (_, value) in fields.items()}


def read_one(node: yaml.Node, scalar: Scalar, field: str, faults: Faults) -> Any:
    """The single value of a field, or `REFUSED`."""
    if node.tag == SPOILED:
        return REFUSED
    value = REFUSED
    if isinstance(node, yaml.ScalarNode) and (given := value_of(node)) is not REFUSED:
        value = scalar.accept(given)
    if value is REFUSED:
        hint = ""
        if isinstance(node, yaml.ScalarNode):
            hint = _nearest(node.value, scalar.names)
        faults.add(node, field, f"{field} is {shown(node)}; allowed are {scalar.allowed}{hint}.")
    return value


def read_axis(node: yaml.Node, scalar: Scalar, field: str, faults: Faults) -> list[Value]:
    """The values of a field, one or a list of them, without those that are refused."""
    if not isinstance(node, yaml.SequenceNode):
        value = read_one(node, scalar, field, faults)
        return [] if value is REFUSED else [Value(value, node)]
    if not node.value:
        faults.add(node, field, f"{field} is an empty list; allowed are one or more values.")
    values: dict[Any, Value] = {}
    for item in node.value:
        value = read_one(item, scalar, field, faults)
        if value is REFUSED:
            continue
        if value in values:
            message = f"{field} holds {shown(item)} twice; allowed are values that differ."
            faults.add(item, field, message)
        else:
            values[value] = Value(value, item)
    return list(values.values())


def _nearest(name: str, allowed: Iterable[str]) -> str:
    """A hint at what was perhaps meant, empty where there is nothing to choose from."""
    spellings = {each.lower(): each for each in allowed}
    # The comparison takes time with the square of the length.
    found = difflib.get_close_matches(name.lower()[:80], list(spellings), n=1, cutoff=0.4)
    return f", and the nearest of them is {spellings[found[0]]!r}" if found else ""
