"""Parts of an experiment that are objects, such as its start and its task, by their names."""

import contextlib
import dataclasses
import functools
import inspect
import os
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ._own import code_digest, entry_points, is_own, own_class
from ._scalars import Scalar, flag, number, optional, text, whole

# A parameter without a default.
REQUIRED: Any = inspect.Parameter.empty


class Blamed(ValueError):
    """A part that cannot be made, and the parameter whose fault it is."""

    def __init__(self, parameter: str, message: str):
        super().__init__(message)
        self.parameter = parameter


@contextlib.contextmanager
def blame(parameter: str) -> Iterator[None]:
    """Errors of what is inside, as faults of one parameter."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        raise Blamed(parameter, str(error)) from error


class Files:
    """The folder beside which files and modules are found."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._read: dict[Any, Any] = {}

    def path(self, written: str) -> str:
        """The full path of what may be relative to the folder, free of dots."""
        try:
            return os.path.abspath(self.folder / Path(written).expanduser())
        except RuntimeError:
            raise ValueError(
                f"{written!r} begins with the home of a user whom nobody knows here; allowed are "
                "paths that begin with ~/ or with a folder."
            ) from None

    def existing(self, parameter: str, written: str, others: str) -> Path:
        """The path of a file that is there."""
        with blame(parameter):
            path = self.path(written)
        if not os.path.isfile(path):
            message = f"{path} is no file; allowed are {others} and the path of a file."
            raise Blamed(parameter, message)
        return Path(path)

    def once(self, read: Callable[..., Any], *arguments: Any) -> Any:
        """What a function gives, called once for the same arguments."""
        if (read, arguments) not in self._read:
            self._read[read, arguments] = read(*arguments)
        return self._read[read, arguments]


class Parameter(NamedTuple):
    """What a parameter may be, and its default."""

    scalar: Scalar
    default: Any = REQUIRED


class Kind(NamedTuple):
    """A kind of part.

    - `parameters`: by name.
    - `make`: the object, of all parameters; may raise `Blamed`, or a ValueError that begins with
      the name of the parameter.
    - `sized`: the parameter whose fault it is where the part does not fit its network.
    - `files`: those parameters that may be paths, each with the words that are not.
    - `settle`: completes the parameters, where one follows from another.
    - `tried`: whether only trying it shows all that may be wrong with it.
    """

    parameters: Mapping[str, Parameter]
    make: Callable[[Mapping[str, Any], Files], Any]
    sized: str = "kind"
    files: Mapping[str, tuple[str, ...]] = {}
    settle: Callable[[dict[str, Any]], None] = lambda parameters: None
    tried: bool = False

    def settled(self, given: Mapping[str, Any], files: Files) -> dict[str, Any]:
        """All parameters: what was given, defaults for the rest, and full paths."""
        found = {name: given.get(name, default) for name, (_, default) in self.parameters.items()}
        self.settle(found)
        for name, words in self.files.items():
            if found[name] is not None and found[name] not in words:
                with blame(name):
                    found[name] = files.path(found[name])
        return found


class Parts(NamedTuple):
    """All kinds of one field.

    - `field`: its name in a grid.
    - `kinds`: by name.
    - `bare`: whether a kind may stand alone, as `task: 2AF` does, and not only as a mapping.
    - `group`: of entry points by which installed packages add theirs; empty where there may be none
      and no classes of a user's own.
    - `fits`: what is wrong with an object of a user's own, empty if nothing is.
    - `others`: what else is allowed, in words.
    - `other`: the kind of any other name, with the name as it is kept; None where there is none.
    """

    field: str
    kinds: Mapping[str, Kind]
    bare: bool = False
    group: str = ""
    fits: Callable[[Any], str] = lambda made: ""
    others: tuple[str, ...] = ()
    other: Callable[[str, Files], tuple[str, Kind] | None] = lambda name, files: None

    @property
    def allowed(self) -> str:
        """The names that are allowed, in words."""
        own = [*entry_points(self.group), "module:Class"] if self.group else []
        return ", ".join([*self.kinds, *own, *self.others])

    def kind(self, name: str, files: Files) -> tuple[str, Kind] | None:
        """The kind of this name, and the name as it is kept; None where there is none.

        Raises:
            ValueError: it is that of a class which cannot be had.
        """
        if name in self.kinds:
            return name, self.kinds[name]
        if (found := self.other(name, files)) is not None:
            return found
        if not self.group:
            return None
        if name in (offered := entry_points(self.group)):
            return name, kind_of_class(offered[name].load(), self.fits)
        if not is_own(name):
            return None
        return name, kind_of_class(own_class(name, files.folder), self.fits)


@dataclasses.dataclass(frozen=True)
class Part:
    """One part of an experiment, as it is written and as it is made.

    Attributes:
        kind: its name.
        parameters: all parameters of the kind with their values, defaults among them, in a fixed
            order. Paths are full.
        made: the object itself. It is not compared: what is written decides.
        defaults: of the parameters.
    """

    kind: str
    parameters: tuple[tuple[str, str | int | float | bool | None], ...]
    made: Any = dataclasses.field(compare=False, repr=False)
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    @property
    def written(self) -> dict[str, Any]:
        """The parameters that are not defaults."""
        return {
            name: value
            for name, value in self.parameters
            if name not in self.defaults or value != self.defaults[name]
        }

    @property
    def label(self) -> str:
        """A line that no other part of a grid has, such as "low_rank, rank 30"."""
        return ", ".join([self.kind, *(f"{name} {value}" for name, value in self.written.items())])


def part_of(kind: str, of: Kind, given: Mapping[str, Any], files: Files) -> Part:
    """A part with its parameters.

    Raises:
        Blamed: a parameter has a fault.
        ValueError: likewise, its message beginning with the name of the parameter.
    """
    settled = of.settled(given, files)
    defaults = {n: p.default for n, p in of.parameters.items() if p.default is not REQUIRED}
    return Part(kind, tuple(settled.items()), of.make(settled, files), defaults)


def kind_of_class(of: type, fits: Callable[[Any], str]) -> Kind:
    """A kind whose parameters are those of a class of a user's own.

    Its fields must be numbers, flags or texts to be written in a specification; others keep their
    defaults.

    Raises:
        ValueError: it is no frozen dataclass, or has a field without a default that cannot be
            written.
    """
    if not dataclasses.is_dataclass(of) or not of.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise ValueError(f"{of.__name__} is no frozen dataclass; allowed are those")
    hints = typing.get_type_hints(of)
    parameters = {}
    for each in dataclasses.fields(of):
        if not each.init or each.name == "label":
            continue
        scalar = _scalar_of(hints.get(each.name))
        default = REQUIRED
        if each.default is not dataclasses.MISSING:
            default = each.default
        elif each.default_factory is not dataclasses.MISSING:
            default = each.default_factory()
        if scalar is not None:
            parameters[each.name] = Parameter(scalar, default)
        elif default is REQUIRED:
            raise ValueError(
                f"{of.__name__}.{each.name} has no default and is of type {hints.get(each.name)}; "
                "allowed without a default are int, float, bool and str"
            )

    def make(given: Mapping[str, Any], files: Files) -> Any:
        try:
            made = of(**given)
        except ValueError:
            raise
        # A user's code may raise anything.
        except Exception as error:
            raise ValueError(f"{of.__name__} raised {type(error).__name__}: {error}") from error
        if problem := fits(made):
            raise ValueError(problem)
        return made

    return Kind(parameters, make, tried=True)


def _scalar_of(hint: Any) -> Scalar | None:
    """What may be written for a field of a type."""
    known: dict[Any, Callable[[], Scalar]] = {
        int: functools.partial(whole, -(2**31)),
        float: number,
        bool: flag,
        str: functools.partial(text, "texts"),
    }
    if hint in known:
        return known[hint]()
    inside = [each for each in typing.get_args(hint) if each is not type(None)]
    if len(inside) == 1 and len(typing.get_args(hint)) == 2 and inside[0] in known:
        return optional(known[inside[0]]())
    return None


def described(part: Any, kind: str | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What the record of an experiment says of a part.

    Args:
        part: the object.
        kind: its name, or None for one of a user's own, which is called by its class and has the
            digest of its code.
        parameters: what decides its numbers.
    """
    if kind is not None:
        return {"kind": kind, **parameters}
    of = type(part)
    return {"kind": f"{of.__module__}:{of.__qualname__}", **parameters, "digest": code_digest(of)}


def parameters_of(part: Any) -> dict[str, Any]:
    """The fields of a frozen dataclass that decide what it gives: all that are compared.

    Raises:
        ValueError: it is none, so that nobody knows what decides its numbers.
    """
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        raise ValueError(
            f"{type(part).__name__} is no dataclass and has no record of its own; allowed is a "
            "frozen dataclass."
        )
    return {
        each.name: getattr(part, each.name)
        for each in dataclasses.fields(part)
        if each.compare and each.name != "label"
    }
