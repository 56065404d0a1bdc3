"""All that is wrong with a file, in one error."""

import dataclasses
from typing import NoReturn

import yaml


@dataclasses.dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        line: where, counted from 1.
        column: likewise, in characters.
        message: the field, its value and what is allowed.
    """

    line: int
    column: int
    message: str


class SpecError(ValueError):
    """A specification that cannot be run, with everything that is wrong with it.

    Attributes:
        name: what was read, usually the path of a file.
        faults: one or more, in the order of the text. Each is a line of the message.
    """

    def __init__(self, name: str, faults: tuple[Fault, ...]):
        # Both, so that the error survives being passed between processes.
        super().__init__(name, faults)
        self.name = name
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(
            f"{self.name}, line {f.line}, column {f.column}: {f.message}" for f in self.faults
        )


class Faults:
    """Faults as they are found, one for each field and place.

    A value may fail in many combinations, or first by itself and then beside others. The first
    fault of a value explains the rest, so it is the one that is kept.
    """

    def __init__(self, name: str):
        self.name = name
        self._found: dict[tuple[int, int, str], Fault] = {}

    def __len__(self) -> int:
        return len(self._found)

    def holds(self, field: str) -> bool:
        """Whether there is a fault of a field."""
        return any(name == field for _, _, name in self._found)

    def add(self, at: yaml.Node | yaml.Event, field: str, message: str) -> None:
        """Note that the value of `field` that stands at a place is wrong."""
        mark = at.start_mark
        self.add_at(mark.line, mark.column, field, message)

    def add_at(self, line: int, column: int, field: str, message: str) -> None:
        """The same, with line and column counted from 0."""
        fault = Fault(line + 1, column + 1, message)
        self._found.setdefault((line, column, field), fault)

    def refuse(self) -> NoReturn:
        """Raise them all."""
        raise SpecError(self.name, tuple(sorted(self._found.values())))

    def refuse_any(self) -> None:
        """Raise them all, if there is one."""
        if self._found:
            self.refuse()
