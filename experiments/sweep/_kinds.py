"""The kinds of start that a specification may name, and how each is made."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import richlazy_jax as rj

from ..recurrent import (
    KEPT,
    CellTyped,
    Dale,
    LowRank,
    Motifs,
    Null,
    ParticipationRatio,
    PowerLaw,
    Start,
    Wired,
)
from ._scalars import Scalar, choice, flag, number, optional, text, whole

SIGNS = ("gabaergic", "balanced", "as_given")
# A parameter without a default.
REQUIRED = object()


class Blamed(ValueError):
    """A start that cannot be made, and the parameter whose fault it is."""

    def __init__(self, parameter: str, message: str):
        super().__init__(message)
        self.parameter = parameter


class Files:
    """Files beside a specification, each read once."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.connectome = functools.cache(self._connectome)
        self.cell_types = functools.cache(self._cell_types)

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
        path = self.path(written)
        if not os.path.isfile(path):
            message = f"{path} is no file; allowed are {others} and the path of a file."
            raise Blamed(parameter, message)
        return Path(path)

    def _connectome(self, source: str) -> rj.Connectome:
        if source in rj.SHIPPED_CONNECTOMES:
            return rj.shipped_connectome(source)
        path = self.existing("source", source, ", ".join(rj.SHIPPED_CONNECTOMES))
        with blame("source"):
            return rj.read_connectome(path)

    def _cell_types(self, table: str | None) -> rj.CellTypes:
        if table is None:
            return rj.potjans_diesmann()
        path = self.existing("table", table, "null")
        with blame("table"):
            return rj.read_cell_types(path)


class Parameter(NamedTuple):
    """What a parameter may be, and its default."""

    scalar: Scalar
    default: Any


class Kind(NamedTuple):
    """A kind of start.

    - `parameters`: by name.
    - `make`: the start, of all parameters; may raise `Blamed`, or a ValueError that begins with the
      name of the parameter.
    - `sized`: the parameter whose fault it is where a start does not fit its network.
    - `files`: those parameters that may be paths, each with the words that are not.
    """

    parameters: dict[str, Parameter]
    make: Callable[[Mapping[str, Any], Files], Start]
    sized: str = "kind"
    files: Mapping[str, tuple[str, ...]] = {}

    def settled(self, given: Mapping[str, Any], files: Files) -> dict[str, Any]:
        """All parameters: what was given, defaults for the rest, and full paths."""
        found = {name: given.get(name, default) for name, (_, default) in self.parameters.items()}
        # Only the shipped diagrams are known to be of the worm whose neurons the signs are for.
        if found.get("signs", "") is None:
            found["signs"] = (
                "gabaergic" if found["source"] in rj.SHIPPED_CONNECTOMES else "as_given"
            )
        for name, words in self.files.items():
            if found[name] is not None and found[name] not in words:
                with blame(name):
                    found[name] = files.path(found[name])
        return found


@contextlib.contextmanager
def blame(parameter: str) -> Iterator[None]:
    """Errors of what is inside, as faults of one parameter."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise Blamed(parameter, str(error)) from error


def _motifs(p: Mapping[str, Any], files: Files) -> Start:
    statistics = {name: value for name, value in p.items() if name != "centred"}
    return Motifs(rj.MotifStatistics(**statistics), centred=p["centred"])


def _cell_types(p: Mapping[str, Any], files: Files) -> Start:
    return CellTyped(files.cell_types(p["table"]), p["distribution"])


def _connectome(p: Mapping[str, Any], files: Files) -> Start:
    diagram = files.connectome(p["source"])
    how = {"resampled": p["resampled"], "shuffled": p["shuffled"]}
    names = ["EM", *(["balanced"] if p["signs"] == "balanced" else []), *(n for n in how if how[n])]
    start = Wired(diagram, _signs(p["signs"], diagram, files), label=" ".join(names), **how)
    with blame("signs"):
        # At its own size, so that what is left to refuse is the size.
        start.check(len(diagram.names))
    return start


def _signs(signs: str, diagram: rj.Connectome, files: Files) -> np.ndarray | str | None:
    if signs in ("balanced", "as_given"):
        return "balanced" if signs == "balanced" else None
    if signs == "gabaergic":
        with blame("signs"):
            return rj.gabaergic_signs(diagram.names)
    path = files.existing("signs", signs, ", ".join(SIGNS))
    with blame("signs"):
        return rj.read_signs(path, diagram.names)


_SHARE = number("numbers from 0 to 1", lambda x: 0 <= x <= 1)
_BETWEEN = number("numbers above 0 and below 1", lambda x: 0 < x < 1)
_POSITIVE_SHARE = number("numbers above 0 and at most 1", lambda x: 0 < x <= 1)
_EXCESS = number("numbers of at least -1", lambda x: x >= -1)
_EXPONENT = number("numbers of at least 0", lambda x: x >= 0)
_SHARED_EXCESS = number("numbers of at least 0", lambda x: x >= 0)

KINDS = {
    "null": Kind({}, lambda p, files: Null()),
    "low_rank": Kind(
        {
            "rank": Parameter(whole(), REQUIRED),
            "keep": Parameter(choice(KEPT), LowRank.keep),
        },
        lambda p, files: LowRank(p["rank"], p["keep"]),
        sized="rank",
    ),
    "power_law": Kind(
        {"exponent": Parameter(_EXPONENT, REQUIRED)}, lambda p, files: PowerLaw(p["exponent"])
    ),
    "participation_ratio": Kind(
        {"share": Parameter(_POSITIVE_SHARE, REQUIRED)},
        lambda p, files: ParticipationRatio(p["share"]),
        sized="share",
    ),
    "dale": Kind(
        {
            "excitatory": Parameter(_SHARE, Dale.excitatory),
            "balance": Parameter(choice(("mean", "rows", "none")), Dale.balance),
            "density": Parameter(_POSITIVE_SHARE, Dale.density),
        },
        lambda p, files: Dale(**p),
        sized="excitatory",
    ),
    "motifs": Kind(
        {
            "probability": Parameter(_BETWEEN, REQUIRED),
            "chain": Parameter(_EXCESS, 0.0),
            "convergent": Parameter(_SHARED_EXCESS, 0.0),
            "divergent": Parameter(_SHARED_EXCESS, 0.0),
            "reciprocal": Parameter(optional(_EXCESS), None),
            "centred": Parameter(flag(), Motifs.centred),
        },
        _motifs,
    ),
    "cell_types": Kind(
        {
            "table": Parameter(optional(text("the path of a .csv table")), None),
            "distribution": Parameter(choice(("lognormal", "normal")), CellTyped.distribution),
        },
        _cell_types,
        sized="table",
        files={"table": ()},
    ),
    "connectome": Kind(
        {
            "source": Parameter(
                text(f"{', '.join(rj.SHIPPED_CONNECTOMES)} and the path of a file"),
                REQUIRED,
            ),
            "signs": Parameter(text(f"{', '.join(SIGNS)} and the path of a .csv file"), None),
            "resampled": Parameter(flag(), Wired.resampled),
            "shuffled": Parameter(flag(), Wired.shuffled),
        },
        _connectome,
        sized="source",
        files={"source": rj.SHIPPED_CONNECTOMES, "signs": SIGNS},
    ),
}
