"""The starts, tasks and images that a specification may name, and how each is made."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import richlazy_jax as rj

from ...engine import (
    BELOW_1,
    POSITIVE,
    REQUIRED,
    Blamed,
    Files,
    Kind,
    Parameter,
    Parts,
    blame,
    choice,
    flag,
    number,
    optional,
    text,
    whole,
)
from ._leaky_starts import LowRankStep, WithoutLeak
from ._more_starts import (
    FeedForward,
    Identity,
    LowRankPlusNoise,
    MeanShifted,
    Modular,
    Orthogonal,
    SmallWorld,
    Sparse,
    Symmetric,
)
from ._nodes import Nodes
from ._reading import READING, reading_arguments
from ._starts import (
    DIAGRAM_NULLS,
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
from ._tasks import COGNITIVE, NEUROGYM, SEQUENTIAL, NeuroGym, wrong_with_task

SIGNS = ("gabaergic", "balanced", "as_given")
IMAGES = ("auto", "mnist-5k", "digits", "openml")

_SHARE = number("numbers from 0 to 1", lambda x: 0 <= x <= 1)
_BETWEEN = number("numbers above 0 and below 1", lambda x: 0 < x < 1)
_POSITIVE_SHARE = number("numbers above 0 and at most 1", lambda x: 0 < x <= 1)
_EXCESS = number("numbers of at least -1", lambda x: x >= -1)
_AT_LEAST_0 = number("numbers of at least 0", lambda x: x >= 0)


def _motifs(p: Mapping[str, Any], files: Files) -> Start:
    statistics = {name: value for name, value in p.items() if name != "centred"}
    return Motifs(rj.MotifStatistics(**statistics), centred=p["centred"])


def _cell_types(p: Mapping[str, Any], files: Files) -> Start:
    if p["table"] is None:
        return CellTyped(files.once(rj.potjans_diesmann), p["distribution"])
    path = files.existing("table", p["table"], "null")
    with blame("table"):
        return CellTyped(files.once(rj.read_cell_types, path), p["distribution"])


def _connectome(p: Mapping[str, Any], files: Files) -> Start:
    diagram = _diagram(p, files)
    names = ["EM", "balanced" * (p["signs"] == "balanced"), "resampled" * p["resampled"]]
    names.append("shuffled" if p["null"] == "places" else (p["null"] or "").replace("_", " "))
    start = Wired(
        diagram,
        _signs(p["signs"], diagram, files),
        resampled=p["resampled"],
        null=p["null"],
        label=" ".join(filter(None, names)),
    )
    with blame("signs"):
        # At its own size, so that what is left to refuse is the size.
        start.check(len(diagram.names))
    return start


def _diagram(p: Mapping[str, Any], files: Files, entry: str = "source") -> rj.Connectome:
    """The connectome that an entry names, with the options of `READING` for its file."""
    source = p[entry]
    given = [name for name in READING if p[name] is not None]
    if source in rj.SHIPPED_CONNECTOMES:
        if given:
            raise Blamed(given[0], f"allowed with {source} is null, as it says what a file holds.")
        return files.once(rj.shipped_connectome, source)
    path = files.existing(entry, source, ", ".join(rj.SHIPPED_CONNECTOMES))
    with blame(given[0] if given else entry):
        reading_arguments(p, files.path)
    with blame(entry):
        # As pairs, by which files are known that were read already.
        return files.once(_read_diagram, path, tuple((n, p[n]) for n in given), files.folder)


def _read_diagram(path: Path, given: tuple[tuple[str, Any], ...], folder: Path) -> rj.Connectome:
    return rj.read_connectome(path, **reading_arguments(dict(given), Files(folder).path))


def _signs(signs: str, diagram: rj.Connectome, files: Files) -> np.ndarray | str | None:
    if signs in ("balanced", "as_given"):
        return "balanced" if signs == "balanced" else None
    if signs == "gabaergic":
        with blame("signs"):
            return rj.gabaergic_signs(diagram.names)
    path = files.existing("signs", signs, ", ".join(SIGNS))
    with blame("signs"):
        return rj.read_signs(path, diagram.names)


def _settle_signs(found: dict[str, Any]) -> None:
    # Only the shipped diagrams are known to be of the worm whose neurons the signs are for.
    if found["signs"] is None:
        shipped = found["source"] in rj.SHIPPED_CONNECTOMES
        found["signs"] = "gabaergic" if shipped else "as_given"


def _wrong_with_start(start: Any) -> str:
    if isinstance(start, Start):
        return ""
    return (
        f"{type(start).__name__} is no start; allowed are subclasses of "
        "experiments.kinds.recurrent.Start"
    )


_OF_LEAK = {"rank": Parameter(whole(), REQUIRED), "leak": Parameter(BELOW_1, REQUIRED)}
START_KINDS = {
    "null": Kind({}, lambda p, files: Null()),
    "low_rank": Kind(
        {
            "rank": Parameter(whole(), REQUIRED),
            "keep": Parameter(choice(KEPT), LowRank.keep),
        },
        lambda p, files: LowRank(p["rank"], p["keep"]),
        sized="rank",
    ),
    "low_rank_step": Kind(_OF_LEAK, lambda p, files: LowRankStep(**p), sized="rank"),
    "without_leak": Kind(_OF_LEAK, lambda p, files: WithoutLeak(**p), sized="rank"),
    "power_law": Kind(
        {"exponent": Parameter(_AT_LEAST_0, REQUIRED)}, lambda p, files: PowerLaw(p["exponent"])
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
        tried=True,
    ),
    "motifs": Kind(
        {
            "probability": Parameter(_BETWEEN, REQUIRED),
            "chain": Parameter(_EXCESS, 0.0),
            "convergent": Parameter(_AT_LEAST_0, 0.0),
            "divergent": Parameter(_AT_LEAST_0, 0.0),
            "reciprocal": Parameter(optional(_EXCESS), None),
            "centred": Parameter(flag(), Motifs.centred),
        },
        _motifs,
        tried=True,
    ),
    "cell_types": Kind(
        {
            "table": Parameter(optional(text("the path of a .csv table")), None),
            "distribution": Parameter(choice(("lognormal", "normal")), CellTyped.distribution),
        },
        _cell_types,
        sized="table",
        files={"table": ()},
        tried=True,
    ),
    "connectome": Kind(
        {
            "source": Parameter(
                text(f"{', '.join(rj.SHIPPED_CONNECTOMES)} and the path of a file"), REQUIRED
            ),
            "signs": Parameter(text(f"{', '.join(SIGNS)} and the path of a .csv file"), None),
            "resampled": Parameter(flag(), Wired.resampled),
            **READING,
            "null": Parameter(optional(choice(DIAGRAM_NULLS)), Wired.null),
        },
        _connectome,
        sized="source",
        files={"source": rj.SHIPPED_CONNECTOMES, "signs": SIGNS, "nodes": ()},
        settle=_settle_signs,
    ),
}


_RANGE = number("numbers from -1 to 1", lambda x: -1 <= x <= 1)
START_KINDS |= {
    "orthogonal": Kind({}, lambda p, files: Orthogonal()),
    "identity": Kind(
        {"noise": Parameter(_AT_LEAST_0, Identity.noise)}, lambda p, files: Identity(**p)
    ),
    "feed_forward": Kind({}, lambda p, files: FeedForward()),
    "sparse": Kind(
        {"density": Parameter(_POSITIVE_SHARE, REQUIRED)}, lambda p, files: Sparse(**p), tried=True
    ),
    "modular": Kind(
        {
            "modules": Parameter(whole(), REQUIRED),
            "within": Parameter(_POSITIVE_SHARE, REQUIRED),
            "between": Parameter(_SHARE, REQUIRED),
        },
        lambda p, files: Modular(**p),
        sized="modules",
        tried=True,
    ),
    "small_world": Kind(
        {"neighbours": Parameter(whole(), REQUIRED), "rewired": Parameter(_SHARE, REQUIRED)},
        lambda p, files: SmallWorld(**p),
        sized="neighbours",
    ),
    "low_rank_plus_noise": Kind(
        {
            "overlap": Parameter(number(), REQUIRED),
            "rank": Parameter(whole(), LowRankPlusNoise.rank),
            "orthogonal": Parameter(_AT_LEAST_0, LowRankPlusNoise.orthogonal),
            "noise": Parameter(POSITIVE, LowRankPlusNoise.noise),
        },
        lambda p, files: LowRankPlusNoise(**p),
        sized="rank",
    ),
    "symmetric": Kind({"symmetry": Parameter(_RANGE, REQUIRED)}, lambda p, files: Symmetric(**p)),
    "mean_shifted": Kind(
        {
            "mean": Parameter(number(), REQUIRED),
            "noise": Parameter(POSITIVE, MeanShifted.noise),
        },
        lambda p, files: MeanShifted(**p),
    ),
}
# Linear networks have these alone.
LINEAR_KINDS = {name: START_KINDS[name] for name in ("null", "low_rank")}
LOW_RANK_KINDS = {"low_rank": START_KINDS["low_rank"]}


def _named_task(name: str) -> Kind:
    return Kind({}, lambda p, files: name)


def _other_task(name: str, files: Files) -> tuple[str, Kind] | None:
    word, _, environment = name.partition(":")
    if word != NEUROGYM:
        return None

    def make(p: Mapping[str, Any], files: Files) -> NeuroGym:
        try:
            task = NeuroGym(environment, p["n_steps"], p["weighted"])
        except ValueError:
            raise
        # NeuroGym raises errors of its own for names that it does not know.
        except Exception as error:
            raise ValueError(f"NeuroGym has no such environment ({error})") from error
        if problem := wrong_with_task(task):
            raise ValueError(problem)
        return task

    parameters = {
        "n_steps": Parameter(optional(whole()), None),
        "weighted": Parameter(flag(), NeuroGym.weighted),
    }
    return name, Kind(parameters, make)


def _images(source: str) -> Kind:
    def make(p: Mapping[str, Any], files: Files) -> rj.ImageSet:
        if source not in IMAGES and not os.path.isdir(source):
            raise ValueError(f"that is no folder; allowed are {', '.join(IMAGES)} and {_FOLDER}.")
        try:
            return files.once(rj.image_set, source)
        except (OSError, RuntimeError) as error:
            raise ValueError(str(error)) from error

    return Kind({}, make)


def _other_images(name: str, files: Files) -> tuple[str, Kind]:
    with blame("images"):
        path = files.path(name)
    return path, _images(path)


_FOLDER = "the path of a folder with MNIST's files"
STARTS = Parts("start", START_KINDS, group="richlazy.starts", fits=_wrong_with_start)
TASKS = Parts(
    "task",
    {name: _named_task(name) for name in (*COGNITIVE, SEQUENTIAL)},
    bare=True,
    group="richlazy.tasks",
    fits=wrong_with_task,
    others=(f"{NEUROGYM}:NAME",),
    other=_other_task,
)
IMAGE_SETS = Parts(
    "images",
    {name: _images(name) for name in IMAGES},
    bare=True,
    others=(_FOLDER,),
    other=_other_images,
)


def _nodes(p: Mapping[str, Any], files: Files) -> Nodes:
    chosen = [] if p["names"] is None else [each.strip() for each in p["names"].split(",")]
    if p["file"] is not None:
        path = files.existing("file", p["file"], "null")
        with blame("file"):
            chosen += files.once(rj.read_names, path)
    if not chosen:
        raise ValueError("names is null, and so is file; allowed are names in one of them.")
    classes = of = None
    if p["classes"] is not None:
        path = files.existing("classes", p["classes"], "null")
        with blame("classes"):
            classes = files.once(rj.read_classes, path)
    reading = {name: p[_of(name)] for name in READING}
    given = [_of(name) for name in READING if reading[name] is not None]
    if p["of"] is not None:
        of = _diagram({"of": p["of"], **reading}, files, "of").names
    elif given:
        raise Blamed(given[0], "allowed while of is null is null, as it says what its file holds.")
    with blame("names" if p["file"] is None else "file"):
        return Nodes.named(chosen, classes, of)


def _of(name: str) -> str:
    """An option for the file of `of`; `names` are here those that are chosen."""
    return "names_of" if name == "names" else name


_NAMED = Kind(
    {
        "names": Parameter(optional(text("names of nodes or classes, with commas between")), None),
        "file": Parameter(optional(text("the path of a file with one name a line")), None),
        "classes": Parameter(
            optional(text("the path of a .csv file with columns name, class")), None
        ),
        "of": Parameter(
            optional(text(f"{', '.join(rj.SHIPPED_CONNECTOMES)} and the path of a file")), None
        ),
        **{_of(name): parameter for name, parameter in READING.items()},
    },
    _nodes,
    files={"file": (), "classes": (), "of": rj.SHIPPED_CONNECTOMES, "nodes": ()},
)
NODES = {name: Parts(name, {"named": _NAMED}) for name in ("input_nodes", "output_nodes")}
