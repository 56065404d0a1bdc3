"""What became of claims that a plan wrote down before its seeds were run, and on what it rests."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ._cell import Cell
from ._comparison import paired
from ._intervals import mean_and_interval
from ._sentences import equal_loss
from ._verdicts import Contrast, Trend

CONFIRMED, REFUTED, OPEN = "confirmed", "refuted", "open"


class Shown(NamedTuple):
    """One comparison that a verdict rests on.

    - `where`: the task, or other conditions.
    - `compared`: of what.
    - `difference`, `low`, `high`: with its 95 % interval over seeds; of a trend the mean of
      Spearman's correlation within seeds.
    - `seeds`: how many.
    - `p`: after Holm's correction over all tests; NaN where nothing was tested.
    - `said`: by the rule of `experiments.findings`; empty where nothing was tested.
    """

    where: str
    compared: str
    difference: float
    low: float
    high: float
    seeds: int
    p: float
    said: str


class Judged(NamedTuple):
    """A claim, what became of it, and what that rests on."""

    claim: str
    verdict: str
    shown: list[Shown]


def outcome(confirms: Sequence[bool], refutes: Sequence[bool]) -> str:
    """Confirmed where all that would confirm holds, refuted where anything refutes, or open."""
    if any(refutes):
        return REFUTED
    return CONFIRMED if all(confirms) else OPEN


def shown_answer(where: str, found: Trend | Contrast, compared: str = "") -> Shown:
    """A test in a row; `compared` in place of the names of its starts, where it is given."""
    v = found.verdict
    said = f"{v.said}: {v.problem}" if v.problem else v.said
    said = said.removesuffix(" with rank")
    said += f"; without {v.left_out}: {v.without}" * bool(v.left_out)
    said += equal_loss(found)
    if isinstance(found, Contrast):
        compared = compared or f"{found.start} less {found.reference}"
        return Shown(
            where, compared, found.difference, found.low, found.high, v.seeds, v.p_holm, said
        )
    names = "; ".join(cell.start for cell in found.family.cells)
    compared = compared or f"trend over {names}"
    return Shown(where, compared, found.correlation, found.low, found.high, v.seeds, v.p_holm, said)


def shown_difference(where: str, cell: Cell, reference: Cell, measure: str) -> Shown:
    """A difference of two starts that is read without a test of its own."""
    values = differences(cell, reference, measure)
    seeds = int(np.isfinite(values).sum())
    compared = f"{cell.start} less {reference.start}"
    return Shown(where, compared, *mean_and_interval(values), seeds, float("nan"), "")


def differences(cell: Cell, reference: Cell, measure: str) -> np.ndarray:
    """A measure of one start less that of another, on the seeds of both."""
    one, other = paired([cell, reference], measure)
    return one - other


def judged_lines(found: Sequence[Judged], head: str = "claim") -> list[str]:
    """All verdicts in the lines of a Markdown table, then every comparison that they rest on.

    Args:
        found: the claims.
        head: of the first column, what they are.
    """
    lines = [
        f"| {head} | verdict |",
        "| --- | --- |",
        *(f"| {each.claim} | **{each.verdict}** |" for each in found),
        "",
    ]
    for each in found:
        lines += [f"## {each.claim[0].upper()}{each.claim[1:]}: {each.verdict}", ""]
        lines += [
            "| where | comparison | difference | 95 % interval | seeds | p (Holm) | says |",
            "| --- | --- | --: | --- | --: | --: | --- |",
        ]
        for of in each.shown:
            between = f"{of.low:+.3f} to {of.high:+.3f}" if np.isfinite(of.low) else "–"
            difference = f"{of.difference:+.3f}" if np.isfinite(of.difference) else "–"
            p = f"{of.p:.2g}" if np.isfinite(of.p) else "–"
            lines.append(
                f"| {of.where} | {of.compared} | {difference} | {between} | {of.seeds} | "
                f"{p} | {of.said or '–'} |"
            )
        lines.append("")
    return lines
