"""The verdicts of the atlas in Markdown: each first look, and what it rests on."""

from collections.abc import Sequence

from ...findings import Judged, judged_lines
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
        *judged_lines(found, "first look"),
    ]
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
