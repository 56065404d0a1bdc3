"""The fields of an experiment: what each may be and what it means, said once for all who ask.

Checks, YAML, the options of commands and the documentation are made of the same fields.
"""

import dataclasses
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ._scalars import REFUSED, Scalar

_NAME = "experiment"


class FieldError(ValueError):
    """The value of a field is not allowed.

    Attributes:
        field: its name.
        value: what was given.
        allowed: what is allowed, in words.
    """

    def __init__(self, field: str, value: Any, allowed: str):
        # All three, so that the error survives being passed between processes.
        super().__init__(field, value, allowed)
        self.field, self.value, self.allowed = field, value, allowed

    def __str__(self) -> str:
        return f"{self.field} is {self.value!r}; allowed {_verb(self.allowed)} {self.allowed}."


class Field(NamedTuple):
    """What one field may be.

    - `scalar`: its values, or for a tuple those of each entry.
    - `help`: what it means, in a line, with its unit.
    - `axis`: whether a grid may have several values of it.
    - `many`: whether it is a tuple.
    - `identity`: whether it decides the numbers of a cell. Where it does not, as with how many
      seeds there are, a study grows instead of being another one.
    - `late`: whether it came when there were studies already. A record then leaves it out where it
      is at its default, so that their cells keep their names.
    """

    scalar: Scalar
    help: str
    axis: bool = True
    many: bool = False
    identity: bool = True
    late: bool = False


def field(default: Any, scalar: Scalar, help: str, **how: bool) -> Any:
    """A field of a dataclass, with its default and with what `Field` says of it."""
    return dataclasses.field(default=default, metadata={_NAME: Field(scalar, help, **how)})


def fields_of(experiment: Any) -> dict[str, Field]:
    """The fields of an experiment or of its class that are made by `field`, by name."""
    return {
        each.name: each.metadata[_NAME]
        for each in dataclasses.fields(experiment)
        if _NAME in each.metadata
    }


def checked(experiment: Any) -> None:
    """Bring each field of a frozen dataclass to the type that it is kept as.

    Raises:
        FieldError: one is not what its `Field` allows.
    """
    for name, of in fields_of(experiment).items():
        value = getattr(experiment, name)
        object.__setattr__(
            experiment, name, _tuple(name, value, of) if of.many else one(name, value, of)
        )


def one(name: str, value: Any, of: Field) -> Any:
    """A value as it is kept.

    Raises:
        FieldError: it is not allowed.
    """
    kept = of.scalar.accept(value)
    if kept is REFUSED:
        raise FieldError(name, value, of.scalar.allowed)
    return kept


def _tuple(name: str, value: Any, of: Field) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise FieldError(name, value, f"lists of {of.scalar.allowed}")
    kept = tuple(one(f"{name}[{i}]", each, of) for i, each in enumerate(value))
    if len(set(kept)) < len(kept):
        raise FieldError(name, value, "values that differ")
    return kept


def _verb(allowed: str) -> str:
    """One value "is" allowed, and kinds of values "are"."""
    return "is" if re.match(r"[\d'-]|at most|one |a ", allowed) else "are"
