"""Whether networks that start from a connectome learn as theory predicts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import richlazy_jax as rj

from ..findings import (
    Contrast,
    Findings,
    comparison_of,
    findings,
    mean_with_interval,
    p_value,
    warnings_of,
)
from ..kinds.forecast import ForecastSetting, refusals
from ._inspect import Inspection

TASKS = ("2AF", "DMS", "CXT")
MEASURE = "kernel_alignment"
# As `kinds.recurrent` labels them: Gaussian weights, the connectome, and its null of degrees.
GAUSSIAN, CONNECTOME, DEGREES = "null", "EM", "EM degrees"
CALLED = {GAUSSIAN: "Gaussian", CONNECTOME: "the connectome", DEGREES: "degrees and out-strengths"}
# Of the accuracy, below which networks are said to have learned less well.
WORSE = 0.05
_WANTED = {"richer than": "richer", "lazier than": "lazier"}


def training_fields(source: Path, nodes: int, **settings: Any) -> list[dict[str, Any]]:
    """What is trained, as a specification has it: the connectome and two nulls on three tasks.

    Where the settings allow it, each network's kernel alignment is foretold before.

    Args:
        source: the file of `save_connectome`.
        nodes: how many nodes it has.
        settings: what else networks are told, such as seeds and iterations.
    """
    diagram = {"kind": "connectome", "source": str(source)}
    starts = [{"kind": None}, diagram, diagram | {"null": "degrees"}]
    kind = {} if unforeseen(settings) else {"experiment": ForecastSetting.KIND}
    shared = {"n_hidden": nodes, "start": starts, "measures": [MEASURE], **settings}
    return [{**kind, "task": list(TASKS), **shared}]


def unforeseen(settings: Mapping[str, Any]) -> list[str]:
    """The settings given of which the fast-forward knows nothing, so that it foretells nothing."""
    usual = {name: getattr(ForecastSetting, name) for name in ForecastSetting.USUAL_ONLY}
    return [name for name, value in usual.items() if settings.get(name, value) != value]


def save_connectome(connectome: rj.Connectome, path: Path) -> None:
    """Keep what is trained, with its signs and without what was left out.

    Raises:
        OSError: it cannot be written.
        ValueError: there are more than 20,000 nodes.
    """
    with path.open("wb") as opened:
        np.savez_compressed(
            opened, weights=connectome.weights, names=np.array(connectome.names, str)
        )


def training_lines(found: Inspection, datasets: Sequence[xr.Dataset]) -> list[str]:
    """What training says beside the prediction, in Markdown.

    Args:
        found: by `inspect_connectome`, of the connectome that was trained.
        datasets: of each task, with the three starts.
    """
    pairs = [(CONNECTOME, GAUSSIAN), (CONNECTOME, DEGREES)]
    comparisons = [comparison_of(dataset) for dataset in datasets]
    of_all = findings(comparisons, pairs)
    tasks = [str(dataset.attrs["task"]) for dataset in datasets]
    # One for each task and pair, in their order.
    beside = {task: of_all.contrasts[2 * i : 2 * i + 2] for i, task in enumerate(tasks)}
    first = datasets[0].attrs
    lines = [
        "## Trained",
        "",
        _answer(found, {task: each[0] for task, each in beside.items()}),
        *_how_well(tasks, datasets),
        "",
        f"Recurrent networks of {first['n_hidden']} units, {first['seeds']} seeds, "
        f"{first['iterations']} updates; kernel alignment, means with 95 % intervals, and "
        "mean accuracy at the decision:",
        "",
        f"| task | {' | '.join(CALLED.values())} |",
        "| --- | --: | --: | --: |",
    ]
    for task, dataset in zip(tasks, datasets, strict=True):
        cells = [
            f"{mean_with_interval(dataset[MEASURE].sel(start=each).values)}; accuracy "
            f"{_accuracy(dataset, each):.2f}"
            for each in CALLED
        ]
        lines.append(f"| {task} | {' | '.join(cells)} |")
    lines += ["", *_table(beside), ""]
    if all("forecast" in dataset for dataset in datasets):
        lines += [*_foretold(tasks, datasets), ""]
    else:
        unknown = (
            "Nothing was foretold: the fast-forward knows of no constraint and no chosen nodes."
        )
        lines += [unknown, ""]
    return [*lines, *_warnings(tasks, _in_words(of_all)), ""]


def _warnings(tasks: Sequence[str], found: Findings) -> list[str]:
    """What measures are to be read with, each said once with the tasks that it holds for."""
    on: dict[str, list[str]] = {}
    for task, of in zip(tasks, found.training, strict=True):
        for said in warnings_of(found._replace(training=[of], far=[])):
            on.setdefault(said, []).append(task)
    far = warnings_of(found._replace(training=[]))
    return [*(f"- On {', '.join(of)}. {said}" for said, of in on.items()), *(f"- {s}" for s in far)]


def _in_words(found: Findings) -> Findings:
    """The findings with starts called as in the tables."""
    training = [
        of._replace(
            hardly=[CALLED.get(start, start) for start in of.hardly],
            behind=[CALLED.get(start, start) for start in of.behind],
        )
        for of in found.training
    ]
    far = [run._replace(start=CALLED.get(run.start, run.start)) for run in found.far]
    return found._replace(training=training, far=far)


def _answer(found: Inspection, beside: dict[str, Contrast]) -> str:
    """Whether training agrees with theory, task by task."""
    wanted = _WANTED.get(found.prediction)
    by_verdict: dict[str, list[str]] = {}
    for task, contrast in beside.items():
        by_verdict.setdefault(contrast.verdict.said, []).append(task)
    said = "; ".join(f"{verdict} on {', '.join(on)}" for verdict, on in by_verdict.items())
    text = (
        f"Theory predicts a mean over tasks that is {found.prediction} Gaussian weights. Networks "
        f"that start from the connectome are, beside Gaussian ones of the same norm: {said}."
    )
    if wanted is None:
        return text
    agree = len(by_verdict.get(wanted, ()))
    against = len(by_verdict.get({"richer": "lazier", "lazier": "richer"}[wanted], ()))
    if agree and not against:
        return f"{text} **Training follows the prediction on {agree} of {len(beside)} tasks.**"
    if against and not agree:
        return f"{text} **Training goes against the prediction on {against} of {len(beside)}.**"
    if agree and against:
        return (
            f"{text} **Training follows the prediction on {agree} tasks and goes against it on "
            f"{against}.**"
        )
    return f"{text} **Training does not decide whether the prediction holds.**"


def _accuracy(dataset: xr.Dataset, start: str) -> float:
    return float(dataset["accuracy"].sel(start=start).mean())


def _how_well(tasks: Sequence[str], datasets: Sequence[xr.Dataset]) -> list[str]:
    """A warning where networks from the connectome learned their task less well."""
    worse = [
        f"{task} ({_accuracy(dataset, CONNECTOME):.2f} beside {_accuracy(dataset, GAUSSIAN):.2f})"
        for task, dataset in zip(tasks, datasets, strict=True)
        if _accuracy(dataset, GAUSSIAN) - _accuracy(dataset, CONNECTOME) > WORSE
    ]
    if not worse:
        return []
    return [
        "",
        f"> **Warning:** networks from the connectome are less accurate than Gaussian ones on "
        f"{', '.join(worse)}. A start that is almost all excitation is unstable, and its kernel "
        "may turn for that reason alone. Give it its signs, balance it (`richlazy fig2 "
        "--structures em-balanced`), or train longer by `--iterations`.",
    ]


def _called(problem: str) -> str:
    """Problems with the start that each begins with called as in the tables."""
    said = []
    for each in problem.split("; "):
        starts = [start for start in CALLED if each.startswith(f"{start} ")]
        longest = max(starts, key=len, default="")
        said.append(CALLED.get(longest, "") + each[len(longest) :])
    return "; ".join(said)


def _table(beside: dict[str, list[Contrast]]) -> list[str]:
    lines = [
        "| task | the connectome beside | difference, 95 % interval | it learns |",
        "| --- | --- | --: | --- |",
    ]
    for task, contrasts in beside.items():
        for c in contrasts:
            between = f" ({c.low:+.2f} to {c.high:+.2f})" if np.isfinite(c.low) else ""
            verdict = c.verdict
            why = _called(verdict.problem) or f"{p_value(verdict.p_holm)}, {verdict.seeds} seeds"
            lines.append(
                f"| {task} | {CALLED[c.reference]} | {c.difference:+.2f}{between} | "
                f"{verdict.said} ({why}) |"
            )
    return [*lines, "", "p after Holm's correction for all rows (exact permutation of pairs)."]


def _foretold(tasks: Sequence[str], datasets: Sequence[xr.Dataset]) -> list[str]:
    """Alignments as they were foretold before training, beside those that came."""
    lines = [
        "Foretold before training, by the fast-forward (an estimate: `richlazy predict`), and what "
        "came; means over the networks whose forecast is not refused:",
        "",
        f"| task | {' | '.join(CALLED.values())} |",
        "| --- | --: | --: | --: |",
    ]
    number, refused = 0, 0
    for task, dataset in zip(tasks, datasets, strict=True):
        out = xr.DataArray(
            refusals(dataset) != "", dims=("start", "seed"), coords=dataset[MEASURE].coords
        )
        number, refused = number + out.size, refused + int(out.sum())
        means = [
            dataset[name].where(~out).mean("seed").sel(start=list(CALLED)).values
            for name in ("forecast", MEASURE)
        ]
        cells = [
            f"{foretold:.2f}, came {came:.2f}" if np.isfinite(foretold) else "refused"
            for foretold, came in zip(*means, strict=True)
        ]
        lines.append(f"| {task} | {' | '.join(cells)} |")
    if refused:
        lines += [
            "",
            f"{refused} of {number} forecasts are refused: descent did not learn, or training will "
            "overshoot its path.",
        ]
    return lines
