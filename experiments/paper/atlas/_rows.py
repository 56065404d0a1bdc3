"""What is finished of the atlas, a row for each start, task and kind of unit."""

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...engine import Experiment, parameters_of
from ...findings import (
    MEASURES,
    Cell,
    cell_of,
    diverged_networks,
    mean_and_interval,
    regime_words,
    shown,
    unreadable,
    variables_of,
    words,
)
from ...kinds.recurrent import CellTyped, Motifs, Setting, Start, Wired
from ._grids import BESIDE, UNITS

# Which starts are of one colour. Those that differ from the null in the scale of some of their
# weights alone are a family of their own.
FAMILIES = {
    "rank": ("low_rank",),
    "spectrum": ("power_law", "participation_ratio", "orthogonal", "identity", "symmetric"),
    "outlying eigenvalue": ("low_rank_plus_noise", "mean_shifted"),
    "graph": ("sparse", "modular", "small_world", "motifs", "feed_forward"),
    "Dale and cell types": ("dale", "cell_types"),
    "connectome": ("connectome",),
}
SCALE = "gain, readout or input scale"
SCALES = ("gain", "readout_scale", "input_scale")
# Of each network, the means that a row has beside the alignment and its interval.
NUMBERS = (
    *(name for name in MEASURES if name != "kernel_alignment"),
    "accuracy",
    "loss",
    "participation_ratio",
    "stable_rank",
    "exponential_entropy",
    *(name for name in variables_of(BESIDE) if name != "regime"),
)


class Row(NamedTuple):
    """One start on one task with units of one kind.

    - `units`: a name in `UNITS`.
    - `family`: a name in `FAMILIES`, `SCALE`, or "null".
    - `cell`: its networks, seed by seed, under the name of the start.
    - `scales`: gain, scale of the readout and scale of the input, as numbers.
    - `learned`: "yes", or why its measures say nothing beside those of the others.
    """

    units: str
    family: str
    cell: Cell
    scales: tuple[float, ...]
    learned: str

    @property
    def alignment(self) -> tuple[float, float, float]:
        """The mean kernel alignment and the ends of its 95 % interval."""
        return mean_and_interval(self.cell.values["kernel_alignment"])

    @property
    def regime(self) -> str:
        """In which regime its networks start, in words."""
        return regime_words(self.cell.values["regime"])

    def mean(self, name: str) -> float:
        """The mean of a variable over seeds, NaN where no network has it.

        Exponents of minus infinity, of starts in which all activity is gone after some steps, count
        as they are.
        """
        values = self.cell.values[name]
        values = values[~np.isnan(values)]
        return float(values.mean()) if len(values) else float("nan")


def rows_of(found: Sequence[tuple[Experiment, xr.Dataset]]) -> list[Row]:
    """Rows by kind of unit and task, each from lazy to rich by the mean kernel alignment.

    Starts of which no network has an alignment come last.

    Args:
        found: finished cells of the grids of `atlas_grids`.
    """
    groups: dict[tuple[str, str], list[tuple[Setting, Cell]]] = {}
    for of, dataset in found:
        if isinstance(of, Setting):
            cell = cell_of(of.wanted().hash, of.record(), dataset)._replace(start=start_name(of))
            groups.setdefault((units_of(of), of.task_label), []).append((of, cell))
    order = {unit: place for place, unit in enumerate(UNITS)}
    rows = []
    for units, task in sorted(groups, key=lambda group: order[group[0]]):
        of_task = groups[units, task]
        wrong = unreadable([cell for _, cell in of_task])
        each = [
            Row(
                units,
                family_of(of),
                cell,
                tuple(getattr(of, name) for name in SCALES),
                wrong.get(cell.start, "yes"),
            )
            for of, cell in of_task
        ]
        rows += sorted(each, key=lambda row: -np.nan_to_num(row.alignment[0], nan=-np.inf))
    return rows


def units_of(of: Setting) -> str:
    """The name of the units of a setting in `UNITS`."""
    for name, fields in UNITS.items():
        usual = {n: getattr(Setting, n) for n in ("activation", "leak", "leak_form")}
        if all(getattr(of, n) == value for n, value in (usual | fields).items()):
            return name
    raise ValueError(
        f"units are {of.activation}, leak {of.leak:g}, {of.leak_form}; allowed are "
        f"{', '.join(UNITS)}."
    )


def family_of(of: Setting) -> str:
    """The family of a setting's start."""
    if any(getattr(of, name) != getattr(Setting, name) for name in SCALES):
        return SCALE
    kind = of.starts[0].KIND
    return next((name for name, kinds in FAMILIES.items() if kind in kinds), "null")


def start_name(of: Setting) -> str:
    """The start of a setting in words that no other start of the atlas has."""
    scales = (
        f"{words(name)} {getattr(of, name):g}"
        for name in SCALES
        if getattr(of, name) != getattr(Setting, name)
    )
    return ", ".join([_named(of.starts[0]), *scales])


def _named(start: Start) -> str:
    if isinstance(start, Wired):
        signs = "unsigned" if start.signs is None else "signed"
        signs = "balanced" if isinstance(start.signs, str) else signs
        named = [f"worm of {len(start.connectome.names)}", signs]
        return ", ".join([*named, *([f"null {words(start.null)}"] if start.null else [])])
    if isinstance(start, Motifs):
        of = start.statistics
        there = {n: getattr(of, n) for n in ("chain", "convergent", "divergent", "reciprocal")}
        given = [f"{n} {v:g}" for n, v in there.items() if v]
        return ", ".join(["motifs", *given, *([] if start.centred else ["not centred"])])
    if isinstance(start, CellTyped):
        return f"cell types, {start.distribution}"
    defaults = {n: getattr(type(start), n, None) for n in parameters_of(start)}
    given = {n: v for n, v in parameters_of(start).items() if v != defaults[n]}
    if type(start).label is not Start.label and start.label != "Dale":
        # Its own name has all but what is kept of the null.
        kept = f", {words(start.keep)} kept" if given.get("keep") else ""  # pyright: ignore[reportAttributeAccessIssue]
        return f"{start.label}{kept}"
    kind = start.label if start.label == "Dale" else words(start.KIND or type(start).__name__)
    return ", ".join([kind, *(f"{words(n)} {shown(v)}" for n, v in given.items())])


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV, in their order, numbers as exact as they are; what is not there is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            *("units", "task", "start", "family", *SCALES, "seeds", "diverged", "learned"),
            *("kernel_alignment", "kernel_alignment_low", "kernel_alignment_high"),
            *NUMBERS,
            *("regime", "cell"),
        ]
    )
    for row in rows:
        cell = row.cell
        numbers = [*row.alignment, *map(row.mean, NUMBERS)]
        writer.writerow(
            [
                *(row.units, cell.task, cell.start, row.family, *row.scales),
                *(len(cell.seeds), diverged_networks(cell), row.learned),
                *("" if np.isnan(number) else repr(number) for number in numbers),
                *(row.regime, cell.hash),
            ]
        )
    return text.getvalue()
