"""YAML text as a tree whose nodes know their places.

The tree is composed and never constructed: a tag that asks for a Python object is text like any
other here, and is refused.
"""

import re
from typing import Any

import yaml

from ._errors import Faults
from ._scalars import REFUSED

# A specification has a hundred lines. Beyond these it is a mistake or an attack, and the parser,
# which is slow and recursive, need not see it.
MOST_CHARACTERS = 200_000
MOST_NODES = 20_000
MOST_DEPTH = 10
# The tag of what was refused already, so that no reader complains of it again.
SPOILED = "!spoiled"

# YAML 1.1 reads 010 as 8 and 1:30 as 90, which is never what was meant.
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9_]{0,30})")
_DECIMAL = re.compile(r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?")
_MOST_DIGITS = 100

_STANDARD = "tag:yaml.org,2002:"
_TAGS = {
    yaml.ScalarNode: {
        _STANDARD + name
        for name in ("null", "bool", "int", "float", "str", "timestamp", "value", "merge")
    },
    yaml.SequenceNode: {_STANDARD + "seq"},
    yaml.MappingNode: {_STANDARD + "map"},
}


def read_tree(text: str, faults: Faults) -> yaml.Node | None:
    """The root of the document, or None where the text is not YAML, or is empty.

    Aliases and tags become nodes tagged `SPOILED`, each with its fault.
    """
    if len(text) > MOST_CHARACTERS:
        faults.add_at(
            0, 0, "", f"the text has {len(text)} characters; allowed are {MOST_CHARACTERS}."
        )
        return None
    try:
        loader = _Composer(text)
        try:
            loader.faults = faults
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except _TooMuch as error:
        faults.add_at(error.mark.line, error.mark.column, "", str(error))
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ": ".join(part for part in (error.context, error.problem) if part)
        line, column = (0, 0) if mark is None else (mark.line, mark.column)
        faults.add_at(line, column, "", f"this is not YAML, {words}; allowed is YAML 1.1.")
        return None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position)
        column = error.position - (text.rfind("\n", 0, error.position) + 1)
        faults.add_at(
            line,
            column,
            "",
            f"the text holds the character {error.character:#06x}; allowed is printable text.",
        )
        return None
    if root is None:
        faults.add_at(0, 0, "", "the text is empty; allowed is a mapping of fields to values.")
    return root


def tag_of(node: yaml.Node) -> str:
    """The short name of a standard tag, such as "int"."""
    return node.tag.removeprefix(_STANDARD)


def value_of(node: yaml.ScalarNode) -> Any:
    """The value of a plain node, or `REFUSED` where YAML 1.1 reads it as nobody means it."""
    tag, text = tag_of(node), node.value
    if tag == "null":
        return None
    if tag == "bool":
        return {"true": True, "false": False}.get(text.lower(), REFUSED)
    if tag == "int" and _WHOLE.fullmatch(text):
        return int(text.replace("_", ""))
    # YAML 1.1 takes 1e-3 for text, because it has no dot, and +.5 as well. Quoted, they are text.
    plain_text = tag == "str" and node.style is None and set(text) & set(".eE")
    if (tag == "float" or plain_text) and len(text) < _MOST_DIGITS and _DECIMAL.fullmatch(text):
        return float(text.replace("_", ""))
    return text if tag == "str" else REFUSED


def shown(node: yaml.Node) -> str:
    """A value as a message shows it."""
    if isinstance(node, yaml.ScalarNode):
        text = node.value if len(node.value) <= 80 else f"{node.value[:77]}..."
        if tag_of(node) == "null":
            return "null"
        return repr(text) if tag_of(node) == "str" else text
    return "a mapping" if isinstance(node, yaml.MappingNode) else "a list"


class _TooMuch(Exception):
    """There are more values, or levels of them, than a specification needs."""

    def __init__(self, kind: str, most: int, mark: Any):
        super().__init__(f"the text has more than {most} {kind}; allowed are at most {most}.")
        self.mark = mark


class _Composer(yaml.SafeLoader):
    """PyYAML's composer, bounded, without aliases and with standard tags only."""

    faults: Faults

    def __init__(self, text: str):
        super().__init__(text)
        self.nodes = 0
        self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        self.nodes += 1
        for kind, number, most in (
            ("values", self.nodes, MOST_NODES),
            ("levels", self.depth + 1, MOST_DEPTH),
        ):
            if number > most:
                raise _TooMuch(kind, most, event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            self.get_event()
            # Few lines of aliases can stand for billions of values.
            message = f"*{event.anchor} is an alias; allowed are values written out."
            return self._spoiled(event, message)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        if node is not None and node.tag not in _TAGS[type(node)]:
            message = f"the tag is {node.tag!r}; allowed are plain values, lists and mappings."
            return self._spoiled(node, message)
        return node

    def _spoiled(self, at: Any, message: str) -> yaml.ScalarNode:
        self.faults.add(at, "", message)
        return yaml.ScalarNode(SPOILED, "", at.start_mark, at.end_mark)
