"""Tables of cell types: who connects to whom, how often and how strongly."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from .._table import read_table

COLUMNS = {
    "target": ("target",),
    "source": ("source",),
    "probability": ("connection_probability",),
    "mean": ("mean_psp_mv", "mean"),
    "sd": ("sd_psp_mv", "sd"),
    "size": ("source_population_size", "size"),
}
ALLOWED = {
    "probability": ("numbers from 0 to 1", lambda x: (x >= 0) & (x <= 1)),
    "mean": ("finite numbers", np.isfinite),
    "sd": ("finite numbers of at least 0", lambda x: np.isfinite(x) & (x >= 0)),
    "size": ("finite numbers above 0", lambda x: np.isfinite(x) & (x > 0)),
}


@dataclass(frozen=True, eq=False)
class CellTypes:
    """Statistics of the connections between k types of units.

    In each (k, k) table a row is a target and a column a source. The arrays are copied and cannot
    be written to.

    - `names`: of the types, all different.
    - `sizes`: how many units each type has, in any one unit; only ratios count.
    - `probability`: that a unit of the source connects to one of the target; not all 0.
    - `mean`, `sd`: of a connection's weight where there is one, in the table's own unit (mV in
      `potjans_diesmann`). By Dale's law the means of a source are all >= 0 or all <= 0.
    - `citation`: where the numbers come from.

    Raises:
        ValueError: a field is not as described above.
    """

    names: tuple[str, ...]
    sizes: Float[np.ndarray, " k"]
    probability: Float[np.ndarray, "k k"]
    mean: Float[np.ndarray, "k k"]
    sd: Float[np.ndarray, "k k"]
    citation: str = ""

    def __post_init__(self):
        object.__setattr__(self, "names", tuple(self.names))
        k = len(self.names)
        if k == 0 or len(set(self.names)) < k:
            raise ValueError(f"names is {self.names}; allowed are different names, at least one.")
        for field, kind in (
            ("sizes", "size"),
            *((kind, kind) for kind in ALLOWED if kind != "size"),
        ):
            array = np.array(getattr(self, field), np.float64)
            shape = (k,) if kind == "size" else (k, k)
            if array.shape != shape:
                raise ValueError(f"{field} has shape {array.shape}; allowed is {shape}.")
            words, holds = ALLOWED[kind]
            if not holds(array).all():
                where = np.argwhere(~holds(array))[0]
                place = " from ".join(self.names[i] for i in where)
                raise ValueError(
                    f"{field} of {place} is {array[tuple(where)]}; allowed are {words}."
                )
            array.setflags(write=False)
            object.__setattr__(self, field, array)
        if not (self.probability * (np.abs(self.mean) + self.sd)).any():
            raise ValueError("The table connects no types; allowed is at least one connection.")
        for name, means in zip(self.names, self.mean.T, strict=True):
            if means.min() < 0 < means.max():
                low, high = self.names[means.argmin()], self.names[means.argmax()]
                raise ValueError(
                    f"mean of source {name} is {means.min()} to {low} and {means.max()} to {high}; "
                    "allowed are means of one sign for each source."
                )


def read_cell_types(path: str | os.PathLike[str], citation: str = "") -> CellTypes:
    """A table of cell types from a CSV file with one line for each ordered pair of types.

    Its first line names the columns, in any order: `target`, `source`, `connection_probability`,
    `mean_psp_mv` (or `mean`), `sd_psp_mv` (or `sd`) and `source_population_size` (or `size`).
    Others are not read. Types come in the order in which the file first names them.

    Args:
        path: the file, UTF-8 text with any line ends.
        citation: where its numbers come from.

    Raises:
        ValueError: the file is not as described above. The message names the file, the line, the
            value and what is allowed.
        OSError: the file cannot be read.
    """
    header, rows = read_table(Path(path))
    at = _columns(f"{path}, line 1", header)
    names: dict[str, None] = {}
    sizes: dict[str, tuple[float, int]] = {}
    pairs: dict[tuple[str, str], dict[str, Any]] = {}
    for place, row, line in rows:
        target, source = row[at["target"]], row[at["source"]]
        for kind, name in (("target", target), ("source", source)):
            if not name:
                raise ValueError(f"{place}: {kind} is empty; allowed is the name of a type.")
        numbers: dict[str, Any] = {
            kind: _number(place, header[at[kind]], row[at[kind]], kind) for kind in ALLOWED
        }
        if (target, source) in pairs:
            before = pairs[target, source]["line"]
            raise ValueError(
                f"{place} gives target {target}, source {source} again after line {before}; "
                "allowed is one line for each pair."
            )
        size, first = sizes.setdefault(source, (numbers["size"], line))
        if numbers["size"] != size:
            raise ValueError(
                f"{place}: {header[at['size']]} of source {source} is {numbers['size']}; "
                f"allowed is {size}, as in line {first}."
            )
        pairs[target, source] = {**numbers, "line": line}
        names.update({target: None, source: None})
    missing = [(t, s) for t in names for s in names if (t, s) not in pairs]
    if missing or not names:
        example = "target {}, source {}".format(*missing[0]) if missing else "every pair"
        raise ValueError(
            f"{path} ends after line {rows[-1].line if rows else 1} without {example} "
            f"({len(missing)} pairs missing); allowed is one line for each ordered pair of types."
        )

    def table(kind: str) -> np.ndarray:
        return np.array([[pairs[t, s][kind] for s in names] for t in names])

    try:
        return CellTypes(
            names=tuple(names),
            sizes=np.array([sizes[name][0] for name in names]),
            probability=table("probability"),
            mean=table("mean"),
            sd=table("sd"),
            citation=citation,
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def potjans_diesmann() -> CellTypes:
    """The cortical microcircuit of Potjans and Diesmann: 8 populations, weights in mV.

    Source: T. C. Potjans and M. Diesmann (2014), Cerebral Cortex 24(3):785-806. The potential of
    L4E to L23E is twice that of other excitatory pairs, as there.
    """
    shipped = resources.files("richlazy_jax.connectivity") / "data" / "potjans_diesmann_2014.csv"
    with resources.as_file(shipped) as path:
        return read_cell_types(
            path, "T. C. Potjans and M. Diesmann, Cerebral Cortex 24(3):785-806, 2014"
        )


def _columns(place: str, header: Sequence[str]) -> Mapping[str, int]:
    """Where each column stands."""
    at = {}
    for kind, spellings in COLUMNS.items():
        found = [i for i, name in enumerate(header) if name in spellings]
        if len(found) != 1:
            words = " or ".join(spellings)
            fault = "has no column" if not found else f"has {len(found)} columns"
            raise ValueError(f"{place} {fault} {words}; allowed is one. It names {list(header)}.")
        at[kind] = found[0]
    return at


def _number(place: str, column: str, text: str, kind: str) -> float:
    words, holds = ALLOWED[kind]
    try:
        # Python reads 1_5 as 15; in a table it is a slip.
        value = float("nan" if "_" in text else text)
    except ValueError:
        value = float("nan")
    if not holds(value):
        raise ValueError(f"{place}: {column} is {text!r}; allowed are {words}.")
    return value
