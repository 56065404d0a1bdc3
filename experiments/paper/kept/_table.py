"""Each structure with each constraint, beside the same structure that may change freely."""

from collections.abc import Sequence

import xarray as xr

from ...findings import (
    Findings,
    comparison_of,
    contrast_table,
    findings,
    mean_with_interval,
    training_sentence,
    warnings_of,
)

FREE, GAINS = "nothing", "gains"
# The measures that are tested; more would leave nothing to say after correction.
TESTED = ("kernel_alignment", "weight_change_norm")
OF_TRAINING = ("loss", "first_loss", "accuracy", "diverged")
SHOWN = ("kernel_alignment", "representation_alignment", "weight_change_norm", "accuracy")
_ORDER = (FREE, "zeros", "signs", "zeros+signs", GAINS)


def by_structure(datasets: Sequence[xr.Dataset]) -> dict[str, xr.Dataset]:
    """The datasets of a study by structure, each with what was kept in the place of starts.

    Args:
        datasets: as `experiments.engine.study_datasets` gives them.
    """
    found: dict[str, dict[str, xr.Dataset]] = {}
    for dataset in datasets:
        kept = GAINS if dataset.attrs.get("gains") else str(dataset.attrs.get("keep", FREE))
        for start in dataset["start"].values:
            found.setdefault(str(start), {})[kept] = dataset.sel(start=start)
    whole = {}
    for start, of in found.items():
        names = [name for name in _ORDER if name in of]
        labels = [start if name == FREE else f"{start}, {name}" for name in names]
        parts = [of[name][[*SHOWN, "loss", "first_loss", "diverged"]] for name in names]
        parts = [part.drop_vars(["start", "rank"], errors="ignore") for part in parts]
        joined = xr.concat(parts, "start", join="exact", combine_attrs="drop_conflicts")
        whole[start] = joined.assign_coords(start=labels, kept=("start", names))
    return whole


def table(datasets: Sequence[xr.Dataset]) -> str:
    """Means of all measures, and what the constraints do to two of them, in Markdown.

    Structures that have zeros, and so all constraints, are one table of tests; the others another.
    """
    structures = by_structure(datasets)
    a = next(iter(structures.values())).attrs
    lines = [
        f"{a['seeds']} seeds, {a['iterations']} updates, N = {a['n_hidden']}, {a['task']}. Means "
        "with 95 % intervals over seeds:",
        "",
        f"| structure, kept | {' | '.join(name.replace('_', ' ') for name in SHOWN)} | loss "
        "| diverged |",
        "| --- |" + " --: |" * (len(SHOWN) + 2),
    ]
    for dataset in structures.values():
        for i, label in enumerate(dataset["start"].values):
            at = dataset.isel(start=i)
            cells = [mean_with_interval(at[name].values) for name in (*SHOWN, "loss")]
            lines.append(f"| {label} | {' | '.join(cells)} | {int(at['diverged'].sum())} |")
    for zeros, words in ((True, "with zeros"), (False, "without zeros")):
        some = [d for d in structures.values() if ("zeros" in d["kept"].values) == zeros]
        if not some:
            continue
        found = _compared(some)
        lines += ["", f"Structures {words}, each beside itself with nothing kept:", ""]
        lines += contrast_table(found.contrasts)
        lines += ["", *(f"- {said}" for said in _said(found))]
    return "\n".join([*lines, ""])


def _compared(structures: Sequence[xr.Dataset]) -> Findings:
    return findings([comparison_of(each[[*TESTED, *OF_TRAINING]]) for each in structures])


def _said(found: Findings) -> list[str]:
    return [*(training_sentence(of) for of in found.training), *warnings_of(found)]
