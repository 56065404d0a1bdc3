"""Starts of one task that are alike in all else, which is what may be compared."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ._cell import Cell
from ._equal_loss import looks_of, where_as_low
from ._measures import MEASURES
from ._words import shown, words


class Comparison(NamedTuple):
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


class Family(NamedTuple):
    """Starts in the order of their rank, of which a trend may be asked.

    - `by`: what orders them, "rank" or "participation ratio".
    - `cells`: from low to high. The null stands among them: as full rank, or at its mean
      participation ratio.
    """

    by: str
    cells: list[Cell]

    @property
    def text(self) -> str:
        """The starts in words."""
        if self.by != "rank":
            return f"starts {', '.join(cell.start for cell in self.cells)}"
        named = ("full" if cell.rank is None else str(cell.rank) for cell in self.cells)
        return f"ranks {', '.join(named)}"


def comparison_of(dataset: xr.Dataset, task: str | None = None) -> Comparison:
    """The starts of a dataset as one comparison.

    Args:
        dataset: variables of start and seed. A start that is called "null" is the reference of
            others. Where there is a coordinate `rank`, starts that have a finite one are in its
            order; an attribute `rank_name` may say what it is, other than a rank.
        task: its name; None stands for that of the attributes, if any.
    """
    dims = ("start", "seed")
    ranks = np.full(dataset.sizes["start"], np.nan)
    if "rank" in dataset.coords:
        ranks = np.broadcast_to(dataset["rank"].values, ranks.shape).astype(float)
    names = dataset["start"].values if "start" in dataset.coords else map("rank {:g}".format, ranks)
    seeds = dataset["seed"].values if "seed" in dataset.coords else np.arange(dataset.sizes["seed"])
    values = {
        str(name): variable.transpose(*dims).values.astype(np.float64)
        for name, variable in dataset.data_vars.items()
        if set(variable.dims) == set(dims) and variable.dtype.kind in "biuf"
    }
    smooth = not str(dataset.attrs.get("rank_name", "rank")).startswith("rank")
    cells = []
    for i, (name, rank) in enumerate(zip(names, ranks, strict=True)):
        ranked = bool(np.isfinite(rank)) and not smooth and name != "null"
        cells.append(
            Cell(
                hash="",
                task=str(dataset.attrs.get("task", "") if task is None else task),
                start=str(name),
                rank=int(rank) if ranked else None,
                family="rank" if np.isfinite(rank) and name != "null" else "",
                is_null=name == "null",
                fields={},
                seeds=np.asarray(seeds),
                values={measure: of[i] for measure, of in values.items()},
                looks=looks_of(dataset.isel(start=i), dataset.attrs.get("iterations")),
            )
        )
    return Comparison(cells[0].task, {}, cells)


def families_of(cells: Sequence[Cell]) -> list[Family]:
    """Starts that differ in their rank only, or in the steepness of a smooth spectrum only.

    Each has two starts or more. The null belongs to every one of them.
    """
    named: dict[str, dict[str, Cell]] = {}
    for cell in cells:
        if cell.family and not cell.is_null:
            named.setdefault(cell.family, {})[cell.start] = cell
    nulls = [cell for cell in cells if cell.is_null][:1]
    families = []
    for of in named.values():
        ranked = all(cell.rank is not None for cell in of.values())
        place = _rank_place if ranked else _ratio_place
        members = sorted([*of.values(), *nulls], key=place)
        if len(members) > 1 and all(np.isfinite(_ratio_place(c)) or ranked for c in members):
            families.append(Family("rank" if ranked else "participation ratio", members))
    return families


def _rank_place(cell: Cell) -> float:
    return np.inf if cell.rank is None else float(cell.rank)


def _ratio_place(cell: Cell) -> float:
    ratios = cell.values.get("participation_ratio", np.empty(0))
    return float(np.mean(ratios)) if len(ratios) else float("nan")


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


def comparisons_of(cells: Sequence[Cell]) -> list[Comparison]:
    """The cells of a study by what they may be compared within."""
    groups: dict[tuple[Any, ...], Comparison] = {}
    for task, of_task in _by_task(cells).items():
        varying = _varying(of_task)
        for cell in of_task:
            fields = {name: cell.fields[name] for name in varying if name in cell.fields}
            key = (task, *((name, _key(value)) for name, value in fields.items()))
            groups.setdefault(key, Comparison(task, fields, [])).cells.append(cell)
    return list(groups.values())


def tables_of(comparisons: Sequence[Comparison]) -> list[list[Comparison]]:
    """Comparisons by the table that they stand in, whose tests are corrected together.

    Each stands in a table of its own, but for those that differ in the number of units alone and
    share no start other than the null: structures that each come in a size of their own, such as a
    connectome, are beside each other in one table.
    """
    groups: dict[tuple[Any, ...], list[Comparison]] = {}
    for comparison in comparisons:
        rest = ((n, _key(value)) for n, value in comparison.fields.items() if n != "n_hidden")
        groups.setdefault((comparison.task, *rest), []).append(comparison)
    tables = []
    for group in groups.values():
        starts = [cell.start for each in group for cell in each.cells if not cell.is_null]
        tables += [group] if len(set(starts)) == len(starts) else [[each] for each in group]
    return tables


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


def common_seeds(cells: Sequence[Cell]) -> np.ndarray:
    """The names of the seeds that all cells have, in the order of the first."""
    common = cells[0].seeds
    for cell in cells[1:]:
        common = common[np.isin(common, cell.seeds)]
    return common


def paired(cells: Sequence[Cell], measure: str) -> np.ndarray:
    """The values of a measure with a row for each cell and a column for each seed of all cells."""
    common = common_seeds(cells)
    rows = [cell.values[measure][_places(cell, common)] for cell in cells]
    return np.array(rows, np.float64).reshape(len(cells), len(common))


def at_equal_loss(cells: Sequence[Cell]) -> list[Cell] | None:
    """The same networks where they had the same loss; None where some were not looked at.

    Each network is taken where its loss was first as low as the highest of its seed at the end,
    by `where_as_low`. Only seeds that all cells have are left.
    """
    common, places, looks = common_seeds(cells), [], []
    for cell in cells:
        if cell.looks is None:
            return None
        at = _places(cell, common)
        paths = {name: of[at] for name, of in cell.looks.values.items()}
        places.append(at)
        looks.append(cell.looks._replace(loss=cell.looks.loss[at], values=paths))
    loss, measured = where_as_low(looks)
    found = []
    for cell, at, of in zip(cells, places, measured, strict=True):
        # Of a measure that was taken at the end alone nothing is known here.
        kept = {name: v[at] for name, v in cell.values.items() if name not in MEASURES}
        found.append(cell._replace(seeds=common, values=kept | of | {"loss": loss}, looks=None))
    return found


def on_the_way(cells: Sequence[Cell], name: str) -> xr.DataArray | None:
    """A measure, or "loss", at each look; None where cells were not all looked at alike.

    Returns:
        Along start, update and seed, for the seeds that all cells have.
    """
    common, rows = common_seeds(cells), []
    updates = None
    for cell in cells:
        if cell.looks is None:
            return None
        updates = cell.looks.updates if updates is None else updates
        if not np.array_equal(cell.looks.updates, updates):
            return None
        values = {**cell.looks.values, "loss": cell.looks.loss}.get(name)
        if values is None:
            return None
        rows.append(values[_places(cell, common)].T)
    starts = [cell.start for cell in cells]
    coordinates = {"start": starts, "update": updates, "seed": common}
    return xr.DataArray(np.array(rows), coordinates, ("start", "update", "seed"), name)


def _places(cell: Cell, seeds: np.ndarray) -> list[int]:
    """Where a cell has some of its seeds."""
    at = {seed: i for i, seed in enumerate(cell.seeds.tolist())}
    return [at[seed] for seed in seeds.tolist()]


def _key(value: Any) -> Hashable:
    # True, 1 and 1.0 are three values of a record and one in Python.
    return (type(value), value)


def _sortable(value: Any) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return (0, float(value), "")
    return (1, 0.0, shown(value))
