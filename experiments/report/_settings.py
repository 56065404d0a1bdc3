"""Cells that differ only in their start, which is what may be compared."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ._cell import Cell
from ._markup import shown, words


class Setting(NamedTuple):
    """Cells of one task that differ only in their start, in the order of starts.

    - `task`: its name.
    - `fields`: the fields that differ between cells of the task, with their values here.
    - `cells`: one for each start.
    """

    task: str
    fields: dict[str, Any]
    cells: list[Cell]

    @property
    def text(self) -> str:
        """The fields in words, empty where none varies."""
        return fields_text(self.fields)


def fields_text(fields: Mapping[str, Any]) -> str:
    """Fields and their values in words."""
    return ", ".join(f"{words(name)} {shown(value)}" for name, value in fields.items())


def varying_fields(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the fields that differ between flat records, or that some lack."""
    names = dict.fromkeys(name for record in records for name in record)
    lacking = object()
    return [name for name in names if len({_key(r.get(name, lacking)) for r in records}) > 1]


def fields_of_columns(cells: Sequence[Cell]) -> list[str]:
    """The names of the fields that have several values, or that some cells of a task lack."""
    within = {name for of_task in _by_task(cells).values() for name in _varying(of_task)}
    values: dict[str, set[Hashable]] = {}
    for cell in cells:
        for name, value in cell.fields.items():
            values.setdefault(name, set()).add(_key(value))
    return [name for name, known in values.items() if len(known) > 1 or name in within]


def settings_of(cells: Sequence[Cell]) -> list[Setting]:
    """The cells of a study by what they may be compared within."""
    groups: dict[tuple[Any, ...], Setting] = {}
    for task, of_task in _by_task(cells).items():
        varying = _varying(of_task)
        for cell in of_task:
            fields = {name: cell.fields[name] for name in varying if name in cell.fields}
            key = (task, *((name, _key(value)) for name, value in fields.items()))
            groups.setdefault(key, Setting(task, fields, [])).cells.append(cell)
    return list(groups.values())


def ordered(cells: Sequence[Cell]) -> list[Cell]:
    """By task, then fields, then start: the null first, then by rank, then by name."""
    return [cell for of_task in _by_task(cells).values() for cell in of_task]


def _by_task(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    tasks: dict[str, list[Cell]] = {task: [] for task in sorted({cell.task for cell in cells})}
    for cell in cells:
        tasks[cell.task].append(cell)
    for of_task in tasks.values():
        varying = _varying(of_task)

        def place(cell: Cell, varying: list[str] = varying) -> tuple[Any, ...]:
            return *(_sortable(cell.fields.get(name)) for name in varying), start_place(cell)

        of_task.sort(key=place)
    return tasks


def _varying(cells: Sequence[Cell]) -> list[str]:
    return varying_fields([cell.fields for cell in cells])


def start_place(cell: Cell) -> tuple[bool, bool, str, int, str]:
    """Sorts starts: the null first, then by rank, then by name."""
    return (not cell.is_null, cell.rank is None, cell.family, cell.rank or 0, cell.start)


def paired(cells: Iterable[Cell], measure: str) -> np.ndarray:
    """The values of a measure with a row for each cell and a column for each seed of all cells."""
    cells = list(cells)
    common = cells[0].seeds
    for cell in cells[1:]:
        common = common[np.isin(common, cell.seeds)]
    rows = []
    for cell in cells:
        at = {seed: i for i, seed in enumerate(cell.seeds.tolist())}
        rows.append(cell.values[measure][[at[seed] for seed in common.tolist()]])
    return np.array(rows, np.float64).reshape(len(cells), len(common))


def _key(value: Any) -> Hashable:
    # True, 1 and 1.0 are three values of a record and one in Python.
    return (type(value), value)


def _sortable(value: Any) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return (0, float(value), "")
    return (1, 0.0, shown(value))
