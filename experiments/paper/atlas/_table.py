"""The atlas in Markdown, from lazy to rich."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from ...findings import mean_with_interval
from ._rows import Row

_COLUMNS = (
    ("weight_change_norm", "weight change"),
    ("representation_alignment", "representation alignment"),
    ("accuracy", "accuracy"),
    ("participation_ratio", "participation ratio"),
    ("stable_rank", "stable rank"),
    ("spectral_radius", "spectral radius"),
    ("lyapunov_exponent", "Lyapunov exponent"),
)


def atlas_table(rows: Sequence[Row]) -> str:
    """A table for each kind of unit and task, in the order of the rows.

    Args:
        rows: as `rows_of` gives them.
    """
    lines = [
        "# Atlas of starts",
        "",
        "Each table goes from lazy to rich: by the mean over seeds of kernel alignment, with its "
        "95 % interval. Ranks are those of the start's singular values. The spectral radius is "
        "that of the one-step Jacobian on the start's trajectory, the Lyapunov exponent the "
        "largest, per step; an exponent of -inf says that all activity is gone after some steps. "
        "A start whose networks did not learn as the others did says nothing beside them.",
        "",
    ]
    for (units, task), group in groupby(rows, lambda row: (row.units, row.cell.task)):
        lines += [f"## {task}, {units}", "", *_table(list(group)), ""]
    return "\n".join(lines)


def _table(rows: Sequence[Row]) -> Iterable[str]:
    heads = ["start", "family", "kernel alignment", *(words for _, words in _COLUMNS)]
    heads += ["regime", "learned"]
    yield f"| {' | '.join(heads)} |"
    yield f"| --- | --- |{' --: |' * (len(_COLUMNS) + 1)} --- | --- |"
    for row in rows:
        alignment = mean_with_interval(row.cell.values["kernel_alignment"])
        numbers = (f"{row.mean(name):.3g}" for name, _ in _COLUMNS)
        yield (
            f"| {row.cell.start} | {row.family} | {alignment} | {' | '.join(numbers)} | "
            f"{row.regime} | {row.learned} |"
        )


def atlas_sentences(rows: Sequence[Row]) -> list[str]:
    """The laziest and the richest start of each task that learned, in a sentence each."""
    found = []
    for (units, task), group in groupby(rows, lambda row: (row.units, row.cell.task)):
        each = list(group)
        learned = [row for row in each if row.learned == "yes"]
        if not learned:
            found.append(f"{task}, {units}: none of {len(each)} starts learned.")
            continue
        (lazy, at), (rich, low) = (
            (row.cell.start, row.alignment[0]) for row in (learned[0], learned[-1])
        )
        found.append(
            f"{task}, {units}: from {lazy} (kernel alignment {at:.3f}), the laziest, to {rich} "
            f"({low:.3f}), the richest of the {len(learned)} of {len(each)} starts that learned "
            "alike."
        )
    return found
