"""Grids from YAML, checked whole before anything runs."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ._errors import Faults
from ._experiment import Experiment
from ._fields import FieldError, fields_of
from ._grid import MOST_CELLS, Grid, axes_of, cell_of, combinations, usual_of
from ._mappings import Value, read_axis, read_mapping, read_one
from ._part_entries import Blame, Entry, make_parts, read_entries
from ._parts import Files, Kind, Part, Parts
from ._scalars import REFUSED, choice
from ._tree import read_tree, shown

# The field that says which experiment a grid is of, where its task does not.
EXPERIMENT = "experiment"


def read_spec(
    path: str | os.PathLike[str], experiments: Sequence[type[Experiment]]
) -> tuple[Grid, ...]:
    """The grids in a YAML file. Paths in it are relative to its folder.

    Args:
        path: the file, in UTF-8.
        experiments: as for `spec_grids`.

    Raises:
        SpecError: as `spec_grids`, every message beginning with the path.
        OSError: the file cannot be read.
    """
    text, name, folder = spec_text(path)
    return spec_grids(text, experiments, name, folder)


def spec_text(path: str | os.PathLike[str]) -> tuple[str, str, Path]:
    """The text of a YAML file, what its faults are told of, and its folder.

    It is read once, so that it may be a pipe.

    Raises:
        SpecError: it is no text in UTF-8.
        OSError: the file cannot be read.
    """
    path = Path(path)
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig"), str(path), path.parent
    except UnicodeDecodeError as error:
        faults = Faults(str(path))
        line = data.count(b"\n", 0, error.start)
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1)
        message = f"the byte is {data[error.start]:#04x}; allowed is text in UTF-8."
        faults.add_at(line, column, "", message)
        faults.refuse()


def spec_grids(
    text: str,
    experiments: Sequence[type[Experiment]],
    name: str = "spec",
    folder: str | os.PathLike[str] | None = None,
) -> tuple[Grid, ...]:
    """The grids that a YAML text describes: one mapping of fields to values, or a list of them.

    Fields are those of the experiment, and `start` and the like, its parts: a mapping or a list of
    mappings, each with a `kind` and the parameters of that kind. Fields that are axes may be lists,
    which multiply, and so do the parameters of parts. Which experiment it is follows from `task`,
    or is said by `experiment`.

    Numbers are decimal, 1e-3 among them. Aliases, merge keys and tags of other than plain values
    are refused, and nothing is ever constructed from a tag.

    Args:
        text: the YAML.
        experiments: the classes of experiment there are, the usual one first.
        name: begins the message of each fault.
        folder: where relative paths begin, and where modules of a user's own are looked for; None
            stands for the current one.

    Raises:
        SpecError: the text, a value, or values beside each other are not as the experiment allows.
            It holds every fault, but for three cases: text that is not YAML has one, as has a grid
            that is too large, and of values that limit each other the first is named.
    """
    faults = Faults(name)
    files = Files(Path.cwd() if folder is None else Path(folder))
    root = read_tree(text, faults)
    if root is None:
        faults.refuse()
    nodes = root.value if isinstance(root, yaml.SequenceNode) and root.value else [root]
    found = [_grid(node, experiments, files, faults) for node in nodes]
    faults.refuse_any()
    return tuple(each for each in found if each is not None)


def _grid(
    root: yaml.Node, experiments: Sequence[type[Experiment]], files: Files, faults: Faults
) -> Grid | None:
    every = dict.fromkeys(
        name for of in experiments for name in (*axes_of(of), *of.PARTS, *fields_of(of))
    )
    fields = read_mapping(root, (EXPERIMENT, *every), "", faults)
    if fields is None:
        return None
    experiment = _experiment(fields, experiments, faults)
    if experiment is None:
        return None
    known = fields_of(experiment)
    axes: dict[str, list[Value]] = {}
    common: dict[str, Any] = {}
    for field, node in fields.items():
        if field in known and field not in experiment.PARTS:
            of = known[field]
            if of.many:
                values = read_axis(node, of.scalar, field, faults)
                common[field] = tuple(each.value for each in values)
            elif of.axis:
                axes[field] = read_axis(node, of.scalar, field, faults)
            elif isinstance(node, yaml.SequenceNode):
                message = f"{field} is {shown(node)}; allowed is one value, the same for all cells."
                faults.add(node, field, message)
            elif (value := read_one(node, of.scalar, field, faults)) is not REFUSED:
                common[field] = value
        elif field not in experiment.PARTS and field != EXPERIMENT and not faults.holds("task"):
            message = (
                f"{field} is given and the experiment is {experiment.KIND!r}; allowed with it are "
                f"{', '.join((*axes_of(experiment), *_single(experiment)))}."
            )
            faults.add(node, field, message)
    entries = {
        part: read_entries(fields[part], _also_named(part, parts, experiments), files, faults)
        for part, parts in experiment.PARTS.items()
        if part in fields
    }
    if not _small(entries, axes, root, faults):
        faults.refuse()
    for part, found in entries.items():
        values = _parts(part, found, experiment, axes, files, faults)
        if part in axes_of(experiment):
            axes[part] = values
        elif len(values) > 1:
            message = f"{part} has several values; allowed is one, the same for all cells."
            faults.add(fields[part], part, message)
        elif values:
            common[part] = values[0].value
    for part, parts in experiment.PARTS.items():
        if part not in fields and not hasattr(experiment, part) and part in axes_of(experiment):
            message = f"{part} is missing; allowed are one or more kinds of {parts.field}."
            faults.add(root, part, message)
    if len(faults):
        return None
    given = {
        field: tuple(v.value for v in axes[field])
        if field in axes
        else (getattr(experiment, field),)
        for field in axes_of(experiment)
    }
    made = Grid(experiment, given, {**usual_of(experiment), **common})
    _check_cells(made, axes, fields, root, faults)
    return made


def _experiment(
    fields: Mapping[str, yaml.Node], experiments: Sequence[type[Experiment]], faults: Faults
) -> type[Experiment] | None:
    """The experiment that a mapping is of, by its name or else by its task."""
    by_name = {of.KIND: of for of in experiments}
    if EXPERIMENT in fields:
        name = read_one(fields[EXPERIMENT], choice(tuple(by_name)), EXPERIMENT, faults)
        return None if name is REFUSED else by_name[name]
    node = fields.get("task")
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [] if node is None else [node]
    names = [each.value for each in nodes if isinstance(each, yaml.ScalarNode)]
    # The task of linear networks has the name of their experiment.
    named = [name for name in names if name in by_name]
    if named and len(names) > 1:
        others = ", ".join(repr(name) for name in names if name != named[0])
        at = next(each for each in nodes if each.value == named[0])
        message = (
            f"task is {named[0]!r} beside {others}; allowed is {named[0]!r} alone, as its fields "
            "and starts are others."
        )
        faults.add(at, "task", message)
        # What does not depend on the task is checked all the same.
        return experiments[0]
    return by_name[named[0]] if named else experiments[0]


def _also_named(part: str, parts: Parts, experiments: Sequence[type[Experiment]]) -> Parts:
    """The parts of an experiment with the tasks by which others are known, for messages alone."""
    if part != "task" or parts is not experiments[0].PARTS.get("task"):
        return parts
    known = (of.KIND for of in experiments if of.KIND in getattr(of.PARTS.get(part), "kinds", ()))
    return parts._replace(others=(*parts.others, *known))


def _parts(
    part: str,
    entries: Sequence[Entry],
    experiment: type[Experiment],
    axes: Mapping[str, list[Value]],
    files: Files,
    faults: Faults,
) -> list[Value]:
    parts: Parts = experiment.PARTS[part]
    given = {n: [v.value for v in axes[n]] for n in axes}
    usual = {n: [getattr(experiment, n)] for n in axes_of(experiment) if n not in experiment.PARTS}
    sizes = experiment.sizes({**usual, **given}) if part == "start" else {}

    def check(one: Part, kind: Kind, blame: Blame) -> bool:
        fitting = []
        for words, size in sizes.items():
            try:
                one.made.check(size)
                fitting.append(size)
            except ValueError as error:
                blame(kind.sized, error, f" with {words}")
        if fitting and kind.tried:
            try:
                one.made.try_out(min(fitting))
            except ValueError as error:
                blame(str(error).partition(" ")[0], error, "")
                return False
        return True

    return make_parts(entries, parts, files, faults, check)


def _single(experiment: type[Experiment]) -> tuple[str, ...]:
    return tuple(name for name in fields_of(experiment) if name not in axes_of(experiment))


def _small(
    entries: Mapping[str, Sequence[Entry]],
    axes: Mapping[str, list[Value]],
    root: yaml.Node,
    faults: Faults,
) -> bool:
    """Whether the grid is small enough to be multiplied out; a fault is noted otherwise."""
    number = 1
    for found in entries.values():
        number *= sum(each.number for each in found) or 1
    for values in axes.values():
        number *= max(1, len(values))
    if number > MOST_CELLS:
        message = f"the grid has {number} cells; allowed are at most {MOST_CELLS}."
        faults.add(root, "grid", message)
    return number <= MOST_CELLS


def _check_cells(
    made: Grid,
    axes: Mapping[str, list[Value]],
    fields: Mapping[str, yaml.Node],
    root: yaml.Node,
    faults: Faults,
) -> None:
    """Note what an experiment refuses of whole cells, at the place of the field that it names."""
    places = {(field, id(v.value)): v.node for field, values in axes.items() for v in values}

    def note(error: FieldError, values: Mapping[str, Any]) -> None:
        field = error.field
        at = places.get((field, id(values.get(field))), fields.get(field, root))
        faults.add(at, field, str(error))

    try:
        made.experiment.together(
            {n: tuple(map(_made_of, values)) for n, values in made.axes.items()}
        )
    except FieldError as error:
        note(error, {})
        return
    for values in combinations(made):
        try:
            cell_of(made, values)
        except FieldError as error:
            note(error, values)


def _made_of(value: Any) -> Any:
    return value.made if isinstance(value, Part) else value
