"""A grid of experiments: one for each combination of the values of its axes."""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ._experiment import Experiment
from ._fields import fields_of
from ._parts import Part

# Each takes seconds to minutes. More are a mistake, such as a list too many, and not worth
# multiplying out.
MOST_CELLS = 10_000


@dataclasses.dataclass(frozen=True)
class Grid:
    """Combinations of values. They are checked where a grid is read; the class checks nothing.

    Attributes:
        experiment: the class of its cells.
        axes: for each field that may vary its values, one or several, in the order of `axes_of`.
        common: the values of the other fields, the same in all cells.
    """

    experiment: type[Experiment]
    axes: Mapping[str, tuple[Any, ...]]
    common: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many cells it has."""
        return math.prod(len(values) for values in self.axes.values())

    @classmethod
    def of(cls, experiment: Experiment) -> "Grid":
        """The grid of one experiment whose fields are all scalars."""
        kind = type(experiment)
        axes = {name: (getattr(experiment, name),) for name in axes_of(kind)}
        return cls(kind, axes, {name: getattr(experiment, name) for name in common_of(kind)})

    @property
    def varying(self) -> tuple[str, ...]:
        """The axes with more than one value."""
        return tuple(name for name, values in self.axes.items() if len(values) > 1)


def grid(experiment: type[Experiment], **values: Any) -> Grid:
    """A grid from Python: lists and tuples are axes, all else is one value.

    A part, such as a start or a task, is an object or a name.

    Args:
        experiment: the class of its cells.
        values: of its fields and parts. Those that are not given have their defaults.

    Raises:
        ValueError: there is no such field, or its cells are not as the class allows.
    """
    allowed = (*axes_of(experiment), *common_of(experiment))
    for name in values:
        if name not in allowed:
            raise ValueError(
                f"{name!r} is not a field of {experiment.KIND!r}; allowed are {', '.join(allowed)}."
            )
    axes = {}
    for name in axes_of(experiment):
        value = values[name] if name in values else _default(experiment, name)
        axes[name] = tuple(value) if isinstance(value, list | tuple) else (value,)
    common = {n: values.get(n, default) for n, default in usual_of(experiment).items()}
    made = Grid(experiment, axes, common)
    cells([made])
    return made


def axes_of(experiment: type[Experiment]) -> tuple[str, ...]:
    """The fields that may vary, in the order of the loops: parts first, then as in the class."""
    fields = fields_of(experiment)
    parts = [name for name in experiment.PARTS if name not in fields or fields[name].axis]
    return (*parts, *(n for n, of in fields.items() if of.axis and n not in parts))


def common_of(experiment: type[Experiment]) -> tuple[str, ...]:
    """The fields that are the same in all cells."""
    axes = axes_of(experiment)
    names = dict.fromkeys((*fields_of(experiment), *experiment.PARTS))
    return tuple(name for name in names if name not in axes)


def usual_of(experiment: type[Experiment]) -> dict[str, Any]:
    """The fields that are the same in all cells, at their defaults."""
    return {name: getattr(experiment, name) for name in common_of(experiment)}


def combinations(of: Grid) -> Iterator[dict[str, Any]]:
    """The values of each cell by field, in the order of `cells`."""
    for values in itertools.product(*of.axes.values()):
        yield dict(zip(of.axes, values, strict=True))


def cell_of(of: Grid, values: Mapping[str, Any]) -> Experiment:
    """The experiment of one combination of values."""
    made = {n: v.made if isinstance(v, Part) else v for n, v in {**of.common, **values}.items()}
    return of.experiment.of_cell(made)


def cells(grids: Sequence[Grid]) -> list[Experiment]:
    """All experiments of some grids, each once.

    The order is that of the grids, and in each that of nested loops over its axes: `task` varies
    slowest, then `start`, then the fields in the order of the class. Each axis's values come in the
    order in which they are given.

    Args:
        grids: one or more.

    Raises:
        ValueError: there are more than `MOST_CELLS` cells, a value stands twice in one axis, or a
            cell is not as its class allows.
    """
    number = sum(of.number for of in grids)
    if number > MOST_CELLS:
        raise ValueError(f"the grid has {number} cells; allowed are at most {MOST_CELLS}.")
    found: dict[str, Experiment] = {}
    for of in grids:
        own: set[str] = set()
        for values in combinations(of):
            experiment = cell_of(of, values)
            hash = experiment.wanted().hash
            if hash in own:
                raise ValueError(f"{_named(of, values)} is there twice; allowed is each cell once.")
            own.add(hash)
            found.setdefault(hash, experiment)
    return list(found.values())


def _named(of: Grid, values: Mapping[str, Any]) -> str:
    shown = ((n, v.label if isinstance(v, Part) else v) for n, v in values.items())
    return ", ".join(f"{n} {v}" for n, v in shown if n in of.varying or n == "start")


def _default(experiment: type[Experiment], name: str) -> Any:
    if not hasattr(experiment, name):
        raise ValueError(f"{name} is missing; allowed is one or more for {experiment.KIND!r}.")
    return getattr(experiment, name)
