"""The verdicts of the atlas in Markdown: each first look, and what it rests on."""

from collections.abc import Sequence

import numpy as np

from ._hypotheses import Judged
from ._regimes import Partial


def verdict_table(found: Sequence[Judged], partials: Sequence[Partial]) -> str:
    """All verdicts first, then every comparison that they rest on, then rank beside the regime.

    Args:
        found: as `judged` gives it.
        partials: as `beside_regime` gives them.
    """
    lines = [
        "# Verdicts on the first looks",
        "",
        "As results/atlas_plan.md has them: confirmed where every task says so, refuted where any "
        "says the opposite, otherwise open. Tests are on kernel alignment, seeds as blocks, with "
        "Holm's correction over all tests of this page.",
        "",
        "| first look | verdict |",
        "| --- | --- |",
        *(f"| {each.look} | **{each.verdict}** |" for each in found),
        "",
    ]
    for each in found:
        lines += [f"## {each.look[0].upper()}{each.look[1:]}: {each.verdict}", ""]
        lines += [
            "| task | comparison | difference | 95 % interval | seeds | p (Holm) | says |",
            "| --- | --- | --: | --- | --: | --: | --- |",
        ]
        for of in each.shown:
            between = f"{of.low:+.3f} to {of.high:+.3f}" if np.isfinite(of.low) else "–"
            p = f"{of.p:.2g}" if np.isfinite(of.p) else "–"
            lines.append(
                f"| {of.task} | {of.compared} | {of.difference:+.3f} | {between} | {of.seeds} | "
                f"{p} | {of.said or '–'} |"
            )
        lines.append("")
    return "\n".join([*lines, *_partials(partials), ""])


def _partials(partials: Sequence[Partial]) -> list[str]:
    said = {True: "counts", False: "does not count", None: "too few seeds"}
    return [
        "## Rank beside the regime",
        "",
        "Spearman's correlation of kernel alignment with the participation ratio over starts, mean "
        "over seeds; then given spectral radius, Lyapunov exponent and mean activity of the start.",
        "",
        "| units | task | starts | how many | plain | given the regime | 95 % interval | seeds "
        "| rank |",
        "| --- | --- | --- | --: | --: | --: | --- | --: | --- |",
        *(
            f"| {p.units} | {p.task} | {p.which} | {p.starts} | {p.plain:+.2f} | {p.partial:+.2f} "
            f"| {p.low:+.2f} to {p.high:+.2f} | {p.seeds} | {said[p.counts]} |"
            for p in partials
        ),
    ]
