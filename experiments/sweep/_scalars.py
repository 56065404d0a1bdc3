"""What a single value may be: a type of YAML and a range."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import yaml

from ._tree import tag_of

# What a reader returns for a value it does not allow; None is a value.
REFUSED = object()

# YAML 1.1 reads 010 as 8 and 1:30 as 90, which is never what was meant.
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9_]{0,30})")
# Each character can be read in one way only, so that the time goes with the length.
_DECIMAL = re.compile(r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?")
# No number needs more. Python's own reading of longer ones takes ever longer.
_MOST_CHARACTERS = 400


class Scalar(NamedTuple):
    """A kind of value.

    - `allowed`: in words.
    - `read`: the value of a node, or `REFUSED`.
    - `names`: those that are allowed, where there are few; the nearest is then suggested.
    """

    allowed: str
    read: Callable[[yaml.ScalarNode], Any]
    names: tuple[str, ...] = ()


def whole(least: int = 1, most: int = 2**31 - 1) -> Scalar:
    """Whole numbers of a range."""

    def read(node: yaml.ScalarNode) -> Any:
        value = _whole(node)
        return value if value is not REFUSED and least <= value <= most else REFUSED

    return Scalar(f"whole decimal numbers from {least} to {most}", read)


def number(
    words: str = "finite decimal numbers", holds: Callable[[float], bool] = math.isfinite
) -> Scalar:
    """Finite numbers for which something holds; whole ones become floats."""

    def read(node: yaml.ScalarNode) -> Any:
        value = _decimal(node)
        return value if value is not REFUSED and math.isfinite(value) and holds(value) else REFUSED

    return Scalar(words, read)


def choice(names: Sequence[str]) -> Scalar:
    """One of a few names."""

    def read(node: yaml.ScalarNode) -> Any:
        return node.value if tag_of(node) == "str" and node.value in names else REFUSED

    return Scalar(", ".join(names), read, tuple(names))


def text(words: str) -> Scalar:
    """Any text that is not empty."""

    def read(node: yaml.ScalarNode) -> Any:
        return node.value if tag_of(node) == "str" and node.value else REFUSED

    return Scalar(words, read)


def flag() -> Scalar:
    """True or false."""

    def read(node: yaml.ScalarNode) -> Any:
        value = {"true": True, "false": False}.get(node.value.lower(), REFUSED)
        return value if tag_of(node) == "bool" else REFUSED

    return Scalar("true and false", read)


def optional(scalar: Scalar) -> Scalar:
    """The same, or null."""

    def read(node: yaml.ScalarNode) -> Any:
        return None if tag_of(node) == "null" else scalar.read(node)

    return scalar._replace(allowed=f"{scalar.allowed}, and null", read=read)


def _whole(node: yaml.ScalarNode) -> Any:
    if tag_of(node) != "int" or not _WHOLE.fullmatch(node.value):
        return REFUSED
    return int(node.value.replace("_", ""))


def _decimal(node: yaml.ScalarNode) -> Any:
    value = _whole(node)
    if value is not REFUSED:
        return float(value)
    # YAML 1.1 takes 1e-3 for text, because it has no dot, and +.5 as well. Quoted, they are text.
    plain_text = tag_of(node) == "str" and node.style is None and set(node.value) & set(".eE")
    if len(node.value) > _MOST_CHARACTERS:
        return REFUSED
    if (tag_of(node) == "float" or plain_text) and _DECIMAL.fullmatch(node.value):
        return float(node.value.replace("_", ""))
    return REFUSED
