"""Findings in sentences, the same wherever they are said."""

import collections
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ._training import Training
from ._verdicts import (
    LAZIER,
    LAZIER_TREND,
    RICHER,
    RICHER_TREND,
    TOO_FEW,
    UNCLEAR_CONTRAST,
    UNCLEAR_TREND,
    Contrast,
    Findings,
    Trend,
    Verdict,
)
from ._words import counted, interval, number, p_value, words


class Sentence(NamedTuple):
    """A sentence whose parts a page may set off.

    - `about`: what it is about, such as a measure.
    - `parts`: pairs of verdict and what is said of it, one after the other.
    """

    about: str
    parts: list[tuple[str, str]]

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.about}: {'; '.join(f'{said}{rest}' for said, rest in self.parts)}."


class Summary(NamedTuple):
    """Means of starts side by side, with what is to be said of them.

    - `heading`: what was learned.
    - `caption`: how, and what the means are of.
    - `columns`: the variables that have means.
    - `said`: sentences, each its own point.
    """

    heading: str
    caption: str
    columns: Sequence[str]
    said: list[str]


def sentences(found: Findings) -> list[Sentence]:
    """A sentence for each measure, with its trends and then its contrasts."""
    by_measure: dict[str, list[tuple[str, str]]] = {}
    for trend in found.trends:
        by_measure.setdefault(trend.measure, []).append(_trend_part(trend))
    of_reference: dict[tuple[str, str], list[Contrast]] = {}
    for contrast in found.contrasts:
        of_reference.setdefault((contrast.measure, contrast.reference), []).append(contrast)
    for (measure, _), contrasts in of_reference.items():
        by_measure.setdefault(measure, []).extend(map(_contrast_part, contrasts))
    return [Sentence(words(m).capitalize(), parts) for m, parts in by_measure.items()]


def headline(found: Sequence[Findings], measure: str = "kernel_alignment") -> str:
    """What one measure says in all tables, in a sentence or two."""
    trends = collections.Counter(
        t.verdict.said for f in found for t in f.trends if t.measure == measure
    )
    of_measure = [c for f in found for c in f.contrasts if c.measure == measure]
    contrasts = collections.Counter(c.verdict.said for c in of_measure)
    told, by = [], f" (by {words(measure)})"
    if trends:
        told.append(_told(trends, _TREND_WORDS, "setting", by))
    if contrasts:
        references = {c.reference for c in of_measure}
        name = references.pop() if len(references) == 1 else ""
        start = "the structured start" if name == "null" else "the start"
        than = {"": "than its reference", "null": "than its null"}.get(name, f"than {name}")
        words_of = {
            RICHER: f"{start} learned more richly {than}",
            LAZIER: f"{start} learned more lazily {than}",
            UNCLEAR_CONTRAST: "there is no clear difference",
            TOO_FEW: TOO_FEW,
        }
        told.append(_told(contrasts, words_of, "comparison", by))
    if not told:
        return "Nothing to compare yet."
    return " ".join(told)


_TREND_WORDS = {
    LAZIER_TREND: "starts of higher rank learned more lazily",
    RICHER_TREND: "starts of higher rank learned more richly",
    UNCLEAR_TREND: "there is no clear trend with rank",
    TOO_FEW: "nothing can be said about rank",
}


def _told(
    verdicts: collections.Counter[str], words_of: Mapping[str, str], one: str, by: str
) -> str:
    """How often each verdict was given, in the order of the words, as a sentence."""
    total = verdicts.total()
    given = [(verdicts[said], text) for said, text in words_of.items() if verdicts[said]]
    (first, text), *others = given
    if total == 1:
        return f"{text[0].upper()}{text[1:]}{by}."
    share = f"{first} of {total}" if others else f"all {total}"
    rest = "".join(f"; in {times} {said}" for times, said in others)
    return f"In {share} {one}s {text}{by}{rest}."


def training_sentence(found: Training) -> str:
    """How well starts were trained, in a sentence."""
    parts = []
    for name, extremes in (("training loss", found.losses), ("accuracy", found.accuracies)):
        if extremes is None:
            continue
        least, low, greatest, high = extremes
        same = f"{low:.4g}" == f"{high:.4g}"
        parts.append(f"{name} {low:.4g}{'' if same else f' ({least}) to {high:.4g} ({greatest})'}")
    if found.diverged:
        parts.append(f"{found.diverged} of {counted(found.networks, 'network')} diverged")
    if found.unmatched:
        parts.append(
            f"{found.unmatched} of {counted(found.networks, 'network')} could not be matched and "
            "are left out"
        )
    return f"Training: {'; '.join(parts) or 'no loss was kept'}."


def warnings_of(found: Findings) -> list[str]:
    """What the measures are to be read with: starts that did not train, networks that went far."""
    said = []
    looked = any(each.at_equal_loss for each in (*found.trends, *found.contrasts))
    for of in found.training:
        if of.hardly:
            said.append(
                f"Hardly trained: {', '.join(of.hardly)}, whose loss fell by less than half. "
                "Networks that did not learn look lazy."
            )
        if of.behind:
            said.append(
                f"Not trained alike: {', '.join(of.behind)} ended clearly above the lowest loss, "
                "which their measures are to be read with."
                + (
                    ""
                    if looked
                    else " A study with measure_at compares such starts at equal loss too."
                )
            )
    if found.far:
        said.append(
            "Moved far without diverging: " + "; ".join(run.text for run in found.far) + ". "
            "Verdicts are given with and without them."
        )
    return said


def trend_table(trends: Sequence[Trend]) -> list[str]:
    """Trends with their statistics, in the lines of a Markdown table."""
    return [
        "| measure | mean Spearman within seeds | 95 % interval | steps lazier | p | p (Holm) "
        "| seeds | verdict |",
        "| --- | --: | --- | --- | --: | --: | --: | --- |",
        *(f"| {' | '.join(trend_row(trend))} |" for trend in trends),
    ]


def trend_row(trend: Trend) -> tuple[str, ...]:
    """A trend with its statistics."""
    return (
        words(trend.measure),
        number(trend.correlation, "+.2f"),
        interval(trend.low, trend.high, "+.2f"),
        trend.steps,
        *_verdict_cells(trend),
    )


def contrast_table(contrasts: Sequence[Contrast]) -> list[str]:
    """Contrasts with their statistics, in the lines of a Markdown table."""
    return [
        "| start | beside | measure | mean | of the other | difference | 95 % interval "
        "| Glass's delta | p | p (Holm) | seeds | learns |",
        "| --- | --- | --- | --: | --: | --: | --- | --: | --: | --: | --: | --- |",
        *(f"| {' | '.join(contrast_row(contrast))} |" for contrast in contrasts),
    ]


def contrast_row(c: Contrast) -> tuple[str, ...]:
    """A contrast with its statistics."""
    return (
        c.start,
        c.reference,
        words(c.measure),
        number(c.mean, ".4g"),
        number(c.reference_mean, ".4g"),
        number(c.difference, "+.3g"),
        interval(c.low, c.high, "+.3g"),
        number(c.effect, "+.2f"),
        *_verdict_cells(c),
    )


def _verdict_cells(answer: Trend | Contrast) -> tuple[str, ...]:
    v = answer.verdict
    said = f"{v.said}{_why(v)}{_without(v)}{equal_loss(answer)}"
    return number(v.p, ".2g"), number(v.p_holm, ".2g"), str(v.seeds), said


def _trend_part(trend: Trend) -> tuple[str, str]:
    v = trend.verdict
    if v.said == TOO_FEW:
        return v.said, f" over {trend.family.text}{_why(v)}{_without(v)}{equal_loss(trend)}"
    between = interval(trend.low, trend.high, "+.2f")
    between = f", 95 % interval {between}" if between != "–" else ""
    return v.said, (
        f" over {trend.family.text} (mean Spearman within seeds {trend.correlation:+.2f}{between}, "
        f"{p_value(v.p_holm)} after Holm, {counted(v.seeds, 'seed')}){_without(v)}"
        f"{equal_loss(trend)}"
    )


def _contrast_part(c: Contrast) -> tuple[str, str]:
    v = c.verdict
    who = f" of {c.start}" if v.said == TOO_FEW else f" for {c.start}"
    if v.said not in (TOO_FEW, UNCLEAR_CONTRAST):
        who = f" {c.start}"
    if v.said == TOO_FEW:
        return v.said, f"{who} beside {c.reference}{_why(v)}{equal_loss(c)}"
    between = interval(c.low, c.high, "+.3g")
    between = f", 95 % interval {between}" if between != "–" else ""
    return v.said, (
        f"{who} beside {c.reference} ({c.difference:+.3g}{between}, "
        f"{p_value(v.p_holm)} after Holm, {counted(v.seeds, 'seed')}){_without(v)}{equal_loss(c)}"
    )


def equal_loss(answer: Trend | Contrast) -> str:
    """What the same question says at equal loss; empty where it was not asked."""
    again = answer.at_equal_loss
    if again is None:
        return ""
    v = again.verdict
    said = f"; at equal loss: {v.said}"
    if isinstance(again, Trend) and isinstance(answer, Trend):
        other = len(again.family.cells) < len(answer.family.cells)
        said += f" over {again.family.text}" * other
    if v.said == TOO_FEW:
        return said + _why(v)
    size = again.correlation if isinstance(again, Trend) else again.difference
    form = "+.2f" if isinstance(again, Trend) else "+.3g"
    return f"{said} ({number(size, form)}, {p_value(v.p_holm)}, {counted(v.seeds, 'seed')})"


def _why(v: Verdict) -> str:
    if v.said != TOO_FEW:
        return ""
    return f": {v.problem}" if v.problem else f" ({counted(v.seeds, 'seed')}; it takes {v.needed})"


def _without(v: Verdict) -> str:
    return f"; without {v.left_out}: {v.without}" if v.left_out else ""
