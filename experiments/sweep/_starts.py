"""The entries of `start`, each multiplied out and made."""

import dataclasses
import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import yaml

from ..recurrent import LowRank, Null, PowerLaw, Start, Wired
from ._errors import Faults
from ._fields import Value, read_axis, read_mapping, read_one
from ._kinds import KINDS, REQUIRED, Blamed, Files
from ._scalars import REFUSED, Scalar, choice
from ._spec import StartSpec, defaults_of
from ._tree import tag_of


@dataclasses.dataclass(frozen=True)
class Entry:
    """One entry: a kind, where it stands, and the values of each parameter that is given."""

    kind: str
    node: yaml.Node
    kind_node: yaml.Node
    axes: dict[str, list[Value]]

    @property
    def number(self) -> int:
        """How many starts it makes."""
        return math.prod(map(len, self.axes.values()))


def read_entries(node: yaml.Node, faults: Faults) -> list[Entry]:
    """The entries, without those that lack what they need."""
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not nodes:
        faults.add(node, "start", "start is an empty list; allowed are one or more kinds of start.")
    entries = (_entry(each, faults) for each in nodes)
    return [entry for entry in entries if entry is not None]


def make_starts(
    entries: Sequence[Entry], sizes: Mapping[str, int], files: Files, faults: Faults
) -> list[Value]:
    """The starts of all entries, checked at all sizes, without those that have a fault.

    Args:
        entries: as `read_entries` gives them.
        sizes: as `sizes_of` gives them.
        files: the files that they may read.
        faults: where faults are noted.
    """
    made: dict[str, Value] = {}
    for entry in entries:
        names = list(entry.axes)
        for values in itertools.product(*entry.axes.values()):
            given = dict(zip(names, values, strict=True))
            spec = _made(entry, given, sizes, files, faults)
            if spec is None:
                continue
            # Of the numbers, so that one file under two names is one start.
            record = spec.start.record
            if record in made:
                line = made[record].node.start_mark.line + 1
                message = (
                    f"start {spec.label!r} is there already, in line {line}; allowed are starts "
                    "that differ."
                )
                faults.add(entry.node, "start", message)
            else:
                made[record] = Value(spec, entry.node)
    return list(made.values())


def sizes_of(axes: Mapping[str, list[Value]], tasks: Collection[str]) -> dict[str, int]:
    """The sizes that starts must fit, and the fields that they follow from.

    Recurrent weights have as many rows and columns as there are hidden units. The first layer of a
    linear network has no more singular values than inputs.
    """
    defaults = defaults_of(tasks)
    hidden, inputs = (
        [value.value for value in axes[field]] if field in axes else defaults.get(field, ())
        for field in ("n_hidden", "n_inputs")
    )
    if "n_inputs" not in defaults:
        return {f"n_hidden {h}": h for h in hidden}
    return {f"n_hidden {h} and n_inputs {d}": min(h, d) for h in hidden for d in inputs}


def _entry(node: yaml.Node, faults: Faults) -> Entry | None:
    kind, kind_node = None, None
    if isinstance(node, yaml.MappingNode):
        kind_node = next((value for key, value in node.value if key.value == "kind"), None)
        if kind_node is None:
            message = f"start.kind is missing; allowed are {', '.join(KINDS)}."
            faults.add(node, "start.kind", message)
        else:
            kind = read_one(kind_node, _KIND, "start.kind", faults)
    if kind is None or kind is REFUSED or kind_node is None:
        # Nothing more is known than that a field must belong to some kind.
        some = dict.fromkeys(name for each in KINDS.values() for name in each.parameters)
        read_mapping(node, ("kind", *some), "start", faults)
        return None
    known = KINDS[kind].parameters
    fields = read_mapping(node, ("kind", *known), f"start {kind}", faults) or {}
    axes, whole = {}, True
    for name, (scalar, default) in known.items():
        if name in fields:
            axes[name] = read_axis(fields[name], scalar, f"start.{name}", faults)
        elif default is REQUIRED:
            message = f"start.{name} is missing; allowed with {kind} are {scalar.allowed}."
            faults.add(node, f"start.{name}", message)
            whole = False
    return Entry(kind, node, kind_node, axes) if whole else None


def _made(
    entry: Entry,
    given: Mapping[str, Value],
    sizes: Mapping[str, int],
    files: Files,
    faults: Faults,
) -> StartSpec | None:
    """One start, or None where it has a fault."""

    def blame(parameter: str, error: Exception, beside: str = "") -> None:
        # What is not given is a default, which only the kind can be blamed for.
        value = given.get(parameter, Value(entry.kind, entry.kind_node))
        field = f"start.{parameter}" if parameter in given else "start.kind"
        words = str(error)
        if words.startswith(f"{parameter} is ") and parameter in given:
            message = f"start.{words}"
        else:
            message = f"{field} is {value.value!r}{beside}: {words}"
        faults.add(value.node, field, message)

    kind = KINDS[entry.kind]
    try:
        parameters = kind.settled({name: value.value for name, value in given.items()}, files)
        start = kind.make(parameters, files)
    except Blamed as error:
        blame(error.parameter, error)
        return None
    except ValueError as error:
        blame(_first_word(error), error)
        return None
    fitting = []
    for words, size in sizes.items():
        try:
            start.check(size)
            fitting.append(size)
        except ValueError as error:
            blame(kind.sized, error, f" with {words}")
    if fitting:
        try:
            _trace(start, min(fitting))
        except ValueError as error:
            blame(_first_word(error), error)
            return None
    return StartSpec(entry.kind, tuple(parameters.items()), start)


# Their `check` refuses all that drawing would. Tracing takes milliseconds, and a diagram, which is
# resampled on the host, cannot be traced at all.
_CHECKED = (Null, LowRank, PowerLaw, Wired)


def _trace(start: Start, size: int) -> None:
    """Refuse what only drawing refuses, without drawing."""
    if not isinstance(start, _CHECKED):
        null = jax.ShapeDtypeStruct((size, size), jnp.result_type(float))
        jax.eval_shape(start.draw, jax.random.key(0), null)


def _first_word(error: Exception) -> str:
    return str(error).partition(" ")[0]


def _kind_scalar() -> Scalar:
    named = choice(tuple(KINDS))

    def read(node: yaml.ScalarNode) -> Any:
        # Without quotes, the kind "null" is YAML's null.
        return "null" if tag_of(node) == "null" else named.read(node)

    return named._replace(read=read)


_KIND = _kind_scalar()
