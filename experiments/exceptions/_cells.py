"""The cells of a study by what the lines of the plan name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..engine import whole_study
from ..findings import Cell, cell_of
from ..kinds.recurrent import Setting

NULL = "null"


class Place(NamedTuple):
    """One start under one condition: what a cell of the study is, and fields of `Setting`."""

    start: str
    task: str = "2AF"
    dt: float = Setting.dt
    leak: float = Setting.leak
    leak_form: str = Setting.leak_form
    activation: str = Setting.activation
    gain: float = Setting.gain
    match: str = Setting.match
    n_hidden: int = 100

    @property
    def where(self) -> str:
        """The condition in words, without the start."""
        usual = self._field_defaults
        said = [self.task]
        if self.dt != usual["dt"] or self.leak:
            said.append(f"steps of {self.dt:g} ms, leak {self.leak:g}")
        said += [f"form {self.leak_form}"] * (self.leak_form != usual["leak_form"])
        said += [self.activation] * (self.activation != usual["activation"])
        said += [f"equal {self.match.replace('_', ' ')}"] * (self.match != usual["match"])
        return ", ".join(said)


def cells_of(study: Path | str) -> dict[Place, Cell]:
    """The finished cells of a study, seed by seed.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study, a cell is of other networks than recurrent ones or is not
            finished, or two cells have one place.
    """
    found: dict[Place, Cell] = {}
    for name, record, dataset in whole_study(study, Setting.KIND):
        cell = cell_of(name, record, dataset)
        place = place_of(record, cell.start)
        if place in found:
            raise ValueError(
                f"{study} has two cells of {place.start}, {place.where}; allowed is one."
            )
        found[place] = cell._replace(start=place.start)
    return found


def place_of(record: Mapping[str, Any], start: str) -> Place:
    """The place of a cell by its record and the label of its start."""
    kept = record["start"].get("keep", "frobenius")
    start += f", {kept} kept" * (kept != "frobenius")
    fields = {name: record.get(name, getattr(Setting, name)) for name in Place._fields[2:]}
    return Place(start, record["task"], **fields)
